"""Who can translate or read a language: active staff with the right for it whose account lists the language."""

from __future__ import annotations

from collections.abc import Iterable

from core.models import User
from core.roles import ROLES
from notifications.campaigns.approval import READER_RIGHTS

TRANSLATOR = "content.edit_words"


def translators() -> list[User]:
    """Return everybody who may translate into some language; one query."""
    return _holders((TRANSLATOR,))


def second_readers() -> list[User]:
    """Return everybody who may be the second reader of some language; one query."""
    return _holders(READER_RIGHTS)


def approvers() -> list[User]:
    """Return everybody who may approve a campaign that they have not touched; one query."""
    return _holders(("notifications.approve_campaign",))


def of_language(people: Iterable[User], locale: str) -> list[User]:
    """Return those of the people who read the language."""
    return [person for person in people if person.reads(locale)]


def _holders(rights: Iterable[str]) -> list[User]:
    roles = [role for role, granted in ROLES.items() if set(rights) & set(granted)]
    return list(User.objects.filter(is_active=True, is_staff=True, groups__name__in=roles).distinct().order_by("username"))
