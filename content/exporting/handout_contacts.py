"""The services on a handout: which of a plan's step are listed, with which of their channels, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from content.exporting.weekly_hours import babel_locale, hours_in_words
from content.resolver.essential_services import has_crisis_line
from content.resolver.types import PackContent, PackedChannel, PackedPhrase, PackedService, Plan, PlanStep
from content.terms import WORLDWIDE, ChannelType, Cost, Role

_ALWAYS: Final = "24/7"
#: Channels of one service on a page.
_CHANNELS: Final = 3
#: A list of more languages than fits a line tells a reader less than the number beside it.
_LONGEST_LANGUAGES: Final = 70
_DIALLED: Final = frozenset({ChannelType.PHONE.value, ChannelType.SMS.value})
_YOUNG_PERSONS: Final = frozenset({"for-your-child", "for-the-young-person"})
_DIRECTORY: Final = "directory"


@dataclass(frozen=True, slots=True)
class PrintedChannel:
    """One way to reach a service: an optional word for its kind, an optional keyword, and the number or address to show."""

    word: PackedPhrase | None
    keyword: str | None
    #: With directional isolates around it.
    display: str
    href: str | None
    #: It is a number to dial, which is printed large.
    dialled: bool


@dataclass(frozen=True, slots=True)
class PrintedContact:
    """One service with its channels, and short remarks: cost, hours, languages, for whom it is."""

    id: str
    #: With directional isolates around it.
    name: str
    channels: tuple[PrintedChannel, ...]
    remarks: tuple[PackedPhrase, ...]
    reviewed: bool
    #: The last day for which a person's check holds; None: nobody has checked it.
    assured_until: date | None


@dataclass(frozen=True, slots=True)
class Section:
    """One step of the plan: its label, sentences where it names no service, and the services to contact."""

    step: str
    label: PackedPhrase
    sentences: tuple[PackedPhrase, ...]
    contacts: tuple[PrintedContact, ...]


def contacts(
    pack: PackContent, plan: Plan, step: PlanStep, labels: Mapping[str, PackedPhrase], *, country: str, limit: int
) -> tuple[PrintedContact, ...]:
    """Return at most `limit` services of the step, and in any case a crisis line and the young person's own line."""
    chosen = _chosen(plan, step, limit)
    return tuple(_contact(pack, service, step, labels, country) for service in chosen)


def _chosen(plan: Plan, step: PlanStep, limit: int) -> list[PackedService]:
    ids = [name for name in (step.service, *step.alternatives) if name is not None]
    found = [service for name in ids if (service := plan.services[name]) and any(c["display"] for c in service["channels"])]
    # A platform's own form is for that platform; a directory and a service for one region stand in where nothing else is.
    general = [s for s in found if Role.PLATFORM_REPORT.value not in s["roles"]]
    first_choice = [s for s in general if not s["regions"] and step.notes.get(s["id"]) != _DIRECTORY]
    ranked = first_choice or [s for s in general if not s["regions"]] or general or found
    kept = ranked[:limit]
    if step.step == "talk":
        # A crisis line for a part of the country is better than none.
        young = next((s for s in found if step.notes.get(s["id"]) in _YOUNG_PERSONS), None)
        crisis = None if has_crisis_line(kept) else next((s for s in found if has_crisis_line([s])), None)
        needed = [s for s in (young, crisis) if s is not None and s not in kept]
        kept = [*kept[: max(1, limit - len(needed))], *needed]
    return kept


def _contact(
    pack: PackContent, service: PackedService, step: PlanStep, labels: Mapping[str, PackedPhrase], country: str
) -> PrintedContact:
    channels = _printed_channels(service)
    until = service["assured_until"]
    remarks = tuple(_remarks(pack, service, channels, step, labels, country))
    words = [phrase for channel in channels if (phrase := channel["label"]) is not None]
    return PrintedContact(
        id=service["id"],
        name=service["name_display"],
        channels=tuple(_printed(channel, labels) for channel in channels),
        remarks=remarks,
        reviewed=service["reviewed"] and all(phrase["reviewed"] for phrase in (*remarks, *words)),
        assured_until=date.fromisoformat(until) if until else None,
    )


def _printed_channels(service: PackedService) -> list[PackedChannel]:
    """Return the first channels with a number or address; nothing repeats an address that stands there already."""
    found: list[PackedChannel] = []
    for channel in service["channels"]:
        if channel["display"] and channel["display"] not in [known["display"] for known in found]:
            found.append(channel)
    return found[:_CHANNELS]


def _printed(channel: PackedChannel, labels: Mapping[str, PackedPhrase]) -> PrintedChannel:
    kind = channel["type"]
    by_kind = {ChannelType.SMS.value: "text-message", ChannelType.CHAT.value: "chat"}
    word = channel["label"] or (labels[by_kind[kind]] if kind in by_kind else None)
    display = channel["display"]
    assert display is not None
    return PrintedChannel(word, channel["keyword"] or None, display, channel["href"], kind in _DIALLED)


def _remarks(
    pack: PackContent,
    service: PackedService,
    channels: list[PackedChannel],
    step: PlanStep,
    labels: Mapping[str, PackedPhrase],
    country: str,
) -> Iterator[PackedPhrase]:
    """Yield what is said of the service in one line each: where, for whom, cost, hours, languages."""
    why = pack["labels"]["why"]
    if service["region_names"]:
        names = ", ".join(service["region_names"])
        yield {"text": names, "lang": pack["locale"], "dir": pack["dir"], "reviewed": True}
    codes = dict.fromkeys(
        code for code in (step.notes.get(service["id"]), step.conditions.get(service["id"])) if code is not None
    )
    yield from (why[code] for code in codes if code in why)
    costs = {channel["cost"] for channel in channels if channel["type"] in _DIALLED}
    if costs == {Cost.FREE.value} and "free" in why:
        yield why["free"]
    elif Cost.STANDARD.value in costs:
        yield labels["usual-cost"]
    hours = _hours(pack, service, channels, labels, country)
    if hours is not None:
        yield hours
    answers_in = service.get("answers_in")
    only_the_readers = service["languages"] == [pack["locale"]]
    if answers_in is not None and not only_the_readers and len(answers_in["text"]) <= _LONGEST_LANGUAGES:
        yield answers_in


def _hours(
    pack: PackContent, service: PackedService, channels: list[PackedChannel], labels: Mapping[str, PackedPhrase], country: str
) -> PackedPhrase | None:
    """Return the hours of the first channel that somebody answers, where they are known."""
    for channel in channels:
        if channel["type"] not in (*_DIALLED, ChannelType.CHAT.value):
            continue
        if channel["hours"] == _ALWAYS:
            return labels["always"]
        zone = channel["zone"] or service["zone"]
        # The clock of a worldwide service is not the reader's.
        words = babel_locale(pack["locale"], country) if service["country"] not in (WORLDWIDE, "") else None
        text = hours_in_words(channel["hours"], zone=zone, country=country, words=words) if channel["hours"] and words else None
        return {"text": text, "lang": pack["locale"], "dir": pack["dir"], "reviewed": True} if text else None
    return None
