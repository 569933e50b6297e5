"""The shapes of a pack, of a query and of a plan, for every part of the product that writes or reads one.

A pack is published JSON, so it is described as typed dictionaries; nobody changes one that was parsed. `NotRequired` marks
what packs of older releases lack, and `None` what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NotRequired, TypedDict


class PackedPhrase(TypedDict):
    """A text with its own language and direction, which may differ from those of the pack."""

    text: str
    lang: str
    #: "ltr" or "rtl".
    dir: str
    reviewed: bool


class PackedLocale(TypedDict):
    """The locale that was asked for, the one that is served, and why they differ (None: they do not)."""

    requested: str
    served: str
    reason: str | None


class PackedTip(TypedDict):
    """One tip, whole, in one language."""

    slug: str
    #: "tip", or "notice" for what every pack says of the product itself.
    kind: str
    audiences: list[str]
    situations: list[str]
    #: The ages of the young person that the tip is for, as in `AgeRule`.
    min_age: NotRequired[int | None]
    max_age: NotRequired[int | None]
    age_measured: NotRequired[str | None]
    order: int
    #: By situation: the order there, where it is not `order`.
    order_in: NotRequired[dict[str, int]]
    locale: PackedLocale
    lang: str
    dir: str
    reviewed: bool
    title: str
    #: For lock screens and tight places, without tokens; where it is missing, the title is shown.
    short_title: NotRequired[str]
    short: str
    do_now: list[str]
    do_not: list[str]
    #: Sanitised HTML.
    more_html: str
    #: Ids of the services that the text names.
    services: list[str]


class PackedOrganization(TypedDict):
    """Who runs a service."""

    id: str
    name: str
    #: With directional isolates around it.
    name_display: str


class AgeRule(TypedDict):
    """The ages that a service is for, both limits included; `age_measured` says at which moment the age counts."""

    min_age: int | None
    max_age: int | None
    age_measured: str | None


class PackedAssurance(TypedDict):
    """Whether a person's check holds, the day (ISO 8601) of that check, and the last day for which it is good."""

    assured: bool
    checked_on: str | None
    assured_until: str | None


class PackedOpening(TypedDict):
    """Two local times of a day, as "09:00" or "24:00"; it ends on the next day where it closes before it opens."""

    opens: str
    closes: str


class PackedSpan(PackedOpening):
    """An opening, with the days on which it is (ISO 8601: 1 is Monday)."""

    days: list[int]


class PackedWeek(TypedDict):
    """The openings of a usual week, and those of a public holiday: empty where it is closed, None where that is not known."""

    days: list[PackedSpan]
    holidays: list[PackedOpening] | None


class PackedChannel(PackedAssurance):
    """One way to reach a service: `dial`, `tel` and `href` are for machines, `display` and `spoken` for people."""

    position: int
    type: str
    dial: str | None
    dial_kind: NotRequired[str | None]
    tel: NotRequired[str | None]
    href: str | None
    display: str | None
    spoken: NotRequired[str | None]
    keyword: str | None
    label: PackedPhrase | None
    #: Where to tap inside an app.
    steps: PackedPhrase | None
    #: OSM opening_hours, read in `zone`.
    hours: str | None
    #: The hours as a table; None: unknown, or they depend on the season.
    week: NotRequired[PackedWeek | None]
    #: IANA time zone; None: that of the service.
    zone: str | None
    cost: str
    anonymous: bool | None
    needs_voice: bool
    on_bill: bool | None
    #: The situations that the channel is for; None: all.
    situations: NotRequired[list[str] | None]


class PackedRoute(TypedDict):
    """How to report one situation on one platform: where to tap, and what its form asks for."""

    steps: PackedPhrase | None
    asks: PackedPhrase | None


#: That a service differs from its entry for a while. `from` and `until` are RFC 3339; `position` is that of the channel which
#: does not work, None for the whole service.
PackedNotice = TypedDict("PackedNotice", {"kind": str, "from": str, "until": str, "position": int | None})


