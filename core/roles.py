"""Which role may do what, in one table; the domain asks `require`, so that every edge has the same rule."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from core.errors import Forbidden, Invalid
from core.models.user import SYSTEM_NAME, User

#: Role to the permissions it gives, as "app_label.codename".
ROLES: dict[str, tuple[str, ...]] = {
    "campaign-author": ("notifications.author_campaign", "notifications.stop_campaign"),
    "campaign-approver": ("notifications.approve_campaign", "notifications.stop_campaign"),
    "localisation-editor": ("content.edit_words", "content.propose_channelrevision"),
    "localisation-reviewer": ("content.approve_words",),
    "publisher": ("content.compile_release", "content.publish_release"),
    "assurer": ("content.propose_channelrevision", "content.approve_channelrevision", "content.assure_channel"),
}


def require(user: User, permission: str) -> None:
    """Raise Forbidden unless the person holds the permission; the system actor holds all of them."""
    if user.username == SYSTEM_NAME:
        return
    if not (user.is_active and user.has_perm(permission)):
        needed = " or ".join(role for role, granted in ROLES.items() if permission in granted)
        raise Forbidden(f"{user.username} may not do this; it takes the role {needed}.", code="role")


@transaction.atomic
def sync() -> None:
    """Make the groups in the database what the table says; safe to run again."""
    for role, permissions in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([_permission(name) for name in permissions])


def _permission(name: str) -> Permission:
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


@transaction.atomic
def give(user: User, role: str) -> None:
    """Put a person into a role's group; Invalid for a role that does not exist."""
    if role not in ROLES:
        raise Invalid(f"There is no role {role}; the roles are {', '.join(ROLES)}.", code="role")
    sync()
    user.groups.add(Group.objects.get(name=role))
