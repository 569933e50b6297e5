"""Typed managers made from query sets."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db.models import QuerySet

Q = TypeVar("Q", bound=QuerySet[Any])


def manager_of(queryset: type[Q]) -> Q:
    """Return `queryset.as_manager()`, typed as the query set, whose methods the manager has."""
    return cast(Q, queryset.as_manager())
