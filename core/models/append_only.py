"""The triggers of a table to which rows are added, and nothing else."""

from __future__ import annotations

import pgtrigger


def append_only() -> tuple[pgtrigger.Trigger, ...]:
    """Return the triggers that refuse UPDATE, DELETE and TRUNCATE."""
    return (
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        pgtrigger.Trigger(
            name="never_emptied",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func="RAISE EXCEPTION 'the table % is never emptied', TG_TABLE_NAME USING ERRCODE = 'check_violation';",
        ),
    )
