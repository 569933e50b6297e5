"""Take one service out of a pack's own bytes: no words are compiled anew, so nothing can hold it up."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from content.compiling.rendering import isolate
from content.terms import WORLDWIDE, ChannelType, Role, Situation
from core.canonical import canonical_json
from core.errors import Conflict

Pack = dict[str, Any]

_LISTS = ("do_now", "do_not")
#: The smallest parts of the rendered Markdown that can go by themselves.
_BLOCKS = re.compile(r"<(?P<tag>p|li|h2|h3)>(?:(?!</(?P=tag)>).)*</(?P=tag)>\n?", re.DOTALL)
_EMPTY = re.compile(r"<(?P<tag>ul|ol|blockquote)>\s*</(?P=tag)>\n?")


class NothingInItsPlace(Conflict):
    """Without this service a country has no emergency number or no crisis line; name a successor that is served there."""

    code = "nothing-in-its-place"


def stand_in(services: Iterable[Mapping[str, Any]], audiences: Sequence[str]) -> Mapping[str, Any] | None:
    """Return the helpline that most readers of these audiences can talk to, the country's own first; None where there is none.

    One with an age limit never stands in: the text around it was written for somebody else.
    """
    lines = [
        service
        for service in services
        if Role.HELPLINE in service["roles"]
        and service["eligibility"]["min_age"] is None
        and service["eligibility"]["max_age"] is None
        and set(audiences) <= set(service["audiences"])
    ]
    ranked = sorted(lines, key=lambda s: (s["country"] == WORLDWIDE, -len(s["situations"]), -len(s["audiences"]), s["id"]))
    return ranked[0] if ranked else None


def holds(pack: Pack, service: str) -> bool:
    """Tell whether the pack offers the service."""
    return any(entry["id"] == service for entry in pack["services"])


def leaves_enough(country: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> None:
    """Raise NothingInItsPlace where there was an emergency number or a crisis line, and is none."""
    for needed in (_emergency_number, _crisis_line):
        if any(map(needed, before)) and not any(map(needed, after)):
            raise NothingInItsPlace(
                f"Without it {country} has no {needed.__name__.strip('_').replace('_', ' ')}; "
                "name a successor that is served there."
            )


def take_away(body: str, service: str, successor: str | None, *, order: Callable[[str], Any], tombstone: bool = True) -> str:
    """Return the pack's bytes without the service; `order` sorts the ids of services that have retired.

    Where a text names it, its successor stands, else the country's helpline, else that step goes. Raises NothingInItsPlace
    where a reader would be left without an emergency number or a crisis line that the pack had. Without `tombstone` it is
    only left out, as one that comes back when somebody has checked it.
    """
    before = json.loads(body)
    pack = dict(before)
    [gone] = [entry for entry in pack["services"] if entry["id"] == service]
    pack["services"] = [entry for entry in pack["services"] if entry["id"] != service]
    leaves_enough(pack["country"], before["services"], pack["services"])
    named = next((entry for entry in pack["services"] if entry["id"] == successor), None)
    if tombstone:
        pack["retired"] = _tombstones(pack["retired"], service, named["id"] if named else None, order)
    tips = (_mended(tip, gone, named or stand_in(pack["services"], tip["audiences"])) for tip in pack["tips"])
    pack["tips"] = [tip for tip in tips if tip is not None]
    return canonical_json(pack).decode()


def _emergency_number(service: Mapping[str, Any]) -> bool:
    dialled = any(channel["type"] in (ChannelType.PHONE, ChannelType.SMS) for channel in service["channels"])
    return Role.EMERGENCY in service["roles"] and dialled


def _crisis_line(service: Mapping[str, Any]) -> bool:
    return Role.HELPLINE in service["roles"] and Situation.SELF_HARM_RISK in service["named_situations"]


def _tombstones(
    retired: list[dict[str, Any]], service: str, successor: str | None, order: Callable[[str], Any]
) -> list[dict[str, Any]]:
    followed = [entry | {"successor": successor} if entry["successor"] == service else entry for entry in retired]
    return sorted([*followed, {"id": service, "successor": successor}], key=lambda entry: order(entry["id"]))


def _mended(tip: Pack, gone: Mapping[str, Any], instead: Mapping[str, Any] | None) -> Pack | None:
    """Return the tip with the other name, or without the steps that named it; None where its heart named it."""
    if gone["id"] not in tip["services"]:
        return tip
    name = isolate(gone["name"])
    if instead is not None:
        other = isolate(instead["name"])
        renamed = [instead["id"] if one == gone["id"] else one for one in tip["services"]]
        mended = tip | {field: tip[field].replace(name, other) for field in ("title", "short")}
        mended |= {field: [step.replace(name, other) for step in tip[field]] for field in _LISTS}
        mended["more_html"] = tip["more_html"].replace(_escaped(name), _escaped(other))
        return mended | {"services": list(dict.fromkeys(renamed))}
    if name in tip["title"] + tip["short"] and tip["kind"] != "notice":
        return None
    mended = tip | {field: [step for step in tip[field] if name not in step] for field in _LISTS}
    # A notice is in every pack: its words stay, and name nobody.
    mended |= {field: tip[field].replace(name, "").strip() for field in ("title", "short")}
    mended["more_html"] = _without_blocks(tip["more_html"], _escaped(name))
    return mended | {"services": [one for one in tip["services"] if one != gone["id"]]}


def _without_blocks(page: str, name: str) -> str:
    kept = _BLOCKS.sub(lambda block: "" if name in block[0] else block[0], page)
    return _EMPTY.sub("", kept).replace(name, "").strip()


def _escaped(name: str) -> str:
    return html.escape(name, quote=False)
