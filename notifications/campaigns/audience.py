"""A campaign's audience: its apps, its segments and topics, and its size, from counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from content.compiling import fallback
from core.errors import Conflict, Invalid
from notifications import cap
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.segment import ANY_PLATFORM, Segment

#: Registrations. A smaller audience could be one school class or one family.
MIN_AUDIENCE = 20
#: Above this many, the author and the approver each enter the number, to confirm that so many are meant.
CONFIRM_ABOVE = 100_000
#: By how much the number may have changed since it was entered: people register while others read.
_CONFIRMED_WITHIN = 1.1


class TooFew(Conflict):
    """Fewer than 20 phones are in this audience, and an alert is never sent to so few."""

    code = "too-few"


class WrongApps(Invalid):
    """The campaign names apps that an alert of its status is not sent to."""

    code = "wrong-apps"


class NotForReaders(WrongApps):
    """An exercise or test can only be sent to the apps of test phones."""

    code = "test-devices-only"


class NotForTestDevices(WrongApps):
    """An alert with the status Actual cannot be sent to the apps of test phones. Choose the status Exercise or Test."""

    code = "readers-only"


@dataclass(frozen=True, slots=True)
class AudienceSegment:
    """One segment or topic of an audience, with the number of its registrations that are not gone (of a topic: 0)."""

    pk: int
    app_id: str
    project: str
    country: str
    region: str
    locale: str
    audience: str
    #: "" where it is not known.
    zone: str
    #: "" of a topic.
    platform: str
    devices: int

    @property
    def is_topic(self) -> bool:
        """Return whether it is a topic."""
        return self.platform == ANY_PLATFORM


def apps(campaign: Campaign) -> list[App]:
    """Return the campaign's apps; raises WrongApps when an alert that is not Actual names an app for readers, or the reverse."""
    actual = campaign.status == cap.AlertStatus.ACTUAL
    found = list(App.objects.named(campaign.apps, actual=actual))
    if not actual and not all(app.test for app in found):
        raise NotForReaders(field="apps")
    if actual and any(app.test for app in found):
        raise NotForTestDevices(field="apps")
    return found


def members(campaign: Campaign) -> list[AudienceSegment]:
    """Return the segments and topics that the campaign is sent to, ordered by id; two queries, and none over registrations.

    It has no topics when it was submitted without a message for topics: an app changed to topics after the submission, and only
    the feed was approved.
    """
    chosen = {app.name: app for app in apps(campaign)}
    query = Q(app__in=chosen)
    for field, named in _named(campaign).items():
        query &= Q(**{f"{field}__in": named})
    rows = (
        Segment.objects.filter(query)
        .annotate(devices=Coalesce(Sum("counts__devices"), 0))
        .values_list("pk", "app_id", "app__project", "country", "region", "locale", "audience", "zone", "platform", "devices")
        .order_by("pk")
    )
    is_chosen = chooser(campaign, chosen)
    found = [segment for segment in (AudienceSegment(*row) for row in rows) if is_chosen(segment)]
    if any(segment.is_topic for segment in found) and _has_no_message_for_topics(campaign):
        return [segment for segment in found if not segment.is_topic]
    return found


def chooser(campaign: Campaign, apps: Mapping[str, App]) -> Callable[[AudienceSegment], bool]:
    """Return whether a segment or topic is in the audience of the campaign with these apps, by name."""
    named, reads = _named(campaign), reader_of(campaign)
    modes = {True: PushMode.TOPICS, False: PushMode.REGISTRATIONS}

    def is_chosen(segment: AudienceSegment) -> bool:
        app = apps.get(segment.app_id)
        return (
            app is not None
            and all(getattr(segment, field) in values for field, values in named.items())
            and app.mode_in(segment.country) == modes[segment.is_topic]
            and reads(segment.locale)
        )

    return is_chosen


