"""Take one service out of a pack's own bytes: no words are compiled anew, so nothing can hold it up."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from content.compiling.rendering import isolate
from content.compiling.substitution import substitute_helpline
from content.resolver.essential_services import has_crisis_line, has_emergency_number
from content.resolver.types import PackContent, PackedService, PackedTip, Tombstone
from core.canonical import canonical_json
from core.errors import Conflict

#: The smallest parts of the rendered Markdown that can go by themselves.
_BLOCKS = re.compile(r"<(?P<tag>p|li|h2|h3)>(?:(?!</(?P=tag)>).)*</(?P=tag)>\n?", re.DOTALL)
_EMPTY = re.compile(r"<(?P<tag>ul|ol|blockquote)>\s*</(?P=tag)>\n?")


class NothingInItsPlace(Conflict):
    """Without this service a country has no emergency number or no crisis line; name a successor that is served there."""

    code = "nothing-in-its-place"


def holds(pack: PackContent, service: str) -> bool:
    """Tell whether the pack offers the service."""
    return any(entry["id"] == service for entry in pack["services"])


def leaves_enough(country: str, before: Sequence[PackedService], after: Sequence[PackedService]) -> None:
    """Raise NothingInItsPlace where there was an emergency number or a crisis line, and is none."""
    for name, has_one in (("emergency number", has_emergency_number), ("crisis line", has_crisis_line)):
        if has_one(before) and not has_one(after):
            raise NothingInItsPlace(f"Without it {country} has no {name}; name a successor that is served there.")


def take_away(body: str, service: str, successor: str | None, *, order: Callable[[str], Any], tombstone: bool = True) -> str:
    """Return the pack's bytes without the service; `order` sorts the ids of services that have retired.

    Where a text names it, its successor stands, else the country's helpline, else that step goes. Raises NothingInItsPlace
    where a reader would be left without an emergency number or a crisis line that the pack had. Without `tombstone` it is
    only left out, as one that comes back when somebody has checked it.
    """
    before: PackContent = json.loads(body)
    pack = before.copy()
    [gone] = [entry for entry in pack["services"] if entry["id"] == service]
    pack["services"] = [entry for entry in pack["services"] if entry["id"] != service]
    leaves_enough(pack["country"], before["services"], pack["services"])
    named = next((entry for entry in pack["services"] if entry["id"] == successor), None)
    if tombstone:
        pack["retired"] = _tombstones(pack["retired"], service, named["id"] if named else None, order)
    tips = (_mended(tip, gone, named or substitute_helpline(pack["services"], tip["audiences"])) for tip in pack["tips"])
    pack["tips"] = [tip for tip in tips if tip is not None]
    return canonical_json(pack).decode()


def _tombstones(retired: list[Tombstone], service: str, successor: str | None, order: Callable[[str], Any]) -> list[Tombstone]:
    followed: list[Tombstone] = [
        {"id": entry["id"], "successor": successor if entry["successor"] == service else entry["successor"]} for entry in retired
    ]
    return sorted([*followed, {"id": service, "successor": successor}], key=lambda entry: order(entry["id"]))


def _mended(tip: PackedTip, gone: PackedService, instead: PackedService | None) -> PackedTip | None:
    """Return the tip with the other name, or without the steps that named the service; None where its title or answer did."""
    if gone["id"] not in tip["services"]:
        return tip
    name = isolate(gone["name"])
    if instead is not None:
        other = isolate(instead["name"])
        renamed = [instead["id"] if one == gone["id"] else one for one in tip["services"]]
        return {
            **tip,
            "title": tip["title"].replace(name, other),
            "short": tip["short"].replace(name, other),
            "do_now": [step.replace(name, other) for step in tip["do_now"]],
            "do_not": [step.replace(name, other) for step in tip["do_not"]],
            "more_html": tip["more_html"].replace(_escaped(name), _escaped(other)),
            "services": list(dict.fromkeys(renamed)),
        }
    if name in tip["title"] + tip["short"] and tip["kind"] != "notice":
        return None
    return {
        **tip,
        # A notice is in every pack: its words stay, without the name.
        "title": tip["title"].replace(name, "").strip(),
        "short": tip["short"].replace(name, "").strip(),
        "do_now": [step for step in tip["do_now"] if name not in step],
        "do_not": [step for step in tip["do_not"] if name not in step],
        "more_html": _without_blocks(tip["more_html"], _escaped(name)),
        "services": [one for one in tip["services"] if one != gone["id"]],
    }


def _without_blocks(page: str, name: str) -> str:
    kept = _BLOCKS.sub(lambda block: "" if name in block[0] else block[0], page)
    return _EMPTY.sub("", kept).replace(name, "").strip()


def _escaped(name: str) -> str:
    return html.escape(name, quote=False)
