"""Roles and their permissions in one table, and `require`, which every change of data calls."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils import timezone

from core.errors import Forbidden, Invalid
from core.models.user import User

#: Role → its permissions, as "app_label.codename".
ROLES: dict[str, tuple[str, ...]] = {
    "campaign-author": ("notifications.author_campaign", "notifications.stop_campaign"),
    "campaign-approver": ("notifications.approve_campaign", "notifications.stop_campaign"),
    "localisation-editor": ("content.edit_words", "content.propose_channelrevision"),
    "localisation-reviewer": ("content.approve_words",),
    "publisher": ("content.compile_release", "content.publish_release"),
    "administrator": ("core.administer_staff", "core.read_audit", "notifications.administer_apps"),
    "auditor": ("core.read_audit",),
    "assurer": ("content.propose_channelrevision", "content.approve_channelrevision", "content.assure_channel"),
    "localisation-lead": ("core.hand_out_rights",),
}

#: Permission → what it allows, as staff read it. Django's own name of a permission stays as it was created.
RIGHTS: dict[str, str] = {
    "notifications.author_campaign": "Write, edit and submit campaigns",
    "notifications.stop_campaign": "Pause, resume and stop campaigns",
    "notifications.approve_campaign": "Approve, send back and reject campaigns that other people wrote",
    "content.edit_words": "Write source texts, and translations into the languages that the person reads",
    "content.approve_words": "Approve texts that another person wrote",
    "content.propose_channelrevision": "Propose a telephone number or an address of a service",
    "content.approve_channelrevision": "Approve a telephone number or an address that another person proposed",
    "content.assure_channel": "Record that a telephone number or an address was checked, and until when that counts",
    "content.compile_release": "Prepare a release",
    "content.publish_release": "Publish a release that another person prepared",
    "core.administer_staff": "Propose and approve changes of accounts",
    "core.read_audit": "Read the audit log",
    "core.hand_out_rights": "Hand out and withdraw roles, languages and countries that the person has",
    "notifications.administer_apps": "Propose and approve how apps receive alerts, and whose addresses they store",
}


#: How long a changed password or factor keeps an account from approving.
APPROVAL_PAUSE = timedelta(hours=24)


def role_name(role: str) -> str:
    """Return a role as staff read it, such as "campaign author"."""
    return role.replace("-", " ")


def permissions_of(user: User) -> frozenset[str]:
    """Return the permissions of the user's roles, as "app_label.codename".

    Outside the sandbox a superuser has none: one account must not be both pairs of eyes.
    """
    if user.is_superuser and not settings.SANDBOX:
        return frozenset()
    return frozenset(user.get_all_permissions())


def holds(user: User, *permissions: str) -> bool:
    """Return whether the user has one of the permissions."""
    return not permissions_of(user).isdisjoint(permissions)


def require(user: User, *permissions: str) -> None:
    """Raise Forbidden (code `role`) unless the user has one of the permissions; the system user has all of them."""
    if user.is_system:
        return
    if not (user.is_active and holds(user, *permissions)):
        needed = " or ".join(role_name(role) for role, granted in ROLES.items() if not set(permissions).isdisjoint(granted))
        raise Forbidden(f"{user.username} needs the role {needed} to do this.", code="role")


def require_approver(user: User, permission: str) -> None:
    """Raise Forbidden unless the user has the permission, and has had the same password and factors for a day.

    A person who takes over an account by a reset or a new factor cannot approve with it before its owner reads the mail.
    """
    require(user, permission)
    since = user.credentials_changed_at
    if since is not None and timezone.now() < since + APPROVAL_PAUSE:
        raise Forbidden(
            f"The password or second factor of {user.username} was changed less than 24 hours ago, so the account cannot "
            "approve anything yet.",
            code="credentials-changed",
        )


@transaction.atomic
def sync() -> None:
    """Write the table to the database's groups; idempotent. `migrate` does, and the running product has no right to.

    A permission that does not exist yet, because the database is migrated in part, is left out.
    """
    known = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    for role, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[name] for name in permissions if name in known])


def give(user: User, role: str) -> None:
    """Give the user a role; raise Invalid (code `role`) for an unknown one."""
    if role not in ROLES:
        raise Invalid(f"Unknown role {role}. The roles are {', '.join(ROLES)}.", code="role")
    user.groups.add(Group.objects.get(name=role))
