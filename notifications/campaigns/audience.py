"""A campaign's audience: its apps, its segments and topics, and its size, from counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from content.compiling import fallback
from core.errors import Conflict, Invalid
from notifications import cap
from notifications.models.app import App, PushMode
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.message import Message
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


class Audiences:
    """What the audiences of some campaigns are made of, each part read once for all of them and not before it is needed."""

    def __init__(self, campaigns: Collection[Campaign]) -> None:
        self._campaigns = campaigns

    @cached_property
    def apps(self) -> tuple[App, ...]:
        """Every app."""
        return tuple(App.objects.all())

    @cached_property
    def segments(self) -> tuple[AudienceSegment, ...]:
        """The segments and topics of all the campaigns together, ordered by id; one query, and not over registrations."""
        chosen = Q(pk__in=())
        for campaign in self._campaigns:
            chosen |= Q(app__in=[app.name for app in apps_named(campaign, self.apps)]) & within([campaign])
        rows = (
            Segment.objects.filter(chosen)
            .annotate(devices=Coalesce(Sum("counts__devices"), 0))
            .values_list("pk", "app_id", "app__project", "country", "region", "locale", "audience", "zone", "platform", "devices")
            .order_by("pk")
        )
        return tuple(AudienceSegment(*row) for row in rows)

    @cached_property
    def without_topics(self) -> frozenset[int]:
        """The ids of the campaigns that were submitted without a message for topics; one query where somebody is in a topic."""
        submitted = [campaign for campaign in self._campaigns if campaign.state != CampaignState.DRAFT]
        if not submitted or not any(segment.is_topic for segment in self.segments):
            return frozenset()
        for_topics = set[int]()
        unread = []
        for campaign in submitted:
            if "messages" not in getattr(campaign, "_prefetched_objects_cache", {}):
                unread.append(campaign)
            elif any(message.platform == ANY_PLATFORM for message in campaign.messages.all()):
                for_topics.add(campaign.pk)
        if unread:
            messages = Message.objects.filter(campaign__in=unread, platform=ANY_PLATFORM).order_by()
            for_topics.update(messages.values_list("campaign", flat=True).distinct())
        return frozenset(campaign.pk for campaign in submitted if campaign.pk not in for_topics)

    def apps_of(self, campaign: Campaign) -> list[App]:
        """Return a campaign's apps; raises WrongApps when one that is not Actual names an app for readers, or the reverse."""
        return _allowed(apps_named(campaign, self.apps), campaign)

    def members_of(self, campaign: Campaign) -> list[AudienceSegment]:
        """Return the segments and topics that one of the campaigns is sent to, ordered by id; raises WrongApps as `apps_of` does.

        It has no topics when it was submitted without a message for topics: an app changed to topics after the submission, and
        only the feed was approved.
        """
        is_chosen = chooser(campaign, {app.name: app for app in self.apps_of(campaign)})
        no_topics = campaign.pk in self.without_topics
        return [one for one in self.segments if is_chosen(one) and not (no_topics and one.is_topic)]

    def push_modes_of(self, campaign: Campaign) -> set[PushMode]:
        """Return the push modes that a campaign's apps have in the countries of its audience."""
        return {mode for app in apps_named(campaign, self.apps) for mode in _modes(app, campaign.countries)}


def apps_named(campaign: Campaign, apps: Iterable[App]) -> list[App]:
    """Return the apps that a campaign names, as `AppQuerySet.named` finds them."""
    actual = campaign.status == cap.AlertStatus.ACTUAL
    return [app for app in apps if (app.test != actual if campaign.apps == ALL else app.name in campaign.apps)]


def _allowed(apps: list[App], campaign: Campaign) -> list[App]:
    actual = campaign.status == cap.AlertStatus.ACTUAL
    if not actual and not all(app.test for app in apps):
        raise NotForReaders(field="apps")
    if actual and any(app.test for app in apps):
        raise NotForTestDevices(field="apps")
    return apps


def apps(campaign: Campaign) -> list[App]:
    """Return the campaign's apps; raises WrongApps as `Audiences.apps_of` does."""
    return _allowed(list(App.objects.named(campaign.apps, actual=campaign.status == cap.AlertStatus.ACTUAL)), campaign)


def members(campaign: Campaign) -> list[AudienceSegment]:
    """Return the segments and topics that the campaign is sent to, as `Audiences.members_of` does."""
    return Audiences([campaign]).members_of(campaign)


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


def within(campaigns: Iterable[Campaign]) -> Q:
    """Return the condition on Segment that one of the campaigns names its country, region and audience."""
    found = Q(pk__in=())
    for campaign in campaigns:
        one = Q()
        for column, values in _named(campaign).items():
            one &= Q(**{f"{column}__in": values})
        if not one:
            return Q()
        found |= one
    return found


def segments(campaign: Campaign) -> list[AudienceSegment]:
    """Return the segments whose registrations the campaign is sent to."""
    return [segment for segment in members(campaign) if not segment.is_topic]


def topics(campaign: Campaign) -> list[AudienceSegment]:
    """Return the topics that the campaign is sent to."""
    return [segment for segment in members(campaign) if segment.is_topic]


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


def check_size(campaign: Campaign, *, devices: int, topics: int, modes: Collection[PushMode] | None = None) -> None:
    """Raise TooFew for an audience of fewer than 20 registrations; the phones behind a topic cannot be counted.

    A campaign that is sent to topics and to no registration is allowed, and so is one for the feed alone. An exercise may have
    any number: it reaches only phones that staff have paired. `modes` are those of `push_modes`, if they were read already.
    """
    empty = not devices and not topics and PushMode.REGISTRATIONS in (push_modes(campaign) if modes is None else modes)
    least = MIN_AUDIENCE if campaign.status == cap.AlertStatus.ACTUAL else 1
    if empty or 0 < devices < least:
        raise TooFew()


def reach(campaign: Campaign, *, known: Audiences | None = None) -> dict[str, object]:
    """Return how many installations the campaign would be sent to now, rounded down to tens, by country and locale.

    A number below 20 is None. The number of topics is exact: each topic is any number of phones, or none. `known` holds the
    campaign's audience, if it was read already.
    """
    known = known or Audiences([campaign])
    found = known.members_of(campaign)
    by: Counter[tuple[str, str]] = Counter()
    for segment in found:
        by[segment.country, segment.locale] += segment.devices
    return {
        "stored": PushMode.REGISTRATIONS in known.push_modes_of(campaign),
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
