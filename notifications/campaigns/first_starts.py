"""When campaigns would first be sent, for pages that show many of them: a few queries, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, Sum

from notifications.campaigns import audience, schedule
from notifications.campaigns.audience import AudienceSegment
from notifications.models.app import App
from notifications.models.campaign import ALL, Campaign, ScheduleKind
from notifications.models.segment import ANY_PLATFORM, Platform, Segment

#: Columns that are read only where a campaign limits its audience by them. An app has ten thousand topics, which differ least in
#: country and zone.
_LIMITING = {"region": "regions", "audience": "audiences", "locale": "locales"}


class KnownZones:
    """The time zones of audiences: those of several campaigns are read together, and none is read twice for one page."""

    def __init__(self) -> None:
        self._zones: dict[str, frozenset[str]] = {}

    def of(self, campaigns: Collection[Campaign]) -> list[frozenset[str]]:
        """Return the zones in which each campaign has installations or topics; one query at most."""
        unknown = {key: campaign for campaign in campaigns if (key := _audience_key(campaign)) not in self._zones}
        if unknown:
            self._zones |= _read(unknown)
        return [self._zones[_audience_key(campaign)] for campaign in campaigns]


def first_starts(campaigns: Collection[Campaign], *, at: datetime, known: KnownZones | None = None) -> dict[int, datetime | None]:
    """Return the first due instant of each campaign by its id, if it may begin at `at`; None where nobody is due.

    It is what `forecast.of(campaign).opens_at` returns for one campaign. A frozen campaign has its instant already. `known` are
    the zones that were read before, for a page that asks more than once.
    """
    starts: dict[int, datetime | None] = {c.pk: c.starts_at for c in campaigns if c.starts_at is not None}
    others = [campaign for campaign in campaigns if campaign.pk not in starts]
    # An exact instant that nothing moves is the same in every zone.
    in_zones = [campaign for campaign in others if _depends_on_zones(campaign)]
    zones = dict(zip((campaign.pk for campaign in in_zones), (known or KnownZones()).of(in_zones), strict=True))
    for campaign in others:
        due = (schedule.due_at(campaign, zone, at=at) for zone in zones.get(campaign.pk) or (campaign.home_zone,))
        starts[campaign.pk] = min((instant for instant in due if instant is not None), default=None)
    return starts


def _depends_on_zones(campaign: Campaign) -> bool:
    return campaign.schedule_kind == ScheduleKind.LOCAL or not campaign.quiet_override


def _audience_key(campaign: Campaign) -> str:
    return repr((campaign.apps, campaign.countries, campaign.regions, campaign.audiences, campaign.locales, campaign.status))


def _read(campaigns: Mapping[str, Campaign]) -> dict[str, frozenset[str]]:
    """Return the zones of the audiences by key: one query for all, in which segments that no campaign tells apart are one row."""
    limiting = [column for column, values in _LIMITING.items() if any(getattr(one, values) != ALL for one in campaigns.values())]
    rows = (
        Segment.objects.filter(audience.within(campaigns.values()))
        .order_by()
        .annotate(is_topic=ExpressionWrapper(Q(platform=ANY_PLATFORM), output_field=BooleanField()))
        .values_list("app_id", "app__test", "app__push_mode", "app__mode_by_country", "country", "zone", "is_topic", *limiting)
        .annotate(devices=Sum("counts__devices"))
        .filter(Q(devices__gt=0) | Q(is_topic=True))
    )
    apps: dict[str, App] = {}
    by_country: defaultdict[str, list[AudienceSegment]] = defaultdict(list)
    for name, test, mode, modes, country, zone, is_topic, *named in rows:
        apps.setdefault(name, App(name=name, test=test, push_mode=mode, mode_by_country=modes))
        values = {**dict.fromkeys(_LIMITING, ""), **dict(zip(limiting, named, strict=False))}
        platform = ANY_PLATFORM if is_topic else Platform.ANDROID
        by_country[country].append(
            AudienceSegment(pk=0, app_id=name, project="", country=country, zone=zone, platform=platform, devices=0, **values)
        )
    return {key: _zones(campaign, by_country, apps.values()) for key, campaign in campaigns.items()}


def _zones(campaign: Campaign, by_country: Mapping[str, list[AudienceSegment]], apps: Collection[App]) -> frozenset[str]:
    """Return the zones in which the campaign has an audience."""
    is_chosen = audience.chooser(campaign, {app.name: app for app in audience.apps_named(campaign, apps)})
    countries = by_country if campaign.countries == ALL else campaign.countries
    return frozenset(one.zone for country in countries for one in by_country.get(country, ()) if is_chosen(one))
