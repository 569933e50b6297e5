"""The feed: the approved texts of alerts, public from their first due instant on, unless a person stopped them.

Each country's feed opens at the first due instant in that country, and an alert without a country at the first of all. The feed
has one entry for each thread, the newest revision that has opened. Earlier revisions say which alert supersedes them. A stop
removes every revision of the thread that was in the feed, or about to be, at that instant. While an alert is paused, halted or
on hold it opens in no further country.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, TypedDict

from content.terms import Recipient
from core.errors import Gone, NotFound, NotHeld
from core.instants import rfc3339
from notifications.campaigns import texts, variants
from notifications.campaigns.texts import ShownText
from notifications.models.campaign import ALL, Campaign

#: Alerts on one page.
MAX_PAGE = 100

#: The columns that responses are made of.
FIELDS = (
    *("id", "thread_id", "references_id", "rev", "kind", "status", "severity", "urgency", "certainty", "words", "home_locale"),
    *("audiences", "services", "named_services", "tips", "handouts", "handout_situations", "countries", "regions"),
    *("submitted_at", "starts_at", "openings", "not_after"),
)
_TIMES = ("submitted_at", "starts_at", "not_after")
#: An id in the one form that responses have: "01" and digits of other scripts would be further addresses of the same alert.
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class AlertLocale(TypedDict):
    """The locale that was requested, None for none, the one that is served, and why they differ."""

    requested: str | None
    served: str
    reason: Literal["not-translated"] | None


class FeedAlert(TypedDict):
    """One alert in one language, as clients receive it; instants are RFC 3339."""

    id: str
    thread: str
    rev: int
    references: str | None
    superseded_by: str | None
    kind: str
    status: str
    severity: str
    urgency: str
    certainty: str
    locales: list[str]
    locale: AlertLocale
    lang: str
    dir: str
    outer: ShownText
    title: str
    body: str
    services: list[str]
    tip: str | None
    handouts: list[str]
    handout_situations: list[str]
    countries: list[str] | None
    regions: list[str] | None
    audiences: list[str]
    sent: str
    opens: str
    expires: str


class NoSuchAlert(NotFound):
    """There is no such alert."""

    code = "no-such-alert"


class AlertNotHeld(NotHeld):
    """The alert is not in memory: it is older than those that are, or opened since the last look at the database."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class AlertStopped(Gone):
    """This alert was stopped."""

    code = "alert-stopped"


