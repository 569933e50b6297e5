"""A pytest plugin for ./run test --previous: earlier code empties its tables although newer tables refer to them.

Django's flush truncates the tables that the code knows, which PostgreSQL refuses while another table has a foreign key to one of
them. Production never flushes, so this is no fault of a migration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def pytest_configure() -> None:
    """Let every flush cascade."""
    from django.db.backends.postgresql.operations import DatabaseOperations
    from flushing import allow_flush  # type: ignore[import-not-found]  # beside this file, which is on the path

    flush = DatabaseOperations.sql_flush

    def cascading(self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        return flush(self, style, tables, **{**options, "allow_cascade": True})

    DatabaseOperations.sql_flush = cascading  # type: ignore[method-assign,assignment]
    allow_flush()
