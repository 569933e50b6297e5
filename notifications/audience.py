"""Who is meant: from a campaign's audience to segments, and how many installations that is, told in round numbers."""

from __future__ import annotations

from django.db.models import Count, Q

from content import fallback
from core.errors import Conflict
from notifications import cap
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign
from notifications.models.segment import Segment

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
    """Return every segment that the campaign is pushed to; where an app stores no addresses there is the feed."""
    query = Q(app__in=apps(campaign))
    for column, field in (("countries", "country"), ("regions", "region"), ("audiences", "audience")):
        if getattr(campaign, column) != ALL:
            query &= Q(**{f"{field}__in": getattr(campaign, column)})
    return [
        segment
        for segment in Segment.objects.filter(query).select_related("app").order_by("id")
        if segment.app.mode_in(segment.country) == PushMode.REGISTRATIONS and _speaks(campaign, segment.locale)
    ]


def _speaks(campaign: Campaign, locale: str) -> bool:
    """Tell whether a locale is one of the audience's, or another variant of one in the same script."""
    if campaign.locales == ALL or locale in campaign.locales:
        return True
    return locale != "und" and fallback.match_accept_language(locale, campaign.locales) is not None


def is_pushed(campaign: Campaign) -> bool:
    """Tell whether any of its apps stores addresses anywhere; if none does, the campaign is for the feed alone."""
    return any(PushMode.REGISTRATIONS in (app.push_mode, *app.mode_by_country.values()) for app in apps(campaign))


def reach(campaign: Campaign) -> dict[str, object]:
    """Return how many installations would be pushed to now, rounded down to tens, by country and locale.

    A number below 20 is given as None: fewer than 20.
    """
    chosen = [segment.pk for segment in segments(campaign)]
    rows = (
        Segment.objects.filter(pk__in=chosen)
        .values("country", "locale")
        .annotate(devices=Count("registrations", filter=Q(registrations__gone_at=None)))
        .order_by("country", "locale")
    )
    return {
        "devices": rounded(sum(row["devices"] for row in rows)),
        "by": [{**row, "devices": rounded(row["devices"])} for row in rows if row["devices"]],
    }


def rounded(number: int) -> int | None:
    """Return the number rounded down to tens, or None below 20."""
    return number // 10 * 10 if number >= FEWEST else None
