"""What a campaign's messages say: one for each locale × audience × platform (or topics), written once when it is submitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from content.linting.text import text_faults
from content.models import Service, Tip
from content.terms import Audience
from core.errors import Conflict, Invalid
from notifications import cap
from notifications.campaigns import audience as audiences
from notifications.campaigns import texts as words
from notifications.campaigns.definition import rfc3339
from notifications.delivery import fcm
from notifications.models.campaign import ALL, Campaign, Kind
from notifications.models.message import Message
from notifications.models.segment import ANY_PLATFORM, Platform

#: Bytes of inner title and body together: they travel in `data`, of which FCM takes 4,096 with all else.
LARGEST_INNER = 1_600
#: Stands in `inner` of a message to topics that has no room for the inner text: the app reads it in the feed.
FROM_FEED = "feed"
#: What such a message goes without: FCM takes half as much to a topic as to a single phone.
_LEFT_OUT = (("inner_title", "inner_body"), ("inner_title", "inner_body", "services"))
#: Nothing is kept for longer by FCM, so that no alert may last longer.
LONGEST_LIFE = timedelta(days=28)
#: Ages that a text may name, as in tips.
ALLOWED_NUMBERS = frozenset({"18", "24"})
_ACT = {Kind.ALERT: "show", Kind.EXERCISE: "show", Kind.UPDATE: "update", Kind.ALL_CLEAR: "update", Kind.CANCEL: "cancel"}
_URGENT = {cap.Severity.EXTREME, cap.Severity.SEVERE}


class TextRefused(Invalid):
    """A text of the campaign cannot be sent."""

    code = "text-refused"


def check(campaign: Campaign, *, at: datetime) -> None:
    """Refuse what cannot be sent, as one sentence: texts, help and tips that are not there, times that cannot be."""
    if campaign.not_after <= at:
        raise Conflict("not_after has passed.", code="not-after")
    if campaign.not_after - at > LONGEST_LIFE:
        raise Conflict("not_after lies more than 28 days ahead.", code="not-after")
    if campaign.schedule_kind == "at" and campaign.schedule_at >= rfc3339(campaign.not_after):
        raise Conflict("It would begin after not_after.", code="not-after")
    if missing := set(campaign.services) - set(
        Service.objects.active().filter(pk__in=campaign.services).values_list("pk", flat=True)
    ):
        raise Invalid(f"There is no such service: {', '.join(sorted(missing))}.", code="service", field="services")
    slugs = set(campaign.tips.values())
    if missing := slugs - set(Tip.objects.current().filter(slug__in=slugs).values_list("slug", flat=True)):
        raise Invalid(f"There is no such tip: {', '.join(sorted(missing))}.", code="tip", field="tips")
    for locale in campaign.locales if campaign.locales != ALL else ():
        if words.served(campaign, locale) is None:
            raise Invalid(f"The audience asks for {locale}, which has no text.", code="locale", field="messages")
    for place, locale, text in _texts(campaign):
        faults = text_faults(text, locale=locale, allowed_numbers=ALLOWED_NUMBERS, allowed_hosts=(), known_services=())
        if errors := [fault.detail for fault in faults if not fault.caution]:
            raise TextRefused(f"{place}: {' '.join(errors)}", field=place)


def write_messages(campaign: Campaign) -> None:
    """Write the messages of a campaign that is about to be submitted."""
    Message.objects.bulk_create(Message(campaign=campaign, **key, body=body) for key, body in compose(campaign))


def compose(campaign: Campaign) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield (key, body) for every message; the same campaign gives the same bytes."""
    readers = Audience.values if campaign.audiences == ALL else campaign.audiences
    platforms = [*Platform.values, *([ANY_PLATFORM] if audiences.has_topics(campaign) else [])]
    tongues = [(locale, False) for locale in sorted(campaign.words)] + [(campaign.home_locale, True)]
    for locale, home in tongues:
        for audience in readers:
            for platform in platforms:
                key = {"locale": locale, "fallback": home, "audience": audience, "platform": platform}
                yield key, _body(campaign, **key)


def _body(campaign: Campaign, *, locale: str, fallback: bool, audience: str, platform: str) -> str:
    chosen = words.text(campaign, locale, audience)
    inner = chosen["inner"]
    if (size := len((inner["title"] + inner["body"]).encode())) > LARGEST_INNER:
        raise TextRefused(
            f"messages.{locale}.inner has {size} bytes; {LARGEST_INNER} are the most.", field=f"messages.{locale}.inner"
        )
    assert campaign.submitted_at is not None
    data = {
        "v": "1",
        "alert": str(campaign.alert),
        "rev": str(campaign.rev),
        "act": _ACT[Kind(campaign.kind)],
        "status": campaign.status,
        "lang": locale,
        "dir": words.direction(locale),
        "fallback": "not-translated" if fallback else "",
        "inner_title": inner["title"],
        "inner_body": inner["body"],
        "tip": campaign.tips.get(audience, ""),
        "services": ",".join(campaign.services),
        "open": f"alert/{campaign.pk}",
        "sent": rfc3339(campaign.submitted_at),
        "expires": rfc3339(campaign.not_after),
    }
    content = fcm.Content(
        platform=platform,
        data=data,
        title=chosen["outer"]["title"],
        body=chosen["outer"]["body"],
        tag=str(campaign.alert),
        expires=campaign.not_after,
        urgent=campaign.severity in _URGENT,
    )
    for left_out in _LEFT_OUT:
        try:
            return fcm.prepare(content)
        except fcm.TooLargeForTopics:
            # The approved words are in the feed, under the name that `open` gives.
            kept = {name: value for name, value in data.items() if name not in left_out}
            content = replace(content, data={**kept, "inner": FROM_FEED})
    return fcm.prepare(content)


def _texts(campaign: Campaign) -> Iterator[tuple[str, str, str]]:
    for locale, texts in campaign.words.items():
        variants = {f"messages.{locale}.variants.{name}": variant for name, variant in texts.get("variants", {}).items()}
        for place, pair in {f"messages.{locale}": texts, **variants}.items():
            for part in ("outer", "inner"):
                for name, value in pair[part].items():
                    yield f"{place}.{part}.{name}", locale, value