@dataclass(frozen=True)
class Feed:
    """The feed as plain values: approved alerts, newest first, and the opening times of those that a stop removed."""

    campaigns: tuple[Campaign, ...] = ()
    stopped: Mapping[int, datetime] = field(default_factory=dict)
    #: The feed is complete from this instant on, which is not included; None if it is complete.
    complete_since: datetime | None = None
    #: Read from the tables for one request: an alert that is not in it does not exist.
    fresh: bool = False

    @cached_property
    def _openings(self) -> dict[int, dict[str, datetime | None]]:
        """Return the openings of the countries that do not open with the first, by campaign; None: never."""
        return {
            campaign.pk: {
                country: datetime.fromisoformat(opens) if opens else None for country, opens in campaign.openings.items()
            }
            for campaign in self.campaigns
            if campaign.openings
        }

    @cached_property
    def _moments(self) -> list[datetime]:
        """Return, in order, every instant at which the feed changes by the clock."""
        moments = {moment for campaign in self.campaigns for moment in (first_opening(campaign), campaign.not_after)}
        moments |= {moment for opens in self._openings.values() for moment in opens.values() if moment}
        return sorted(moments | set(self.stopped.values()))

    def opens(self, campaign: Campaign, country: str | None) -> datetime | None:
        """Return when the campaign is in the feed of the country (None: of any) for the first time; None: never."""
        first = first_opening(campaign)
        return first if country is None else self._openings.get(campaign.pk, {}).get(country, first)

    def alerts(
        self,
        *,
        country: str,
        audience: str | None,
        locale: str,
        at: datetime,
        region: str | None = None,
        before: datetime | None = None,
        limit: int = 50,
    ) -> list[FeedAlert]:
        """Return the alerts of a country for an audience (None: any), the newest first and one for each thread.

        A region chooses the text, and leaves no alert out.

        Without `before` returns the unexpired ones; with it, those that opened before that instant, expired ones included.
        Raises NotHeld when earlier alerts, which are not in memory, may belong to the page.
        """
        limit = max(0, min(limit, MAX_PAGE))
        newest = self._newest_of_threads(country, at)
        found = [
            (opens, campaign)
            for opens, campaign in newest.values()
            if (campaign.not_after > at if before is None else opens < before)
            and _is_for(campaign.countries, country)
            and (audience is None or _is_for(campaign.audiences, audience))
        ]
        if before is not None and (since := self.complete_since) is not None:
            found = [(opens, campaign) for opens, campaign in found if opens > since]
            if len(found) < limit:
                raise NotHeld()
        found.sort(key=lambda one: (one[0], one[1].pk), reverse=True)
        return [_alert(campaign, locale, audience, region, opens=opens, superseded_by=None) for opens, campaign in found[:limit]]

    def alert(
        self,
        number: str | int,
        *,
        locale: str,
        at: datetime,
        audience: str | None = None,
        region: str | None = None,
        country: str | None = None,
    ) -> FeedAlert:
        """Return one alert, also an expired or a superseded one; with a country, as its readers may read it.

        Raises NoSuchAlert before it opens, AlertStopped once a stop removed it, AlertNotHeld where only the tables can tell.
        """
        wanted = int(number) if _NUMBER.fullmatch(str(number)) else None
        for campaign in self.campaigns:
            if campaign.pk == wanted and (opens := self.opens(campaign, country)) is not None and opens <= at:
                _, newest = self._newest_of_threads(country, at)[campaign.alert]
                by = None if newest is campaign else newest
                return _alert(campaign, locale, audience, region, opens=opens, superseded_by=by)
        if wanted is not None and wanted in self.stopped and self.stopped[wanted] <= at:
            raise AlertStopped()
        if wanted is not None and not self.fresh and all(campaign.pk != wanted for campaign in self.campaigns):
            raise AlertNotHeld(wanted)
        raise NoSuchAlert()

    def current(self, number: str | int, *, locale: str, at: datetime, region: str | None = None) -> FeedAlert:
        """Return the newest revision of the alert's thread that has opened; raises as `alert` does for this one."""
        found = self.alert(number, locale=locale, at=at, region=region)
        return self.alert(found["superseded_by"], locale=locale, at=at, region=region) if found["superseded_by"] else found

    def earlier(self, alert: FeedAlert, *, at: datetime, country: str | None = None) -> list[FeedAlert]:
        """Return the alerts of the same thread that this one follows and that have opened, the oldest first."""
        before = [
            (_rev(campaign), opens, campaign)
            for campaign in self.campaigns
            if str(campaign.alert) == alert["thread"]
            and _rev(campaign) < alert["rev"]
            and (opens := self.opens(campaign, country)) is not None
            and opens <= at
        ]
        return [
            _alert(campaign, campaign.home_locale, None, None, opens=opens, superseded_by=None)
            for _, opens, campaign in sorted(before, key=lambda one: one[0])
        ]

    def regions_with_text(self, number: str | int) -> dict[str, list[str]]:
        """Return the regions that have a text of their own in an alert, by locale, for the readers that `alert` chooses."""
        campaign = next(campaign for campaign in self.campaigns if campaign.pk == int(number))
        reader = _only_reader(campaign)
        found = {locale: variants.regions_with_text(words, reader) for locale, words in campaign.words.items()}
        return {locale: regions for locale, regions in found.items() if regions}

    def _newest_of_threads(self, country: str | None, at: datetime) -> dict[int, tuple[datetime, Campaign]]:
        """Return the highest revision of each thread that has opened, with its opening, by the id of the thread's first alert."""
        newest: dict[int, tuple[datetime, Campaign]] = {}
        for campaign in self.campaigns:
            opens = self.opens(campaign, country)
            if opens is None or opens > at:
                continue
            if campaign.alert not in newest or _rev(campaign) > _rev(newest[campaign.alert][1]):
                newest[campaign.alert] = opens, campaign
        return newest

    def changes_at(self, at: datetime) -> datetime | None:
        """Return the next instant at which an alert opens or expires by the clock, or None."""
        place = bisect_right(self._moments, at)
        return self._moments[place] if place < len(self._moments) else None

    def rows(self) -> dict[str, Any]:
        """Return the feed as values that can be written as JSON; `from_rows` reads them."""
        return {
            "campaigns": [{name: getattr(campaign, name) for name in FIELDS} for campaign in self.campaigns],
            "stopped": [[number, opens] for number, opens in self.stopped.items()],
            "complete_since": self.complete_since,
        }


