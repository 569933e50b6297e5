"""Which service a text may name where the one that it named is no longer there, and the text without any."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from content.compiling.rendering import isolate
from content.resolver.types import PackedService, PackedTip
from content.terms import WORLDWIDE, Role

#: The smallest parts of the rendered Markdown that can be removed by themselves.
_BLOCKS = re.compile(r"<(?P<tag>p|li|h2|h3)>(?:(?!</(?P=tag)>).)*</(?P=tag)>\n?", re.DOTALL)
_EMPTY = re.compile(r"<(?P<tag>ul|ol|blockquote)>\s*</(?P=tag)>\n?")


@dataclass(frozen=True)
class Ages:
    """An age rule: both limits included, None where there is no limit; `measured` says at which moment the age counts."""

    lowest: int | None = None
    highest: int | None = None
    measured: str | None = None

    def cover(self, other: Ages) -> bool:
        """Return whether everybody whom the other rule admits is admitted by this one."""
        if self.lowest is None and self.highest is None:
            return True
        if self.measured != other.measured:
            return False
        from_below = self.lowest is None or (other.lowest is not None and self.lowest <= other.lowest)
        to_above = self.highest is None or (other.highest is not None and self.highest >= other.highest)
        return from_below and to_above


@dataclass(frozen=True)
class TextReaders:
    """For whom a text is."""

    audiences: frozenset[str]
    situations: frozenset[str]
    ages: Ages


@dataclass(frozen=True)
class ServiceScope:
    """What a text that names a service may rely on: what the service does, for whom, where, and how it is reached."""

    roles: frozenset[str]
    audiences: frozenset[str]
    situations: frozenset[str]
    ages: Ages
    #: ISO 3166-2; empty: everywhere that its packs are for.
    regions: frozenset[str]
    channel_types: frozenset[str]


def readers_of(tip: PackedTip) -> TextReaders:
    """Return for whom a tip of a pack is; packs of older versions give no ages."""
    ages = Ages(tip.get("min_age"), tip.get("max_age"), tip.get("age_measured"))
    return TextReaders(frozenset(tip["audiences"]), frozenset(tip["situations"]), ages)


def scope_of(service: PackedService) -> ServiceScope:
    """Return the scope of a service of a pack."""
    limits = service["eligibility"]
    return ServiceScope(
        roles=frozenset(service["roles"]),
        audiences=frozenset(service["audiences"]),
        situations=frozenset(service["situations"]),
        ages=Ages(limits["min_age"], limits["max_age"], limits["age_measured"]),
        regions=frozenset(service["regions"]),
        channel_types=frozenset(channel["type"] for channel in service["channels"]),
    )


def may_stand_for(other: ServiceScope, removed: ServiceScope, readers: TextReaders) -> bool:
    """Return whether a text for these readers that named the removed service is still true of the other one.

    The other one has every role and every type of channel that the removed one had, serves the readers of the text that the
    removed one served, in the same regions, and takes their ages.
    """
    return (
        removed.roles <= other.roles
        and removed.channel_types <= other.channel_types
        and readers.audiences & removed.audiences <= other.audiences
        and readers.situations & removed.situations <= other.situations
        and (other.ages.cover(removed.ages) or other.ages.cover(readers.ages))
        and (not other.regions or (bool(removed.regions) and removed.regions <= other.regions))
    )


def substitute_helpline(services: Iterable[PackedService], removed: ServiceScope, readers: TextReaders) -> PackedService | None:
    """Return the helpline that a text for these readers names instead of the removed helpline; None where there is none.

    Of those that may stand for it, the one that takes the most situations and audiences, the country's own first.
    """
    if Role.HELPLINE not in removed.roles:
        return None
    return min(
        (service for service in services if may_stand_for(scope_of(service), removed, readers)),
        key=lambda s: (s["country"] == WORLDWIDE, -len(s["situations"]), -len(s["audiences"]), s["id"]),
        default=None,
    )


def rename_service(tip: PackedTip, removed: PackedService, substitute: PackedService) -> PackedTip:
    """Return the tip with the substitute's name in place of that of the removed service."""
    name, other = isolate(removed["name"]), isolate(substitute["name"])
    named = [substitute["id"] if one == removed["id"] else one for one in tip["services"]]
    return {
        **tip,
        "title": tip["title"].replace(name, other),
        "short": tip["short"].replace(name, other),
        "do_now": [step.replace(name, other) for step in tip["do_now"]],
        "do_not": [step.replace(name, other) for step in tip["do_not"]],
        "more_html": tip["more_html"].replace(_escaped(name), _escaped(other)),
        "services": list(dict.fromkeys(named)),
    }


def without_service(tip: PackedTip, service: str, name: str) -> PackedTip | None:
    """Return the tip without the steps and paragraphs that name the service.

    None where its title or answer does, or where nothing to do would be left. A notice is in every pack, so it stays, without
    the name.
    """
    name = isolate(name)
    do_now = [step for step in tip["do_now"] if name not in step]
    names_it_first = name in tip["title"] + tip["short"]
    if tip["kind"] != "notice" and (names_it_first or (tip["do_now"] and not do_now)):
        return None
    return {
        **tip,
        "title": tip["title"].replace(name, "").strip(),
        "short": tip["short"].replace(name, "").strip(),
        "do_now": do_now,
        "do_not": [step for step in tip["do_not"] if name not in step],
        "more_html": _without_blocks(tip["more_html"], _escaped(name)),
        "services": [one for one in tip["services"] if one != service],
    }


def without_services(tip: PackedTip, names: Iterable[tuple[str, str]]) -> PackedTip | None:
    """Return the tip without what names any of the services, given as (id, official name); None as in `without_service`."""
    left: PackedTip | None = tip
    for service, name in names:
        left = without_service(left, service, name) if left is not None else None
    return left


def _without_blocks(page: str, name: str) -> str:
    kept = _BLOCKS.sub(lambda block: "" if name in block[0] else block[0], page)
    return _EMPTY.sub("", kept).replace(name, "").strip()


def _escaped(name: str) -> str:
    return html.escape(name, quote=False)
