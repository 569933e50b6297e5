"""The calendar: what was sent and what is planned, by month or week, country and audience."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q

from content.console.labels import choices, labels
from content.models import Country
from content.terms import WORLDWIDE, Recipient
from core.console.display import StatusTag, country_text, day_text
from core.console.pages import Page, page
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.schedule import is_exact
from notifications.console import campaign_display
from notifications.console.in_flight import sending_now
from notifications.console.rights import CAMPAIGN_READERS, CAMPAIGN_STAFF
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import ALL
from notifications.models.campaign_state import APPROVED_ON

S = CampaignState
#: Countries that an entry names before it counts the others.
_NAMED = 3


@dataclass(frozen=True)
class CalendarEntry:
    """One campaign on its day."""

    campaign: Campaign
    starts_at: datetime
    time: str
    readers: str
    tag: StatusTag


@dataclass(frozen=True)
class CalendarDay:
    """One day, with its campaigns in the order of their starts."""

    day: date
    #: The day with its weekday, for a list.
    title: str
    inside: bool
    today: bool
    entries: tuple[CalendarEntry, ...]
    #: Who gets several alerts on this day, such as "2 alerts for parents in the United Kingdom"; "" for nobody.
    crowded: str


@page("calendar/", "calendar", order=62)
class CalendarPage(Page):
    """A month or a week. The query string names a day in it, and may name a country and an audience."""

    template_name = "notifications/calendar.html"
    menu = "Calendar"
    menu_permissions = CAMPAIGN_STAFF
    reader_permissions = CAMPAIGN_READERS

    def load(self) -> None:
        self.zone = ZoneInfo(self.user.time_zone)
        self.today = self.at.astimezone(self.zone).date()
        self.weekly = self.request.GET.get("view") == "week"
        self.on = _day(self.request.GET.get("on", "")) or self.today
        self.country = self.request.GET.get("country", "")
        self.audience = self.request.GET.get("audience", "")

    def heading(self) -> str:
        days = self._days()
        return f"Week of {day_text(days[0])}" if self.weekly else f"{self.on:%B %Y}"

    def context(self) -> dict[str, Any]:
        days = self._days()
        entries = self._entries(days)
        shown = [self._calendar_day(day, entries[day]) for day in days]
        step = timedelta(days=7)
        before = self.on - step if self.weekly else self.on.replace(day=1) - timedelta(days=1)
        after = self.on + step if self.weekly else self.on.replace(day=28) + step
        codes = Country.objects.exclude(code=WORLDWIDE).values_list("code", flat=True)
        return {
            "weeks": [shown[start : start + 7] for start in range(0, len(shown), 7)],
            "weekdays": [f"{day:%A}" for day in days[:7]],
            "any": any(day.entries for day in shown),
            "weekly": self.weekly,
            "on": self.on,
            "previous": self._link(on=before),
            "next": self._link(on=after),
            "this": self._link(on=self.today),
            "other_view": self._link(weekly=not self.weekly),
            "countries": sorted(((code, country_text(code)) for code in codes), key=lambda choice: choice[1]),
            "audiences": choices(Recipient),
            "country": self.country,
            "audience": self.audience,
        }

    def _days(self) -> list[date]:
        if self.weekly:
            monday = self.on - timedelta(days=self.on.weekday())
            return [monday + timedelta(days=number) for number in range(7)]
        return list(Calendar().itermonthdates(self.on.year, self.on.month))

    def _link(self, *, on: date | None = None, weekly: bool | None = None) -> str:
        view = "week" if (self.weekly if weekly is None else weekly) else "month"
        query = {"view": view, "on": (on or self.on).isoformat(), "country": self.country, "audience": self.audience}
        return "?" + urlencode({name: value for name, value in query.items() if value})

    def _entries(self, days: list[date]) -> dict[date, list[CalendarEntry]]:
        """Return the campaigns that start on these days."""
        first = datetime.combine(days[0], time.min, self.zone).astimezone(UTC)
        last = datetime.combine(days[-1] + timedelta(days=1), time.min, self.zone).astimezone(UTC)
        begun = Q(state__in=APPROVED_ON, starts_at__gte=first, starts_at__lt=last)
        planned = Q(state__in=(S.SUBMITTED, S.APPROVED), starts_at=None, not_after__gt=first)
        found = Campaign.objects.filter(begun | planned).exclude(state=S.EXPIRED, starts_at=None)
        if self.country:
            found = found.filter(Q(countries__contains=[self.country]) | Q(countries=ALL))
        if self.audience:
            found = found.filter(Q(audiences__contains=[self.audience]) | Q(audiences=ALL))
        campaigns = list(found.order_by("pk"))
        starts = first_starts(campaigns, at=self.at, known=sending_now(self.user, at=self.at).zones)
        by_day: dict[date, list[CalendarEntry]] = defaultdict(list)
        for campaign in campaigns:
            if (instant := starts[campaign.pk]) is not None:
                by_day[instant.astimezone(self.zone).date()].append(self._entry(campaign, instant))
        return by_day

    def _entry(self, campaign: Campaign, instant: datetime) -> CalendarEntry:
        there = instant.astimezone(self.zone)
        shown = f"{there:{'%H:%M:%S' if is_exact(campaign) or there.second else '%H:%M'}}"
        return CalendarEntry(campaign, instant, shown, readers_text(campaign), campaign_display.state_tag(campaign))

    def _calendar_day(self, day: date, entries: Iterable[CalendarEntry]) -> CalendarDay:
        ordered = tuple(sorted(entries, key=lambda entry: (entry.starts_at, entry.campaign.pk)))
        inside = self.weekly or day.month == self.on.month
        return CalendarDay(day, day_text(day), inside, day == self.today, ordered, _crowded(ordered))


def readers_text(campaign: Campaign) -> str:
    """Say who a campaign is for, such as "Parents, teenagers: France, United Kingdom"."""
    who = "Everyone" if campaign.audiences == ALL else labels("recipient", campaign.audiences)
    # A draft may be incomplete.
    found = [part for part in (who, places_text(campaign)) if part]
    return ": ".join(found) or "Not chosen yet"


def places_text(campaign: Campaign) -> str:
    """Say which countries a campaign is for; a long list is shortened."""
    if campaign.countries == ALL:
        return "every country"
    names = [country_text(code) for code in campaign.countries]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _crowded(entries: Iterable[CalendarEntry]) -> str:
    """Say which readers get more than one alert for real readers."""
    counts: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        campaign = entry.campaign
        if campaign.status == "Actual" and campaign.state not in (S.STOPPED, S.EXPIRED):
            audiences = Recipient.values if campaign.audiences == ALL else campaign.audiences
            counts.update((country, audience) for country in campaign.countries for audience in audiences)
    found = [
        f"{number} alerts for {labels('recipient', [audience]).lower()}: {_place_text(country)}"
        for (country, audience), number in sorted(counts.items())
        if number > 1
    ]
    return "; ".join(found[:_NAMED])


def _place_text(country: str) -> str:
    return "every country" if [country] == ALL else country_text(country)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 < found.year < 2200 else None
