"""The plain values that a release is compiled from: texts, services, channels, tips and notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True)
class Policy:
    """The rules for one compilation: the day, and whether drafts and services that were never checked may be served."""

    day: date
    serve_unreviewed: bool = False
    #: In a sandbox, emergency numbers that nobody has checked do not block a pack.
    sandbox: bool = False
    #: Whether packs of the pseudo-locales are compiled; only where drafts are served.
    pseudo: bool = False


@dataclass(frozen=True)
class TargetText:
    """The text of a unit in one locale."""

    text: str
    reviewed: bool
    #: It may not be served: the source has had a safety change since, or a clarity change too long ago.
    withdrawn: bool


@dataclass(frozen=True)
class UnitText:
    """One unit: its source text (None: no text may be served yet), and its targets by locale."""

    key: str
    locale: str
    text: str | None
    reviewed: bool
    numbers: tuple[str, ...]
    hosts: tuple[str, ...]
    targets: Mapping[str, TargetText]
    #: A name or brand, which targets may repeat.
    stays_as_is: bool = False


@dataclass(frozen=True)
class ChannelFact:
    """One channel with its last check; text is empty and a flag None where something is not known."""

    position: int
    type: str
    number_type: str
    dial: str
    address: str
    keyword: str
    hours: str
    cost: str
    anonymous: bool | None
    on_bill: bool | None
    #: Those that the channel is for; None: all.
    situations: tuple[str, ...] | None
    checked_on: date | None
    assured_until: date | None


@dataclass(frozen=True)
class ServiceFact:
    """One service with its channels, best first."""

    id: str
    name: str
    organization_id: str
    organization: str
    country: str
    #: ISO 3166-2; empty: the whole country.
    regions: tuple[str, ...]
    #: Countries that a worldwide service works in; None: everywhere, empty: not entered yet.
    area: tuple[str, ...] | None
    roles: tuple[str, ...]
    audiences: tuple[str, ...]
    #: The situations that the service names, and those that it takes on: the same ones, or all.
    named_situations: tuple[str, ...]
    situations: tuple[str, ...]
    min_age: int | None
    max_age: int | None
    age_measured: str
    #: BCP 47; None: not known.
    languages: tuple[str, ...] | None
    #: IANA time zone, or empty.
    zone: str
    active: bool
    successor: str | None
    confidence: str
    channels: tuple[ChannelFact, ...]
    #: Withdrawn from readers until two people restore it.
    withdrawn: bool = False
    #: Whether a second person has approved the service; no other is compiled.
    approved: bool = True


#: The field and the unit key of each text of a tip, in reading order.
TipKeys: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TipFact:
    """One tip: for whom it is, and which texts it has."""

    slug: str
    notice: bool
    audiences: tuple[str, ...]
    situations: tuple[str, ...]
    countries: tuple[str, ...]
    min_age: int | None
    max_age: int | None
    age_measured: str
    order: int
    order_in: Mapping[str, int]
    #: The lists of its texts that were approved, newest first; a locale gets the newest that is approved there.
    versions: tuple[TipKeys, ...]


@dataclass(frozen=True)
class NoticeFact:
    """One short-term notice that is approved, not ended and not over."""

    kind: str
    position: int | None
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True)
class FigureFact:
    """One approved statistic."""

    id: str
    value: Decimal
    unit: str
    qualifier: str
    counted_by: str
    country: str
    period_from: date
    period_until: date
    source: str
    source_url: str
    read_on: date


@dataclass(frozen=True)
class Snapshot:
    """Everything that a release is compiled from. `base` is the number of the release that was published at that instant."""

    policy: Policy
    #: "ltr" or "rtl", by locale.
    directions: Mapping[str, str]
    texts: Mapping[str, UnitText]
    services: tuple[ServiceFact, ...]
    tips: tuple[TipFact, ...]
    #: By service and situation: where the `steps` and `asks` of a route are found (see `contact_file`).
    routes: Mapping[str, Mapping[str, Mapping[str, str | None]]] = field(default_factory=dict)
    #: By service, those that are not over when the day begins.
    notices: Mapping[str, tuple[NoticeFact, ...]] = field(default_factory=dict)
    #: By everyday word: the situation that it means.
    aliases: Mapping[str, str] = field(default_factory=dict)
    #: By service: its RemovalPower.
    removal_powers: Mapping[str, str] = field(default_factory=dict)
    figures: tuple[FigureFact, ...] = ()
    #: By locale: its fallback locales, nearest first, where they are not those of CLDR.
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: int | None = None
    #: Digests by country and locale.
    base_packs: Mapping[tuple[str, str], str] = field(default_factory=dict)
