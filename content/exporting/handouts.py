"""Handouts: one printed page for families, schools or a wall, made from a published pack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from content.exporting.handout_contacts import Section, contacts
from content.exporting.handout_fit import Size, choose_layout
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, PackedPhrase, PackedTip, Plan, PlanStep, Query
from content.terms import HANDOUT_LABELS, HANDOUT_NUMBERS, Audience, Handout, Situation, Step
from core.errors import NotFound

#: A printed page is to be checked again after so many days, or earlier if the check of a contact on it expires.
CHECK_AFTER_DAYS: Final = 90
#: A usual working day: a page that hangs on a wall cannot follow the clock.
_DAY: Final = date(2026, 1, 6)
#: Tips of a plan that a page for one situation holds at the most.
_MOST_TIPS: Final = 3
_SECTIONS: Final = (Step.TALK.value, Step.REPORT.value, Step.TAKE_DOWN.value)


@dataclass(frozen=True, slots=True)
class HandoutKind:
    """One of the pages that exist for every country and locale. A slug says neither what happened nor anybody's age."""

    slug: Handout
    audience: Audience
    #: Slugs of tips, the most important one first. Tips that a pack does not hold are left out. None: those of the plan.
    tips: tuple[str, ...] | None
    #: How many of them are printed in small type rather than left out.
    least_tips: int = 1
    #: The situation whose plan lists the services: threats, because its plan has every step.
    situation: Situation = Situation.BLACKMAIL

    @property
    def address(self) -> str:
        """The last part of the page's address: the slug, with a number for a situation other than threats."""
        number = HANDOUT_NUMBERS.get(self.situation)
        return f"{self.slug.value}-{number}" if number else self.slug.value


#: The closed list of handouts: for whom each is, and what it says. Its title is the label `handout.<slug>`.
KINDS: Final = (
    HandoutKind(Handout.FOR_HOME, Audience.PARENT, ("first-hour-parents", "stay-close")),
    HandoutKind(Handout.FOR_SCHOOL, Audience.EDUCATOR, ("tell-the-lead", "school-steps", "careful-words"), least_tips=2),
    HandoutKind(Handout.FOR_A_WALL, Audience.TEEN, ("first-hour", "not-alone")),
)


class NoSuchHandout(NotFound):
    """There is no handout with this slug. GET /v1/handouts lists them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of one handout, chosen so that it fits on one page of A4 or Letter."""

    kind: HandoutKind
    locale: str
    dir: str
    labels: Mapping[str, PackedPhrase]
    emergency: Section
    tips: tuple[PackedTip, ...]
    sections: tuple[Section, ...]
    size: Size
    #: All texts and services on the page have been reviewed.
    reviewed: bool
    #: The day after which a copy must be checked before it is printed again; None if the day of the release is not known.
    check_after: date | None

    @property
    def title(self) -> PackedPhrase:
        """The neutral title of the page."""
        return self.labels[self.kind.slug]


def find_kind(address: str) -> HandoutKind:
    """Return the handout with this address, such as `for-home`, or `for-home-4` for one situation. Raises NoSuchHandout."""
    for kind in KINDS:
        for version in (kind, *(for_situation(kind, situation) for situation in HANDOUT_NUMBERS)):
            if version.address == address:
                return version
    raise NoSuchHandout()


def for_situation(kind: HandoutKind, situation: Situation) -> HandoutKind:
    """Return the same page for one situation: with the tips and the services that its plan has for the readers."""
    return kind if situation == kind.situation else replace(kind, situation=situation, tips=None)


def labels_of(pack: PackContent) -> Mapping[str, PackedPhrase]:
    """Return the labels of handouts in the pack. Raises NoSuchHandout for a pack of an older version, which has none."""
    labels = pack["labels"].get("handouts", {})
    if not labels.keys() >= {*HANDOUT_LABELS}:
        raise NoSuchHandout("The published release has no handouts yet. They come with the next one.")
    return labels


def make_sheet(pack: PackContent, kind: HandoutKind, *, country: str, released: date | None) -> Sheet:
    """Return the handout of the pack for a country, which a worldwide pack may serve. Raises NoSuchHandout."""
    labels = labels_of(pack)
    query = Query(country, kind.situation.value, audience=kind.audience.value)
    plan = resolve(pack, query, _noon(pack))
    steps = {step.step: step for step in plan.steps}
    by_slug = {tip["slug"]: tip for tip in pack["tips"]}
    slugs = plan.tips[:_MOST_TIPS] if kind.tips is None else kind.tips
    tips = _in_own_language([by_slug[slug] for slug in slugs if slug in by_slug], pack["locale"])

    def sections(limit: int) -> tuple[Section, ...]:
        return tuple(_section(pack, plan, steps[name], labels, country, limit) for name in _SECTIONS if name in steps)

    emergency = _section(pack, plan, steps[Step.DANGER_NOW.value], labels, country, limit=3)
    layout = choose_layout(tips, emergency, sections, least_tips=kind.least_tips)
    shown = (emergency, *layout.sections)
    return Sheet(
        kind=kind,
        locale=pack["locale"],
        dir=pack["dir"],
        labels=labels,
        emergency=emergency,
        tips=layout.tips,
        sections=layout.sections,
        size=layout.size,
        reviewed=all(_reviewed(labels, layout.tips, shown)),
        check_after=_check_after(released, shown),
    )


def _in_own_language(tips: Sequence[PackedTip], locale: str) -> tuple[PackedTip, ...]:
    """Return the tips in the language of the sheet; all of them where none is: a sheet does not mix languages."""
    language = locale.partition("-")[0]
    own = tuple(tip for tip in tips if tip["lang"].partition("-")[0] == language)
    return own or tuple(tips)


def _noon(pack: PackContent) -> datetime:
    """Return noon on a working day in the country of the pack, by the first time zone that one of its services has."""
    zones = (service["zone"] for service in pack["services"] if service["country"] == pack["country"])
    zone = next((name for name in zones if name), None)
    return datetime.combine(_DAY, time(12), ZoneInfo(zone) if zone else UTC)


def _section(
    pack: PackContent, plan: Plan, step: PlanStep, labels: Mapping[str, PackedPhrase], country: str, limit: int
) -> Section:
    why = pack["labels"]["why"]
    codes = step.why if step.service is None else ()
    return Section(
        step=step.step,
        label=pack["labels"]["steps"][step.step],
        sentences=tuple(why[code] for code in codes if code in why),
        contacts=contacts(pack, plan, step, labels, country=country, limit=limit),
    )


def _reviewed(labels: Mapping[str, PackedPhrase], tips: Sequence[PackedTip], sections: Sequence[Section]) -> Iterator[bool]:
    yield from (labels[name]["reviewed"] for name in HANDOUT_LABELS)
    yield from (tip["reviewed"] for tip in tips)
    for section in sections:
        yield section.label["reviewed"]
        yield from (sentence["reviewed"] for sentence in section.sentences)
        yield from (contact.reviewed for contact in section.contacts)


def _check_after(released: date | None, sections: Sequence[Section]) -> date | None:
    """Return the first day on which a check of a contact expires, at most CHECK_AFTER_DAYS after the release."""
    if released is None:
        return None
    expiries = [contact.assured_until for section in sections for contact in section.contacts]
    # An emergency number stays listed after its check has expired.
    return min([released + timedelta(CHECK_AFTER_DAYS), *(day for day in expiries if day is not None and day > released)])
