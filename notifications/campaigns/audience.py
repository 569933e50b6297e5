"""A campaign's audience: its segments and topics, its size in round numbers, and when it is first due."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, Q

from content.compiling import fallback
from core.errors import Conflict
from notifications import cap
from notifications.campaigns import schedule
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.segment import ANY_PLATFORM, Segment

#: Registrations. A smaller audience could be one school class or one family.
MIN_AUDIENCE = 20
#: How long before its first due instant a campaign's audience is frozen.
FREEZE_AHEAD = timedelta(minutes=5)


class TooFew(Conflict):
    """The audience has fewer than 20 registrations. Alerts are never sent to so few."""

    code = "too-few"


class NotForReaders(Conflict):
    """An exercise or test can only be sent to the apps of test devices."""

    code = "test-devices-only"


def apps(campaign: Campaign) -> list[App]:
    """Return the campaign's apps; raises NotForReaders when an alert that is not Actual names an app for readers."""
    found = list(App.objects.named(campaign.apps, actual=campaign.status == cap.AlertStatus.ACTUAL))
    if campaign.status != cap.AlertStatus.ACTUAL and not all(app.test for app in found):
        raise NotForReaders()
    return found


def segments(campaign: Campaign) -> list[Segment]:
    """Return the segments whose registrations the campaign is sent to."""
    return [segment for segment in _chosen(campaign) if _mode(segment) == PushMode.REGISTRATIONS and segment.platform]


def topics(campaign: Campaign) -> list[Segment]:
    """Return the topics that the campaign is sent to; none when it was submitted without a message for topics.

    That happens when an app changed to topics after the submission: only the feed was approved.
    """
    if campaign.state != CampaignState.DRAFT and not campaign.messages.filter(platform=ANY_PLATFORM).exists():
        return []
    return [segment for segment in _chosen(campaign) if _mode(segment) == PushMode.TOPICS and not segment.platform]


def _chosen(campaign: Campaign) -> list[Segment]:
    """Return the segments that match the audience, whatever the push mode of their app."""
    query = Q(app__in=apps(campaign))
    for column, field in (("countries", "country"), ("regions", "region"), ("audiences", "audience")):
        if getattr(campaign, column) != ALL:
            query &= Q(**{f"{field}__in": getattr(campaign, column)})
    return [
        segment
        for segment in Segment.objects.filter(query).select_related("app").order_by("id")
        if _includes_locale(campaign, segment.locale)
    ]


def _mode(segment: Segment) -> PushMode:
    return segment.app.mode_in(segment.country)


def _includes_locale(campaign: Campaign, locale: str) -> bool:
    """Return whether a locale is one of the audience's, or another variant of one in the same script."""
    if campaign.locales == ALL or locale in campaign.locales:
        return True
    return locale != "und" and fallback.match_accept_language(locale, campaign.locales) is not None


def first_due(campaign: Campaign, *, at: datetime) -> datetime:
    """Return the first instant at which an installation or topic is due; a campaign for the feed alone uses its home zone."""
    pushed = [*segments(campaign), *topics(campaign)]
    zones = {segment.zone for segment in pushed} or {campaign.home_zone}
    due = [instant for zone in zones if (instant := schedule.due_at(campaign, zone, at=at)) is not None]
    return min(due, default=at)


def stores_addresses(campaign: Campaign) -> bool:
    """Return whether any of its apps stores addresses in some country."""
    return _has_mode(campaign, PushMode.REGISTRATIONS)


def has_topics(campaign: Campaign) -> bool:
    """Return whether any of its apps uses topics in some country, so that it needs messages to topics."""
    return _has_mode(campaign, PushMode.TOPICS)


def _has_mode(campaign: Campaign, mode: PushMode) -> bool:
    named = App.objects.named(campaign.apps, actual=campaign.status == cap.AlertStatus.ACTUAL)
    return any(mode in (app.push_mode, *app.mode_by_country.values()) for app in named)


def check_size(campaign: Campaign, *, devices: int, topics: int) -> None:
    """Raise TooFew for an audience of fewer than 20 registrations; the phones behind a topic cannot be counted.

    A campaign that is sent to topics and to no registration is allowed, and so is one for the feed alone.
    """
    empty = not devices and not topics and stores_addresses(campaign)
    if empty or 0 < devices < MIN_AUDIENCE:
        raise TooFew()


def reach(campaign: Campaign) -> dict[str, object]:
    """Return how many installations the campaign would be sent to now, rounded down to tens, by country and locale.

    A number below 20 is None. The number of topics is exact: each topic is any number of phones, or none.
    """
    chosen = [segment.pk for segment in segments(campaign)]
    rows = (
        Segment.objects.filter(pk__in=chosen)
        .values("country", "locale")
        .annotate(devices=Count("registrations", filter=Q(registrations__gone_at=None)))
        .order_by("country", "locale")
    )
    return {
        "stored": stores_addresses(campaign),
        "devices": rounded(sum(row["devices"] for row in rows)),
        "topics": len(topics(campaign)),
        "by": [{**row, "devices": rounded(row["devices"])} for row in rows if row["devices"]],
    }


def rounded(number: int) -> int | None:
    """Return the number rounded down to tens, or None below 20."""
    return number // 10 * 10 if number >= MIN_AUDIENCE else None
