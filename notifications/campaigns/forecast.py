"""The forecast of a campaign: who is sent to, when, in which language, and whom quiet hours delay or skip.

The one function that says what will happen: the planner freezes what it says, the feed opens when it says, and every page and
command shows it. `forecast` is pure; `of` reads the audience of a stored campaign for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from core.errors import Conflict
from core.instants import rfc3339
from notifications.campaigns import audience, schedule, texts, variants
from notifications.campaigns.audience import Audiences, AudienceSegment
from notifications.campaigns.schedule import Clock, Delay
from notifications.models.campaign import Campaign
from notifications.models.quota import seconds_to_send
from notifications.models.wave import HELP_CHECKED_AHEAD

#: How long before its first due instant a campaign's audience is frozen. The freeze is the check of the waves that begin first.
FREEZE_AHEAD = HELP_CHECKED_AHEAD


class NobodyDue(Conflict):
    """Nothing would be sent: quiet hours, or the start itself, last until the campaign's end."""

    code = "nobody-due"


@dataclass(frozen=True)
class ZoneForecast:
    """What happens in one time zone. A campaign without an audience (for the feed alone) has one, its home zone."""

    #: IANA name; "" for phones whose zone is not known. They go by the campaign's home zone.
    zone: str
    #: The author's time in this zone.
    planned_at: datetime
    #: When it is sent; None: quiet hours or the start itself last until the campaign's end, and it is skipped.
    due_at: datetime | None
    #: Why it is not sent at `planned_at`.
    delay: Delay
    #: Whether the author's local time occurs once on that day, never or twice.
    clock: Clock
    devices: int
    topics: int


@dataclass(frozen=True)
class LanguageForecast:
    """The installations of one country and language, and the text that they get."""

    country: str
    #: The language of the installations, `und` for one that is not known.
    locale: str
    #: The language of the text that they get.
    served: str
    #: The campaign has no text in their language; they get that of its home language.
    fallback: bool
    devices: int
    topics: int
    #: Those of `devices` that nothing is sent to.
    skipped: int


@dataclass(frozen=True)
class TextForecast:
    """One text of the campaign, and the installations that get it; each installation gets exactly one text."""

    #: The language of the text.
    locale: str
    #: It goes to readers whose language has no text.
    fallback: bool
    #: Key of the variant (see `variants`), "" for the text for everyone.
    variant: str
    devices: int
    topics: int
    #: Those of `devices` that nothing is sent to.
    skipped: int


@dataclass(frozen=True)
class Start:
    """One instant at which messages leave, in all zones together."""

    due_at: datetime
    zones: tuple[str, ...]
    devices: int
    topics: int


@dataclass(frozen=True)
class Forecast:
    """What a campaign does if it is approved at `at` and nothing changes.

    Numbers of installations are exact and for the product alone: what a person is shown goes through `audience.rounded`. The
    number of topics is exact; each topic is any number of phones, or none.
    """

    at: datetime
    #: In the order in which they are due; skipped ones last.
    zones: tuple[ZoneForecast, ...]
    #: By country and language.
    languages: tuple[LanguageForecast, ...]
    #: By language, fallback and variant.
    texts: tuple[TextForecast, ...]
    #: Nothing is pushed: the alert is only in the feed.
    feed_only: bool
    #: (country, audience) of its phones and topics.
    readers: frozenset[tuple[str, str]] = frozenset()

    @property
    def devices(self) -> int:
        """Return the number of registrations in the audience, skipped ones included."""
        return sum(zone.devices for zone in self.zones)

    @property
    def topics(self) -> int:
        """Return the number of topics in the audience, skipped ones included."""
        return sum(zone.topics for zone in self.zones)

    @property
    def delayed(self) -> int:
        """Return how many registrations wait for the end of quiet hours."""
        return sum(zone.devices for zone in self.zones if zone.due_at and zone.delay == Delay.QUIET_HOURS)

    @property
    def skipped(self) -> int:
        """Return how many registrations nothing is sent to, because they are not due before the campaign's end."""
        return sum(zone.devices for zone in self.zones if zone.due_at is None)

    @property
    def opens_at(self) -> datetime | None:
        """Return the first due instant, at which the feed opens; None when nobody is due."""
        return min((zone.due_at for zone in self.zones if zone.due_at), default=None)

    @property
    def last_due_at(self) -> datetime | None:
        """Return the last due instant; None when nobody is due."""
        return max((zone.due_at for zone in self.zones if zone.due_at), default=None)

    @property
    def starts(self) -> tuple[Start, ...]:
        """Return the instants at which messages leave, the first one first."""
        by_instant: defaultdict[datetime, list[ZoneForecast]] = defaultdict(list)
        for zone in self.zones:
            if zone.due_at is not None:
                by_instant[zone.due_at].append(zone)
        return tuple(
            Start(instant, tuple(z.zone for z in zones), sum(z.devices for z in zones), sum(z.topics for z in zones))
            for instant, zones in sorted(by_instant.items())
        )


def of(campaign: Campaign, *, at: datetime, known: Audiences | None = None) -> Forecast:
    """Return the forecast of a stored campaign, in a few queries over segments; raises WrongApps as `Audiences.apps_of` does.

    `known` holds the campaign's audience, if it was read already.
    """
    return forecast(campaign, (known or Audiences([campaign])).members_of(campaign), at=at)


