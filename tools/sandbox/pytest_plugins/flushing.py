"""Let Django's flush empty tables that refuse TRUNCATE. Only databases of tests and measurements are ever flushed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

#: Disables or enables the triggers of each table that has one for TRUNCATE (bit 5 of pg_trigger.tgtype).
_SWITCH = """
    DO $$ DECLARE guarded regclass; BEGIN
        FOR guarded IN SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgtype & 32 <> 0 LOOP
            EXECUTE format('ALTER TABLE %s {} TRIGGER USER', guarded);
        END LOOP;
    END $$;
"""


def allow_flush() -> None:
    """Switch such triggers off for the statements of a flush."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    flush = DatabaseOperations.sql_flush

    def without_triggers(self: DatabaseOperations, style: Any, tables: Sequence[str], **options: Any) -> list[str]:
        return [_SWITCH.format("DISABLE"), *flush(self, style, tables, **options), _SWITCH.format("ENABLE")]

    DatabaseOperations.sql_flush = without_triggers  # type: ignore[method-assign,assignment]
