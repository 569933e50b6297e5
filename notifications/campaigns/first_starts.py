"""When campaigns would first be sent, for pages that show many of them: a few queries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q, Sum

from notifications import cap
from notifications.campaigns import audience, schedule
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign, ScheduleKind
from notifications.models.segment import ANY_PLATFORM, Segment


class _Place(NamedTuple):
    """What a campaign chooses segments by, and their zone; only places with installations or a topic."""

    app: str
    country: str
    region: str
    audience: str
    locale: str
    zone: str
    is_topic: bool


def first_starts(campaigns: Collection[Campaign], *, at: datetime) -> dict[int, datetime | None]:
    """Return the first due instant of each campaign by its id, if it may begin at `at`; None where nobody is due.

    It is what `forecast.of(campaign).opens_at` returns for one campaign. A frozen campaign has its instant already.
    """
    starts: dict[int, datetime | None] = {c.pk: c.starts_at for c in campaigns if c.starts_at is not None}
    others = [campaign for campaign in campaigns if campaign.pk not in starts]
    # An exact instant that nothing moves is the same in every zone.
    apps, places = _read() if any(_depends_on_zones(campaign) for campaign in others) else ({}, [])
    zones_of: dict[str, set[str]] = {}
    for campaign in others:
        key = repr((campaign.apps, campaign.countries, campaign.regions, campaign.audiences, campaign.locales, campaign.status))
        if key not in zones_of:
            zones_of[key] = _zones(campaign, places, apps) or {campaign.home_zone}
        due = (schedule.due_at(campaign, zone, at=at) for zone in zones_of[key])
        starts[campaign.pk] = min((instant for instant in due if instant is not None), default=None)
    return starts


def _depends_on_zones(campaign: Campaign) -> bool:
    return campaign.schedule_kind == ScheduleKind.LOCAL or not campaign.quiet_override


def _read() -> tuple[dict[str, App], list[_Place]]:
    """Return the apps by name and the places, in one query."""
    rows = (
        Segment.objects.order_by()
        .values_list("app_id", "country", "region", "audience", "locale", "zone", "platform")
        .annotate(test=F("app__test"), mode=F("app__push_mode"), modes=F("app__mode_by_country"), devices=Sum("counts__devices"))
        .filter(Q(devices__gt=0) | Q(platform=ANY_PLATFORM))
    )
    apps: dict[str, App] = {}
    places = []
    for app, country, region, readers, locale, zone, platform, test, mode, modes, _ in rows:
        apps.setdefault(app, App(name=app, test=test, push_mode=mode, mode_by_country=modes))
        places.append(_Place(app, country, region, readers, locale, zone, platform == ANY_PLATFORM))
    return apps, places


def _zones(campaign: Campaign, places: Iterable[_Place], apps: Mapping[str, App]) -> set[str]:
    """Return the zones in which the campaign has an audience."""
    actual = campaign.status == cap.AlertStatus.ACTUAL
    chosen = {name for name, app in apps.items() if (app.test != actual if campaign.apps == ALL else name in campaign.apps)}
    reads = audience.reader_of(campaign)
    modes = {True: PushMode.TOPICS, False: PushMode.REGISTRATIONS}
    return {
        place.zone
        for place in places
        if place.app in chosen
        and _includes(campaign.countries, place.country)
        and _includes(campaign.regions, place.region)
        and _includes(campaign.audiences, place.audience)
        and apps[place.app].mode_in(place.country) == modes[place.is_topic]
        and reads(place.locale)
    }


def _includes(named: list[str], value: str) -> bool:
    return named == ALL or value in named
