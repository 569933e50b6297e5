"""Query plans of the steps of delivery, for docs/measurements/scale.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Tables that grow with the number of registrations; the plan of each statement that names one of them is kept.
_LARGE = ("notifications_registration", "notifications_segment", "notifications_batch")
_STATEMENT = re.compile(r"\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE|EXECUTE)\b", re.IGNORECASE)
#: A prepared statement, whose tables only its plan names.
_PREPARED = "EXECUTE "
#: More statements than these are shown by what each reads, and how.
_WHOLE = 3


@contextmanager
def explained(plans: dict[str, list[str]], name: str) -> Iterator[None]:
    """Keep the plan of each different statement on a large table that is executed meanwhile."""
    from django.db import connection

    kept = plans.setdefault(name, [])

    def explain(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        statement = sql.removeprefix("DISCARD PLANS; ")
        if not many and _STATEMENT.match(statement) and (statement.startswith(_PREPARED) or _is_large(statement)):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (COSTS OFF) " + statement, parameters)
                plan = _without_lists("\n".join(row[0] for row in cursor.fetchall()))
            if plan not in kept and _is_large(plan):
                kept.append(plan)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        yield


def report(name: str, found: list[str]) -> str:
    """Return the plans of one step, for the page: whole, or of many statements what each reads."""
    if len(found) > _WHOLE:
        return f"Tables read by each statement, {name}:\n\n```\n" + "\n\n".join(map(_reads, found)) + "\n```"
    return f"Plan of the {name}:\n\n```\n" + "\n\n".join(found) + "\n```"


def _is_large(text: str) -> bool:
    return any(table in text for table in _LARGE)


def _without_lists(plan: str) -> str:
    """Return a plan without the numbers of long lists."""
    return re.sub(r"'\{[\d,]{100,}\}'", "'{…}'", plan)


def _reads(plan: str) -> str:
    """Return the lines of a plan that say which table is read, and how."""
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    return "\n".join(dict.fromkeys(line for line in lines if re.search(r"Scan.* on notifications_", line))) or plan
