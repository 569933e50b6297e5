"""What an entry of a file of services may hold, field by field, before anything is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import langcodes
import pycountry

from content.importing.shapes import Shape, day, objects, optional, shape_faults, text, texts, truth, whole
from content.models.service import Status
from content.terms import WORLDWIDE, AgeMeasured, Audience, ChannelType, Confidence, Cost, NumberType, Role, Situation

#: The file's topics in our words; `general` is every situation and stands apart.
TOPICS = {"sextortion": Situation.BLACKMAIL, "livestream": Situation.LIVE_ABUSE} | {
    situation.value: situation
    for situation in Situation
    if situation not in (Situation.BLACKMAIL, Situation.LIVE_ABUSE, Situation.NOT_SURE)
}
GENERAL = "general"
#: "anyone" includes a bystander.
AUDIENCES = {name: [Audience(name)] for name in ("teen", "parent", "educator")} | {"anyone": list(Audience)}
STATUS = {"active": Status.ACTIVE, "retired": Status.DEFUNCT}

_NEEDED: dict[str, Shape] = {
    "id": text(80),
    "organisation": text(200),
    "service_name": text(200),
    "country": text(2),
    "regions": texts(6),
    "kinds": texts(30),
    "purpose": text(500),
    "audiences": texts(30),
    "min_age": optional(whole(0, 120)),
    "max_age": optional(whole(0, 120)),
    "age_measured": optional(text(11)),
    "languages": optional(texts(35)),
    "channels": objects,
    "time_zone": optional(text(40)),
    "topics": texts(30),
    "status": text(10),
    "source": optional(text(500)),
    "more_sources": texts(500),
    "confidence": text(30),
    "checked_on": day,
    "source_year": optional(whole(1900, 2200)),
    "source_kind": optional(text(10)),
}
_ALLOWED: dict[str, Shape] = {"notes": optional(text(5000)), "needs_before_launch": optional(texts(200))}
_CHANNEL_NEEDED: dict[str, Shape] = {"type": text(5), "value": text(500), "cost": text(8)}
_CHANNEL_ALLOWED: dict[str, Shape] = {
    "number_type": optional(text(5)),
    "dial": optional(text(40)),
    "keyword": optional(text(20)),
    "mnemonic": optional(text(40)),
    "hours": optional(text(200)),
    "anonymous": optional(truth),
    "on_bill": optional(truth),
    "source": optional(text(500)),
    "label": optional(text(200)),
}


def form_faults(row: dict[str, Any]) -> Iterator[str]:
    """Say which fields of an entry hold what they cannot."""
    if reasons := [*shape_faults(row, _NEEDED, _ALLOWED)]:
        yield from reasons
        return
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"]):
        yield "the id is no slug of small letters, digits and hyphens."
    closed = {"kinds": Role.values, "topics": [*TOPICS, GENERAL], "audiences": list(AUDIENCES)}
    for name, known in closed.items():
        if not row[name]:
            yield f"{name} is empty."
        for value in row[name]:
            if value not in known:
                yield f"unknown {name.removesuffix('s')} {value!r}."
    for name, known in {"status": list(STATUS), "confidence": Confidence.values}.items():
        if row[name] not in known:
            yield f"unknown {name} {row[name]!r}."
    if row["country"] != WORLDWIDE and pycountry.countries.get(alpha_2=row["country"]) is None:
        yield f"{row['country']!r} is no assigned country."
    for region in row["regions"]:
        if not region.startswith(f"{row['country']}-") or region not in _regions():
            yield f"{region!r} is no region of {row['country']}."
    for language in row["languages"] or []:
        if not langcodes.tag_is_valid(language):
            yield f"{language!r} is no language tag."
    if row["min_age"] is not None and row["max_age"] is not None and row["min_age"] > row["max_age"]:
        yield f"the lowest age {row['min_age']} is above the highest, {row['max_age']}."
    if (row["min_age"], row["max_age"]) != (None, None) and row["age_measured"] not in AgeMeasured.values:
        yield f"ages are given, but age_measured is {row['age_measured']!r}."
    if row["confidence"] == Confidence.CONFIRMED_IN_SOURCE and not row["source"]:
        yield "it is said to be confirmed in a source, and names none."
    if row["age_measured"] is not None and row["age_measured"] not in AgeMeasured.values:
        yield f"unknown age_measured {row['age_measured']!r}."
    for channel in row["channels"]:
        yield from _channel_form_faults(channel)


def _channel_form_faults(channel: dict[str, Any]) -> Iterator[str]:
    yield from (f"a channel's {reason}" for reason in shape_faults(channel, _CHANNEL_NEEDED, _CHANNEL_ALLOWED))
    for name, known in {"type": ChannelType.values, "cost": Cost.values, "number_type": NumberType.values}.items():
        if channel.get(name) is not None and channel[name] not in known:
            yield f"unknown channel {name} {str(channel[name])[:60]!r}."


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(region.code for region in pycountry.subdivisions)
