"""Patches of published packs: pure functions on what a pack holds. No text is compiled again, so no text can hold them up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from content.compiling.channel_parts import service_assurance
from content.compiling.facts import NoticeFact
from content.compiling.gate import readers_without_crisis_line
from content.compiling.service_notices import notice_values
from content.compiling.substitution import (
    may_stand_for,
    readers_of,
    rename_service,
    scope_of,
    substitute_helpline,
    without_service,
)
from content.resolver.essential_services import has_crisis_line, has_emergency_number
from content.resolver.types import PackContent, PackedService, PackedTip, Tombstone
from content.terms import WORLDWIDE
from core.errors import Conflict

#: A pure function that returns what the pack holds after the change, or None where the pack does not change.
PackPatch = Callable[[PackContent], PackContent | None]
#: The sort key of the ids of services that have retired.
RetiredOrder = Callable[[str], tuple[bool, str]]

_ESSENTIAL: Final = (("an emergency number", has_emergency_number), ("a crisis line", has_crisis_line))


class EssentialServiceMissing(Conflict):
    """This change would leave a country without an emergency number or a crisis line. Name a successor that is served there."""

    code = "nothing-in-its-place"


def lost_essentials(before: Sequence[PackedService], after: Sequence[PackedService]) -> Iterator[str]:
    """Yield "an emergency number" and "a crisis line" where `before` has one and `after` has none."""
    return (name for name, has_one in _ESSENTIAL if has_one(before) and not has_one(after))


def require_essential_services(before: PackContent, after: PackContent) -> None:
    """Raise EssentialServiceMissing where the pack loses its last emergency number or its last crisis line."""
    for name in lost_essentials(before["services"], after["services"]):
        raise EssentialServiceMissing(
            f"This change would leave {before['country']} without {name}. Name a successor that is served there."
        )


def require_crisis_line_in_plans(before: PackContent, after: PackContent) -> None:
    """Raise EssentialServiceMissing where the plan of a reader for a risk of self-harm loses its last crisis line."""
    if before["country"] == WORLDWIDE:
        return
    had_none = {*readers_without_crisis_line(before)}
    if lost := [reader for reader in readers_without_crisis_line(after) if reader not in had_none]:
        raise EssentialServiceMissing(
            f"This change would leave the plan for a risk of self-harm in {before['country']} without a crisis line for: "
            f"{'; '.join(lost)}. Name a successor that is served there."
        )


def withdraw_services(successors: Mapping[str, str | None], order: RetiredOrder) -> PackPatch:
    """Return the patch that removes these services, each with its successor, and lists them as retired."""

    def patch(pack: PackContent) -> PackContent | None:
        offered = {service["id"] for service in pack["services"]} & successors.keys()
        if not offered:
            return None
        for service in sorted(offered):
            successor = successors[service] if _offers(pack, successors[service]) else None
            pack = remove_service(pack, service, successor=successor)
            pack = {**pack, "retired": _tombstones(pack["retired"], service, successor, order)}
        return pack

    return patch


def replace_notices(notices: Mapping[str, Iterable[NoticeFact]]) -> PackPatch:
    """Return the patch that puts these notices (by service) in place of all that a pack has."""

    def patch(pack: PackContent) -> PackContent | None:
        services = [_with_notices(pack, service, notices.get(service["id"], ())) for service in pack["services"]]
        return {**pack, "services": services} if services != pack["services"] else None

    return patch


def combine(*patches: PackPatch) -> PackPatch:
    """Return the patch that applies these patches one after the other."""

    def patch(pack: PackContent) -> PackContent | None:
        patched = pack
        for each in patches:
            patched = each(patched) or patched
        return patched if patched is not pack else None

    return patch


def remove_service(pack: PackContent, service: str, *, successor: str | None = None) -> PackContent:
    """Return the pack without the service, which it must offer.

    Each tip that names the service names its successor where the successor is in the pack and may stand for it there, or else
    another helpline that may. Where none may, what names the service is removed: a step, a paragraph, or the tip.
    """
    [removed] = [entry for entry in pack["services"] if entry["id"] == service]
    services = [entry for entry in pack["services"] if entry["id"] != service]
    named = next((entry for entry in services if entry["id"] == successor), None)
    tips = (_without(tip, removed, services, named) for tip in pack["tips"])
    return {**pack, "services": services, "tips": [tip for tip in tips if tip is not None]}


def remove_tips(slugs: Collection[str]) -> PackPatch:
    """Return the patch that removes these tips."""

    def patch(pack: PackContent) -> PackContent | None:
        tips = [tip for tip in pack["tips"] if tip["slug"] not in slugs]
        return {**pack, "tips": tips} if len(tips) < len(pack["tips"]) else None

    return patch


def keep_channels(pack: PackContent, service: str, positions: Collection[int]) -> PackContent:
    """Return the pack with only the service's channels at these positions, of which there is at least one."""
    services = [_with_channels(entry, positions) if entry["id"] == service else entry for entry in pack["services"]]
    return {**pack, "services": services}


def _with_channels(service: PackedService, positions: Collection[int]) -> PackedService:
    channels = [channel for channel in service["channels"] if channel["position"] in positions]
    notices = [notice for notice in service.get("notices", []) if notice["position"] in {None, *positions}]
    return {**service, "channels": channels, "notices": notices, **service_assurance(channels)}


def _with_notices(pack: PackContent, service: PackedService, notices: Iterable[NoticeFact]) -> PackedService:
    values = notice_values(
        notices,
        roles=service["roles"],
        positions={channel["position"] for channel in service["channels"]},
        has_words=pack["labels"].get("notices", {}).__contains__,
    )
    # Packs of older releases have no list at all; one without notices keeps its bytes.
    return {**service, "notices": values} if values != service.get("notices", []) else service


def _offers(pack: PackContent, service: str | None) -> bool:
    return any(entry["id"] == service for entry in pack["services"])


def _tombstones(retired: list[Tombstone], service: str, successor: str | None, order: RetiredOrder) -> list[Tombstone]:
    followed: list[Tombstone] = [
        {"id": entry["id"], "successor": successor if entry["successor"] == service else entry["successor"]} for entry in retired
    ]
    return sorted([*followed, {"id": service, "successor": successor}], key=lambda entry: order(entry["id"]))


def _without(
    tip: PackedTip, removed: PackedService, services: Sequence[PackedService], successor: PackedService | None
) -> PackedTip | None:
    """Return the tip with another service named in place of the removed one, or without what named it."""
    if removed["id"] not in tip["services"]:
        return tip
    scope, readers = scope_of(removed), readers_of(tip)
    if successor is None or not may_stand_for(scope_of(successor), scope, readers):
        successor = substitute_helpline(services, scope, readers)
    return rename_service(tip, removed, successor) if successor else without_service(tip, removed["id"], removed["name"])