def from_rows(rows: Mapping[str, Any]) -> Feed:
    """Return the feed that `Feed.rows` described, after a round trip through JSON."""
    return Feed(
        campaigns=tuple(
            Campaign(**{**row, **{name: datetime.fromisoformat(row[name]) for name in _TIMES}}) for row in rows["campaigns"]
        ),
        stopped={number: datetime.fromisoformat(opens) for number, opens in rows["stopped"]},
        complete_since=datetime.fromisoformat(rows["complete_since"]) if rows["complete_since"] else None,
    )


def first_opening(campaign: Campaign) -> datetime:
    """Return when a planned campaign opens in the first of its countries."""
    assert campaign.starts_at is not None
    return campaign.starts_at


def _rev(campaign: Campaign) -> int:
    assert campaign.rev is not None
    return campaign.rev


def _is_for(named: list[str], wanted: str) -> bool:
    return named == ALL or wanted in named


def _reader(campaign: Campaign) -> str:
    """Return the audience whose tip is shown where a reader names none."""
    return str(Recipient.PARENT if campaign.audiences == ALL else campaign.audiences[0])


def _only_reader(campaign: Campaign) -> str:
    """Return the audience of a campaign that has one alone, else "": who names no audience gets the text for everyone."""
    return campaign.audiences[0] if campaign.audiences != ALL and len(campaign.audiences) == 1 else ""


def _alert(
    campaign: Campaign,
    locale: str,
    audience: str | None,
    region: str | None,
    *,
    opens: datetime,
    superseded_by: Campaign | None,
) -> FeedAlert:
    """Return one alert in the reader's locale or, labelled as such, in the campaign's home locale."""
    found = texts.served(campaign, locale)
    served = found or campaign.home_locale
    reader = audience or _reader(campaign)
    shown = texts.text(campaign, served, audience or _only_reader(campaign), region or "")
    assert campaign.submitted_at is not None
    return {
        "id": str(campaign.pk),
        "thread": str(campaign.alert),
        "rev": _rev(campaign),
        "references": str(campaign.references_id) if campaign.references_id else None,
        "superseded_by": str(superseded_by.pk) if superseded_by else None,
        "kind": campaign.kind,
        "status": campaign.status,
        "severity": campaign.severity,
        "urgency": campaign.urgency,
        "certainty": campaign.certainty,
        "locales": sorted(campaign.words),
        "locale": {"requested": locale, "served": served, "reason": None if found else "not-translated"},
        "lang": served,
        "dir": texts.direction(served),
        "outer": shown["outer"],
        "title": shown["inner"]["title"],
        "body": shown["inner"]["body"],
        "services": campaign.services,
        "tip": campaign.tips.get(reader),
        "handouts": campaign.handouts,
        "handout_situations": campaign.handout_situations,
        "countries": None if campaign.countries == ALL else campaign.countries,
        "regions": None if campaign.regions == ALL else campaign.regions,
        "audiences": Recipient.values if campaign.audiences == ALL else campaign.audiences,
        "sent": rfc3339(campaign.submitted_at),
        "opens": rfc3339(opens),
        "expires": rfc3339(campaign.not_after),
    }
