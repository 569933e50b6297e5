"""When campaigns would first be sent, for pages that show many of them: a few queries, whatever their number."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cached_property

from django.db.models import F, Q, Sum

from notifications.campaigns import audience, schedule
from notifications.campaigns.audience import AudienceSegment
from notifications.models.app import App
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.segment import ANY_PLATFORM, Platform, Segment


class KnownSegments:
    """The apps and the segments of all installations, read once and not before a start depends on them."""

    @cached_property
    def found(self) -> tuple[list[App], list[AudienceSegment]]:
        """The apps and the segments; one query."""
        return _read()


def first_starts(
    campaigns: Collection[Campaign], *, at: datetime, known: KnownSegments | None = None
) -> dict[int, datetime | None]:
    """Return the first due instant of each campaign by its id, if it may begin at `at`; None where nobody is due.

    It is what `forecast.of(campaign).opens_at` returns for one campaign. A frozen campaign has its instant already. `known` are
    the segments, for a page that asks more than once.
    """
    starts: dict[int, datetime | None] = {c.pk: c.starts_at for c in campaigns if c.starts_at is not None}
    others = [campaign for campaign in campaigns if campaign.pk not in starts]
    # An exact instant that nothing moves is the same in every zone.
    known = known or KnownSegments()
    apps, segments = known.found if any(_depends_on_zones(campaign) for campaign in others) else ([], [])
    zones_of: dict[str, set[str]] = {}
    for campaign in others:
        key = repr((campaign.apps, campaign.countries, campaign.regions, campaign.audiences, campaign.locales, campaign.status))
        if key not in zones_of:
            zones_of[key] = _zones(campaign, segments, apps) or {campaign.home_zone}
        due = (schedule.due_at(campaign, zone, at=at) for zone in zones_of[key])
        starts[campaign.pk] = min((instant for instant in due if instant is not None), default=None)
    return starts


def _depends_on_zones(campaign: Campaign) -> bool:
    return campaign.schedule_kind == ScheduleKind.LOCAL or not campaign.quiet_override


def _read() -> tuple[list[App], list[AudienceSegment]]:
    """Return the apps, and the segments with installations and the topics, in one query; segments that differ in nothing once."""
    rows = (
        Segment.objects.order_by()
        .values_list("app_id", "country", "region", "audience", "locale", "zone", "platform")
        .annotate(test=F("app__test"), mode=F("app__push_mode"), modes=F("app__mode_by_country"), devices=Sum("counts__devices"))
        .filter(Q(devices__gt=0) | Q(platform=ANY_PLATFORM))
    )
    apps: dict[str, App] = {}
    segments = set()
    for app, country, region, readers, locale, zone, platform, test, mode, modes, _ in rows:
        apps.setdefault(app, App(name=app, test=test, push_mode=mode, mode_by_country=modes))
        known = AudienceSegment(
            pk=0, app_id=app, project="", country=country, region=region, locale=locale, audience=readers, zone=zone,
            platform=ANY_PLATFORM if platform == ANY_PLATFORM else Platform.ANDROID, devices=0,
        )  # fmt: skip
        segments.add(known)
    return list(apps.values()), list(segments)


def _zones(campaign: Campaign, segments: Iterable[AudienceSegment], apps: Iterable[App]) -> set[str]:
    """Return the zones in which the campaign has an audience."""
    is_chosen = audience.chooser(campaign, {app.name: app for app in audience.apps_named(campaign, apps)})
    return {segment.zone for segment in segments if is_chosen(segment)}
