"""The rows that give a role to an account."""

from __future__ import annotations

from core.models.account_rules import ROLE_BY_CHANGE
from core.models.user import User


class GivenRole(User.groups.through):  # type: ignore[name-defined,misc]  # Django makes the class
    """One role of one account: a proxy of the table that Django makes for `User.groups`, for its trigger."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = (ROLE_BY_CHANGE,)