def _named(campaign: Campaign) -> dict[str, list[str]]:
    """Return the values that the campaign names, by the column of Segment; those of every value are left out."""
    columns = {"country": campaign.countries, "region": campaign.regions, "audience": campaign.audiences}
    return {column: values for column, values in columns.items() if values != ALL}


def segments(campaign: Campaign) -> list[AudienceSegment]:
    """Return the segments whose registrations the campaign is sent to."""
    return [segment for segment in members(campaign) if not segment.is_topic]


def topics(campaign: Campaign) -> list[AudienceSegment]:
    """Return the topics that the campaign is sent to."""
    return [segment for segment in members(campaign) if segment.is_topic]


def _has_no_message_for_topics(campaign: Campaign) -> bool:
    return campaign.state != CampaignState.DRAFT and not campaign.messages.filter(platform=ANY_PLATFORM).exists()


def reader_of(campaign: Campaign) -> Callable[[str], bool]:
    """Return whether a locale is one of the audience's, or another variant of one in the same script."""

    @cache
    def reads(locale: str) -> bool:
        if campaign.locales == ALL or locale in campaign.locales:
            return True
        return locale != "und" and fallback.match_accept_language(locale, campaign.locales) is not None

    return reads


def stores_addresses(campaign: Campaign) -> bool:
    """Return whether any of its apps stores addresses in some country of the audience."""
    return PushMode.REGISTRATIONS in push_modes(campaign)


def has_topics(campaign: Campaign) -> bool:
    """Return whether any of its apps uses topics in some country of the audience, so that it needs messages to topics."""
    return PushMode.TOPICS in push_modes(campaign)


def push_modes(campaign: Campaign) -> set[PushMode]:
    """Return the push modes that its apps have in the countries of the audience."""
    named = App.objects.named(campaign.apps, actual=campaign.status == cap.AlertStatus.ACTUAL)
    return {mode for app in named for mode in _modes(app, campaign.countries)}


def _modes(app: App, countries: list[str]) -> Iterable[PushMode]:
    if countries == ALL:
        return {PushMode(mode) for mode in (app.push_mode, *app.mode_by_country.values())}
    return {app.mode_in(country) for country in countries}


def check_size(campaign: Campaign, *, devices: int, topics: int) -> None:
    """Raise TooFew for an audience of fewer than 20 registrations; the phones behind a topic cannot be counted.

    A campaign that is sent to topics and to no registration is allowed, and so is one for the feed alone. An exercise may have
    any number: it reaches only phones that staff have paired.
    """
    empty = not devices and not topics and stores_addresses(campaign)
    least = MIN_AUDIENCE if campaign.status == cap.AlertStatus.ACTUAL else 1
    if empty or 0 < devices < least:
        raise TooFew()


def reach(campaign: Campaign) -> dict[str, object]:
    """Return how many installations the campaign would be sent to now, rounded down to tens, by country and locale.

    A number below 20 is None. The number of topics is exact: each topic is any number of phones, or none.
    """
    found = members(campaign)
    by: Counter[tuple[str, str]] = Counter()
    for segment in found:
        by[segment.country, segment.locale] += segment.devices
    return {
        "stored": stores_addresses(campaign),
        "devices": rounded(by.total()),
        "topics": sum(segment.is_topic for segment in found),
        "by": [
            {"country": country, "locale": locale, "devices": rounded(number)}
            for (country, locale), number in sorted(by.items())
            if number
        ],
    }


def rounded(number: int) -> int | None:
    """Return the number rounded down to tens, or None below 20."""
    return number // 10 * 10 if number >= MIN_AUDIENCE else None


def is_confirmed(entered: int | None, *, shown: int | None) -> bool:
    """Return whether an audience of `shown` registrations needs no number, or the number that was entered for it is right."""
    if shown is None or shown <= CONFIRM_ABOVE:
        return True
    return entered is not None and entered / _CONFIRMED_WITHIN <= shown <= entered * _CONFIRMED_WITHIN
