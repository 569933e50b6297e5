"""Who is meant: from a campaign's audience to segments and topics, and how many installations, told in round numbers."""

from __future__ import annotations

from django.db.models import Count, Q

from content.compiling import fallback
from core.errors import Conflict
from notifications import cap
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.segment import ANY_PLATFORM, Segment

#: Fewer than this could be one school class or one family: nobody may aim at them.
FEWEST = 20


class TooFew(Conflict):
    """The audience has fewer than 20 registrations: an alert is never aimed at so few."""

    code = "too-few"


class NotForReaders(Conflict):
    """An exercise or test goes only to the apps of test devices."""

    code = "test-devices-only"


def apps(campaign: Campaign) -> list[App]:
    """Return the campaign's apps; NotForReaders when anything but Actual would reach an app that is not for test devices."""
    found = list(App.objects.named(campaign.apps, actual=campaign.status == cap.Status.ACTUAL))
    if campaign.status != cap.Status.ACTUAL and not all(app.test for app in found):
        raise NotForReaders()
    return found


def segments(campaign: Campaign) -> list[Segment]:
    """Return every segment whose registrations the campaign is pushed to."""
    return [segment for segment in _chosen(campaign) if _mode(segment) == PushMode.REGISTRATIONS and segment.platform]


def topics(campaign: Campaign) -> list[Segment]:
    """Return every topic that the campaign is sent to; none when it was submitted without a message for topics.

    That is so where an app has come to topics since: what was approved was the feed, and the feed it is.
    """
    if campaign.state != CampaignState.DRAFT and not campaign.messages.filter(platform=ANY_PLATFORM).exists():
        return []
    return [segment for segment in _chosen(campaign) if _mode(segment) == PushMode.TOPICS and not segment.platform]


def _chosen(campaign: Campaign) -> list[Segment]:
    """Return every segment that fits the audience, whatever the mode of its app."""
    query = Q(app__in=apps(campaign))
    for column, field in (("countries", "country"), ("regions", "region"), ("audiences", "audience")):
        if getattr(campaign, column) != ALL:
            query &= Q(**{f"{field}__in": getattr(campaign, column)})
    return [
        segment
        for segment in Segment.objects.filter(query).select_related("app").order_by("id")
        if _speaks(campaign, segment.locale)
    ]


def _mode(segment: Segment) -> PushMode:
    return segment.app.mode_in(segment.country)


def _speaks(campaign: Campaign, locale: str) -> bool:
    """Tell whether a locale is one of the audience's, or another variant of one in the same script."""
    if campaign.locales == ALL or locale in campaign.locales:
        return True
    return locale != "und" and fallback.match_accept_language(locale, campaign.locales) is not None


def stores_addresses(campaign: Campaign) -> bool:
    """Tell whether any of its apps stores addresses anywhere; if none does, it is for topics or for the feed alone."""
    return _has_mode(campaign, PushMode.REGISTRATIONS)


def has_topics(campaign: Campaign) -> bool:
    """Tell whether any of its apps uses topics anywhere, so that there has to be a message for them."""
    return _has_mode(campaign, PushMode.TOPICS)


def _has_mode(campaign: Campaign, mode: PushMode) -> bool:
    named = App.objects.named(campaign.apps, actual=campaign.status == cap.Status.ACTUAL)
    return any(mode in (app.push_mode, *app.mode_by_country.values()) for app in named)


def check_size(campaign: Campaign, *, devices: int, topics: int) -> None:
    """Refuse (TooFew) an audience of fewer than 20 registrations; nobody can count the phones behind a topic.

    A campaign that goes to topics and to no registration at all is allowed, and so is one for the feed alone.
    """
    nobody = not devices and not topics and stores_addresses(campaign)
    if nobody or 0 < devices < FEWEST:
        raise TooFew()


def reach(campaign: Campaign) -> dict[str, object]:
    """Return how many installations would be pushed to now, rounded down to tens, by country and locale.

    A number below 20 is given as None: fewer than 20. Topics are told as they are: each is any number of phones, or none.
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
    return number // 10 * 10 if number >= FEWEST else None
