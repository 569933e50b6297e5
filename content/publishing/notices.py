"""Short-term notices as they stand in a pack, when it is compiled and when one comes or goes afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from content.terms import Role
from core.canonical import canonical_json


@dataclass(frozen=True)
class NoticeFact:
    """One notice that was approved and not ended, and whose time is not over."""

    kind: str
    position: int | None
    from_at: datetime
    until_at: datetime


def notice_values(
    notices: Iterable[NoticeFact], *, roles: Collection[str], positions: Collection[int], has_words: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Return the notices of a service as the pack says them, the first to begin first.

    Left out are those of a channel that the pack does not hold, those for whose kind it has no words, and all of an emergency
    number: nothing may keep a reader from calling it.
    """
    if Role.EMERGENCY in roles:
        return []
    fitting = [n for n in notices if has_words(n.kind) and (n.position is None or n.position in positions)]
    values = [
        {"kind": n.kind, "from": _instant(n.from_at), "until": _instant(n.until_at), "position": n.position} for n in fitting
    ]
    return sorted(values, key=lambda value: (value["from"], value["until"], value["kind"], value["position"] or 0))


def with_notices(body: str, notices: Mapping[str, Iterable[NoticeFact]]) -> str:
    """Return the pack's bytes with these notices (by service) in place of those that it had, and nothing else changed."""
    pack = json.loads(body)
    words: Mapping[str, Any] = pack["labels"].get("notices", {})
    changed = False
    for service in pack["services"]:
        now = notice_values(
            notices.get(service["id"], ()),
            roles=service["roles"],
            positions={channel["position"] for channel in service["channels"]},
            has_words=words.__contains__,
        )
        if service.get("notices", []) != now:
            service["notices"], changed = now, True
    return canonical_json(pack).decode() if changed else body


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
