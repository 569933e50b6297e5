"""The short-term notices of a service as a pack holds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from content.compiling.facts import NoticeFact
from content.resolver.types import PackedNotice
from content.terms import Role
from core.instants import rfc3339


def notice_values(
    notices: Iterable[NoticeFact], *, roles: Collection[str], positions: Collection[int], has_words: Callable[[str], bool]
) -> list[PackedNotice]:
    """Return the notices of a service as the pack holds them, in the order in which they begin.

    Left out are notices of a channel that the pack does not hold, notices of a kind that the pack has no words for, and all
    notices of an emergency number, because nothing may keep a reader from calling it.
    """
    if Role.EMERGENCY in roles:
        return []
    fitting = [n for n in notices if has_words(n.kind) and (n.position is None or n.position in positions)]
    values: list[PackedNotice] = [
        {"kind": n.kind, "from": rfc3339(n.from_at), "until": rfc3339(n.until_at), "position": n.position} for n in fitting
    ]
    return sorted(values, key=lambda value: (value["from"], value["until"], value["kind"], value["position"] or 0))
