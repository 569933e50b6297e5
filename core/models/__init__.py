"""Who acts, and what was done."""

from core.models.audit_entry import AuditEntry
from core.models.audit_link import AuditLink
from core.models.backup import Backup
from core.models.given_role import GivenRole
from core.models.staff_change import StaffAct, StaffChange
from core.models.used_token import UsedToken
from core.models.user import User

__all__ = ["AuditEntry", "AuditLink", "Backup", "GivenRole", "StaffAct", "StaffChange", "UsedToken", "User"]
