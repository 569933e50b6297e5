"""The rules for the facts of a tip."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from content.linting.service import age_faults
from content.terms import WORLDWIDE, Audience, Situation

MAX_ORDER = 32767
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: A slug appears in URLs and browser histories, so it must not say what happened to the reader.
_TELLING = re.compile(r"abuse|blackmail|csam|groom|hack|naked|nude|porn|self-harm|sex|suicid|threat|victim|image|photo|picture")


def is_telling(slug: str) -> bool:
    """Return whether a slug says what happened to the reader."""
    return _TELLING.search(slug) is not None


def slug_faults(slug: str) -> list[str]:
    """Return one sentence for each rule that the slug of a new tip breaks."""
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        return ["Use up to 60 lower-case letters, digits and single hyphens, for example first-hour."]
    if is_telling(slug):
        return ["The reference is seen in browser histories. Choose one that does not say what happened, such as first-hour."]
    return []


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
