"""The rules for the facts of a tip."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from content.linting.service import age_faults
from content.terms import WORLDWIDE, Audience, Situation

MAX_ORDER = 32767


def tip_faults(
    facts: Mapping[str, Any], *, is_notice: bool, countries: Collection[str], steps: Mapping[str, Collection[int]]
) -> list[str]:
    """Return one sentence for each rule that the facts of a tip break.

    `facts` are by column. `countries` are those that exist, and `steps` the numbers of the steps that were written, by column.
    """
    faults = [
        *_closed("audience", facts["audiences"], Audience.values),
        *_closed("situation", facts["situations"], Situation.values),
        *(f"There is no country {code}." for code in facts["countries"] if code not in countries or code == WORLDWIDE),
        *age_faults(facts["min_age"], facts["max_age"], facts["age_measured"]),
    ]
    if not facts["audiences"]:
        faults.append("A tip needs at least one audience.")
    if not facts["situations"] and not is_notice:
        faults.append("A tip needs at least one situation.")
    orders = [facts["order"], *facts["order_in"].values()]
    faults += [
        f"A position must be between 0 and {MAX_ORDER}; {order} is not." for order in orders if not 0 <= order <= MAX_ORDER
    ]
    if sorted(facts["order_in"].keys() - {*facts["situations"]}):
        faults.append("A position is given for a situation that the tip is not for.")
    for column, name in (("do_now", "do now"), ("do_not", "do not")):
        numbers = facts[column]
        if len({*numbers}) != len(numbers) or not {*numbers} <= {*steps[column]}:
            faults.append(f"Enter the number of each step of “{name}” once, and no other number.")
    return faults


def _closed(name: str, chosen: Sequence[str], allowed: Collection[str]) -> list[str]:
    return [f"There is no {name} {value}." for value in sorted({*chosen} - {*allowed})]
