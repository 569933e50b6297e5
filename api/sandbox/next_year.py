"""A pack as next year's version may compile it: new values in every open list, and new members in every object."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

NEW = "of-next-year"
_PHRASE = {"text": "New.", "lang": "en", "dir": "ltr", "reviewed": True}
#: Lists of words by id, in which ids that exist today mean something.
_BY_ID = frozenset({"aliases", "labels", "order_in", "plan_order", "public_holidays", "routes"})


def of_next_year(pack: Any) -> Any:
    """Return the pack with every addition that docs/versioning.md allows; all that was in it is still there."""
    later = _with_members(deepcopy(pack))
    for labels in later["labels"].values():
        labels[NEW] = _PHRASE
    later["labels"][NEW] = {NEW: _PHRASE}
    for orders in later["plan_order"].values():
        for order in orders.values():
            order.append(NEW)
        orders[NEW] = ["danger-now", NEW]
    later["plan_order"][NEW] = {audience: ["danger-now", NEW] for audience in later["plan_order"]["default"]}
    later["aliases"][NEW] = NEW
    for service in later["services"]:
        _extend(service, "roles", "situations")
        service["notices"] = [{"kind": NEW, "from": "2026-01-01T00:00:00Z", "until": "2027-01-02T00:00:00Z", "position": None}]
        service["channels"].append({**service["channels"][-1], "position": 99, "type": NEW, "dial_kind": NEW})
    later["services"].append(_service(later["services"][-1]))
    for tip in later["tips"]:
        _extend(tip, "audiences", "situations")
    tip = later["tips"][-1]
    later["tips"].append({**tip, "slug": NEW, "kind": NEW})
    for figure in later["figures"]:
        _extend(figure, "audiences")
        figure |= {"unit": NEW, "qualifier": NEW}
    return later


def _service(like: Any) -> Any:
    """Return a service of which every value of a list is new."""
    channel = {**like["channels"][-1], "type": NEW, "dial_kind": NEW, "cost": NEW, "situations": [NEW]}
    age = {**like["eligibility"], "min_age": 13, "age_measured": NEW}
    lists = {name: [NEW] for name in ("roles", "audiences", "situations", "named_situations")}
    return {**like, **lists, "id": NEW, "removal_power": NEW, "eligibility": age, "channels": [channel], "routes": {}}


def _extend(item: Any, *lists: str) -> None:
    for name in lists:
        item[name] = [*item[name], NEW]


def _with_members(value: Any, name: str = "") -> Any:
    """Add a member that does not exist yet to every object whose members have fixed names."""
    if isinstance(value, list):
        return [_with_members(one) for one in value]
    if not isinstance(value, dict):
        return value
    if name in _BY_ID:
        return value
    return {**{key: _with_members(one, key) for key, one in value.items()}, "member_of_next_year": {NEW: [1, None]}}
