"""Typed managers made from query sets, and counts of several of them."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import QuerySet

Q = TypeVar("Q", bound=QuerySet[Any])


def manager_of(queryset: type[Q]) -> Q:
    """Return `queryset.as_manager()`, typed as the query set, whose methods the manager has."""
    return cast(Q, queryset.as_manager())


def count_each(**rows: QuerySet[Any]) -> dict[str, int]:
    """Return how many rows each query set has, by its name; one query."""
    statements: list[str] = []
    parameters: list[Any] = []
    for number, found in enumerate(rows.values()):
        sql, given = found.order_by().values("pk").query.sql_with_params()
        statements.append(f"(SELECT count(*) FROM ({sql}) AS rows_{number})")  # noqa: S608
        parameters += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(statements)}", parameters)
        return dict(zip(rows, cursor.fetchone(), strict=True))