class PackedService(PackedAssurance):
    """A helpline, hotline, police report or removal tool."""

    id: str
    name: str
    name_display: str
    organization: PackedOrganization
    purpose: PackedPhrase | None
    #: What happens after contact.
    after: NotRequired[PackedPhrase | None]
    #: ISO 3166-1 alpha-2, or ZZ for a worldwide service.
    country: str
    #: ISO 3166-2; empty: the whole country.
    regions: list[str]
    region_names: list[str]
    #: Countries that a worldwide service works in; None: everywhere.
    area: NotRequired[list[str] | None]
    roles: list[str]
    #: What it can do about an image on a platform (RemovalPower).
    removal_power: NotRequired[str | None]
    audiences: list[str]
    #: The situations that it takes on, and those among them that it names itself.
    situations: list[str]
    named_situations: list[str]
    eligibility: AgeRule
    #: BCP 47.
    languages: list[str] | None
    answers_in: NotRequired[PackedPhrase | None]
    #: By situation, and "any" for those that are not named.
    routes: NotRequired[dict[str, PackedRoute]]
    zone: str | None
    reviewed: bool
    channels: list[PackedChannel]
    notices: NotRequired[list[PackedNotice]]


class PackedPeriod(TypedDict):
    """Two days (ISO 8601), both included."""

    first: str
    last: str


class PackedFigure(TypedDict):
    """One statistic, for parents and educators; never shown without the label `reports-not-cases`."""

    id: str
    value: float
    #: "number", "percent" or "gbp".
    unit: str
    #: "exact", "about" or "more-than".
    qualifier: str
    #: The number as it is written in the pack's locale, with directional isolates around it.
    display: str
    #: What is counted.
    counts: PackedPhrase
    #: With directional isolates around it, as `source`.
    counted_by: str
    #: ISO 3166-1 alpha-2, or ZZ for the world.
    country: str
    period: PackedPeriod
    source: str
    source_url: str | None
    read_on: str
    #: The period ended more than two years before the pack was compiled.
    old: bool
    audiences: list[str]


class PackLabels(TypedDict):
    """The words for ids, by id."""

    situations: dict[str, PackedPhrase]
    steps: dict[str, PackedPhrase]
    audiences: dict[str, PackedPhrase]
    where: NotRequired[dict[str, PackedPhrase]]
    why: dict[str, PackedPhrase]
    notices: NotRequired[dict[str, PackedPhrase]]
    figures: NotRequired[dict[str, PackedPhrase]]
    handouts: NotRequired[dict[str, PackedPhrase]]
    #: For the buttons and hours of channels.
    contact: NotRequired[dict[str, PackedPhrase]]
    #: Of the app in the browser.
    companion: NotRequired[dict[str, PackedPhrase]]


class Tombstone(TypedDict):
    """A service that has retired or was withdrawn, and the one that took its place."""

    id: str
    successor: str | None


#: Situation (or "default") to audience to the steps of a plan, in order.
PlanOrder = Mapping[str, Mapping[str, Sequence[str]]]


class PackContent(TypedDict):
    """All that one country and locale needs offline."""

    #: Version of the format.
    v: int
    country: str
    #: "national" or "worldwide".
    coverage: str
    locale: str
    dir: str
    labels: PackLabels
    tips: list[PackedTip]
    services: list[PackedService]
    plan_order: PlanOrder
    #: By everyday word: the situation that it means.
    aliases: NotRequired[dict[str, str]]
    retired: list[Tombstone]
    figures: NotRequired[list[PackedFigure]]
    #: By country of a service: the public holidays (ISO 8601) of the year of compilation and of the next one, where known.
    public_holidays: NotRequired[dict[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Query:
    """The question of one reader. The ages are the young person's, even when somebody else is asking; None means not given."""

    country: str
    situation: str
    audience: str = "teen"
    region: str | None = None
    age: int | None = None
    age_in_image: int | None = None
    site: str | None = None
    #: "public" or "private": in view of everybody, or in a chat.
    where: str | None = None
    languages: tuple[str, ...] = ()
    can_speak: bool | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a channel or service is open (None: not known), and when that changes (None: not known, or never)."""

    open: bool | None
    changes_at: datetime | None = None


UNKNOWN: Final = Availability(None)
ALWAYS_OPEN: Final = Availability(True)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a plan. `service` is None where there is none; `conditions` are by service id, for the reader to judge."""

    step: str
    service: str | None
    why: tuple[str, ...]
    open: bool | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    stale: bool = False
    language_match: bool | None = None
    alternatives: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)
    #: By service id: the code of what the reader should know of it among the others.
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in order, every service that they name (by id, as in the pack), and the slugs of the tips that belong.

    `tips` are the first five; `more_tips` are the others.
    """

    steps: tuple[PlanStep, ...]
    services: Mapping[str, PackedService]
    tips: tuple[str, ...]
    more_tips: tuple[str, ...] = ()