def forecast(campaign: Campaign, members: Iterable[AudienceSegment], *, at: datetime) -> Forecast:
    """Return what the campaign does to these segments and topics, if it may begin at `at`."""
    found = [segment for segment in members if segment.is_topic or segment.devices]
    by_zone: defaultdict[str, list[AudienceSegment]] = defaultdict(list)
    for segment in found:
        by_zone[segment.zone].append(segment)
    zones = [_zone(campaign, zone, inside, at=at) for zone, inside in by_zone.items()]
    if not found:
        zones = [_zone(campaign, campaign.home_zone, [], at=at)]
    zones.sort(key=lambda zone: (zone.due_at is None, zone.due_at or zone.planned_at, zone.zone))
    skipped = {zone.zone for zone in zones if zone.due_at is None}
    served = _served_by(campaign)
    languages, shown = _languages(campaign, found, skipped, served), _texts(campaign, found, skipped, served)
    readers = frozenset((segment.country, segment.audience) for segment in found)
    return Forecast(at, tuple(zones), tuple(languages), tuple(shown), feed_only=not found, readers=readers)


def first_due(campaign: Campaign, members: Iterable[AudienceSegment], *, at: datetime) -> datetime | None:
    """Return the first instant at which an installation or topic is due, or None when nobody is."""
    return forecast(campaign, members, at=at).opens_at


def all_sent_at(said: Forecast) -> datetime | None:
    """Return when the last message has left at the configured rate, through one Firebase project that sends nothing else.

    None when nobody is due.
    """
    ended = None
    for start in said.starts:
        begins = max(ended or start.due_at, start.due_at)
        ended = begins + timedelta(seconds=seconds_to_send(start.devices + start.topics))
    return ended


def _zone(campaign: Campaign, zone: str, inside: list[AudienceSegment], *, at: datetime) -> ZoneForecast:
    due = schedule.due(campaign, zone, at=at)
    devices, topics = sum(segment.devices for segment in inside), sum(segment.is_topic for segment in inside)
    return ZoneForecast(zone, due.planned_at, due.due_at, due.delay, due.clock, devices, topics)


def _served_by(campaign: Campaign) -> Callable[[str], str | None]:
    @cache
    def served(locale: str) -> str | None:
        return texts.served(campaign, locale)

    return served


def _texts(
    campaign: Campaign, members: list[AudienceSegment], skipped: set[str], served: Callable[[str], str | None]
) -> Iterator[TextForecast]:
    groups: defaultdict[tuple[str, bool, str], list[AudienceSegment]] = defaultdict(list)
    for segment in members:
        own = served(segment.locale)
        locale = own or campaign.home_locale
        words = campaign.words.get(locale, {})
        groups[locale, own is None, variants.variant_for(words, segment.audience, segment.region)].append(segment)
    for (locale, fallback, variant), inside in sorted(groups.items()):
        yield TextForecast(
            locale=locale,
            fallback=fallback,
            variant=variant,
            devices=sum(segment.devices for segment in inside),
            topics=sum(segment.is_topic for segment in inside),
            skipped=sum(segment.devices for segment in inside if segment.zone in skipped),
        )


def _languages(
    campaign: Campaign, members: list[AudienceSegment], skipped: set[str], served: Callable[[str], str | None]
) -> Iterator[LanguageForecast]:
    groups: defaultdict[tuple[str, str], list[AudienceSegment]] = defaultdict(list)
    for segment in members:
        groups[segment.country, segment.locale].append(segment)
    for (country, locale), inside in sorted(groups.items()):
        text = served(locale)
        yield LanguageForecast(
            country=country,
            locale=locale,
            served=text or campaign.home_locale,
            fallback=text is None,
            devices=sum(segment.devices for segment in inside),
            topics=sum(segment.is_topic for segment in inside),
            skipped=sum(segment.devices for segment in inside if segment.zone in skipped),
        )


def document(said: Forecast) -> dict[str, object]:
    """Return what `campaign forecast` prints: instants in RFC 3339, and numbers of installations as people are shown them.

    A number is rounded down to tens; one below 20 is None.
    """
    return {
        "devices": audience.rounded(said.devices),
        "topics": said.topics,
        "feed_only": said.feed_only,
        "opens_at": rfc3339(said.opens_at) if said.opens_at else None,
        "all_sent_at": rfc3339(ended) if (ended := all_sent_at(said)) else None,
        "delayed": audience.rounded(said.delayed),
        "skipped": audience.rounded(said.skipped),
        "zones": [
            {
                "zone": zone.zone or None,
                "planned_at": rfc3339(zone.planned_at),
                "due_at": rfc3339(zone.due_at) if zone.due_at else None,
                "delay": zone.delay.value or None,
                "devices": audience.rounded(zone.devices),
                "topics": zone.topics,
            }
            for zone in said.zones
        ],
        "languages": [
            {
                "country": language.country,
                "locale": language.locale,
                "served": language.served,
                "fallback": language.fallback,
                "devices": audience.rounded(language.devices),
                "topics": language.topics,
                "skipped": audience.rounded(language.skipped),
            }
            for language in said.languages
        ],
        "texts": [
            {
                "locale": text.locale,
                "fallback": text.fallback,
                "variant": text.variant or None,
                "devices": audience.rounded(text.devices),
                "topics": text.topics,
                "skipped": audience.rounded(text.skipped),
            }
            for text in said.texts
        ],
    }
