"""Builders for tests: named people with stated rights, and rows with keyword overrides."""

from __future__ import annotations

from datetime import UTC, datetime

from core import roles
from core.models import User

#: A Tuesday morning in London; tests that need a clock take this one.
NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def person(name: str, *given: str, locales: tuple[str, ...] = ("*",)) -> User:
    """Make a member of staff with the given roles, reading all locales unless told otherwise."""
    user = User.objects.create_user(name, password=None, is_staff=True, locales=list(locales))
    for role in given:
        roles.give(user, role)
    return User.objects.get(pk=user.pk)
