"""A campaign's messages: one for each locale × audience × region with its own text × platform (or topics), written once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from content.linting.fault import Fault
from content.linting.length import Surface, length_faults
from content.linting.lock_screen import lock_screen_faults
from content.linting.text import text_faults
from content.models.stored_terms import recheck_terms
from content.terms import Recipient
from core.instants import rfc3339
from notifications import cap
from notifications.campaigns import audience as audiences
from notifications.campaigns import fcm_message, inserted_facts, texts, variants
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.checks.script import script_faults
from notifications.campaigns.plain_text import markup_faults, without_markdown
from notifications.models.campaign import ALL, Campaign, CampaignKind
from notifications.models.message import Message, key_of
from notifications.models.segment import ANY_PLATFORM, Platform, Segment

#: Bytes of inner title and body together. They travel in `data`, for which FCM leaves 4,096 bytes in all.
MAX_INNER = 1_600
#: The value of `inner` in a message to topics that has no room for the inner text: the app reads it in the feed.
FROM_FEED = "feed"
#: What a message to topics omits when it is too large, in this order: FCM allows half the size of a message to one phone.
_OMITTED = (("inner_title", "inner_body"), ("inner_title", "inner_body", "services"))
#: Ages that a text may name, as in tips.
ALLOWED_NUMBERS = frozenset({"18", "24"})
_ACT = {
    CampaignKind.ALERT: "show",
    CampaignKind.EXERCISE: "show",
    CampaignKind.UPDATE: "update",
    CampaignKind.ALL_CLEAR: "update",
    CampaignKind.CANCEL: "cancel",
}
#: Severities of alerts for which phones of adults make a sound.
URGENT = {cap.Severity.EXTREME, cap.Severity.SEVERE}


def refused_texts(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield (field, sentences) of each text that cannot be sent, by the term lists as they are approved now."""
    recheck_terms()
    for place, locale, text in texts_by_place(campaign):
        if errors := [fault.detail for fault in place_faults(campaign, place, locale, text) if fault.refuses]:
            yield place, " ".join(errors)
    for place, locale, variant, _ in variants.places(campaign.words):
        inner = texts.text(campaign, locale, *variants.parts_of(variant))["inner"]
        if (size := len((inner["title"] + inner["body"]).encode())) > MAX_INNER:
            yield f"{place}.inner", f"has {size} bytes; the limit is {MAX_INNER}."


def place_faults(campaign: Campaign, place: str, locale: str, text: str) -> list[Fault]:
    """Return what is wrong with one text of the campaign; `place` is its path in the definition."""
    named = campaign.named_services
    words = inserted_facts.without_inserted_facts(text)
    faults = without_markdown(
        text_faults(words, locale=locale, allowed_numbers=ALLOWED_NUMBERS, allowed_hosts=(), known_services=named)
    )
    faults += markup_faults(words)
    faults += [*inserted_facts.faults(text, locale, named_services=named), *script_faults(words, locale)]
    if ".outer." in place:
        surface = Surface.PUSH_TITLE if place.endswith("title") else Surface.PUSH_BODY
        shown = texts.written_out(campaign, locale, text)
        faults += lock_screen_faults(words, locale) + length_faults(shown, surface, locale)
    return faults


def write_messages(campaign: Campaign) -> None:
    """Store the messages of a campaign that is being submitted."""
    built = build_messages(campaign, topics=audiences.has_topics(campaign))
    Message.objects.bulk_create(Message(campaign=campaign, **key, body=body) for key, body in built)


def why_refused(campaign: Campaign, *, at: datetime) -> str:
    """Return why FCM would refuse a message of this draft, which is complete, if it was submitted now; "" if it would not."""
    submitted = copy(campaign)
    submitted.rev, submitted.submitted_at = campaign.rev or 1, at
    try:
        for _ in build_messages(submitted, topics=audiences.has_topics(campaign)):
            pass
    except fcm_message.InvalidMessage as refusal:
        return refusal.detail
    return ""


def build_messages(campaign: Campaign, *, topics: bool) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield (key columns, body) of every message, of those to topics if asked; the same campaign always gives the same bytes."""
    platforms = [*Platform.values, *([ANY_PLATFORM] if topics else [])]
    for locale, fallback in [*((locale, False) for locale in sorted(campaign.words)), (campaign.home_locale, True)]:
        for audience in readers(campaign):
            for region in ("", *variants.regions_with_text(campaign.words[locale], audience)):
                for platform in platforms:
                    key: dict[str, Any] = {"locale": locale, "fallback": fallback, "audience": audience}
                    key |= {"region": region, "platform": platform}
                    yield key, message_body(campaign, **key)


def keys_by_segment(campaign: Campaign, segments: Iterable[AudienceSegment | Segment]) -> dict[int, str]:
    """Return the key of the one message that each segment or topic gets, by the id of the segment."""

    @cache
    def served(locale: str) -> str | None:
        return texts.served(campaign, locale)

    found: dict[int, str] = {}
    for segment in segments:
        own = served(segment.locale)
        locale = own or campaign.home_locale
        region = variants.region_of(campaign.words[locale], segment.audience, segment.region)
        found[segment.pk] = key_of(
            locale=locale, fallback=own is None, audience=segment.audience, region=region, platform=segment.platform
        )
    return found


def message_body(campaign: Campaign, *, locale: str, fallback: bool, audience: str, region: str = "", platform: str) -> str:
    """Return the message resource of one text; the campaign has a revision and the instant of its submission."""
    text = texts.text(campaign, locale, audience, region)
    inner = text["inner"]
    assert campaign.submitted_at is not None
    data = {
        "v": "1",
        "alert": str(campaign.alert),
        "rev": str(campaign.rev),
        "act": _ACT[CampaignKind(campaign.kind)],
        "status": campaign.status,
        "lang": locale,
        "dir": texts.direction(locale),
        "fallback": "not-translated" if fallback else "",
        "inner_title": inner["title"],
        "inner_body": inner["body"],
        "tip": campaign.tips.get(audience, ""),
        "services": ",".join(campaign.services),
        "open": f"alert/{campaign.pk}",
        "sent": rfc3339(campaign.submitted_at),
        "expires": rfc3339(campaign.not_after),
    }
    content = fcm_message.MessageContent(
        platform=platform,
        data=data,
        title=text["outer"]["title"],
        body=text["outer"]["body"],
        tag=str(campaign.alert),
        expires=campaign.not_after,
        urgent=campaign.is_urgent,
        audible=is_audible(campaign, audience),
    )
    for omitted in _OMITTED:
        try:
            return fcm_message.encode_message(content)
        except fcm_message.TooLargeForTopics:
            # The approved texts are in the feed, under the id in `open`.
            kept = {name: value for name, value in data.items() if name not in omitted}
            content = replace(content, data={**kept, "inner": FROM_FEED})
    return fcm_message.encode_message(content)


def is_audible(campaign: Campaign, audience: str) -> bool:
    """Return whether phones of these readers make a sound (docs/adr/0033-sound-of-alerts.md).

    A teenager's phone may lie beside the person whom the alert is about: there, only a threat to life does.
    """
    if campaign.kind in (CampaignKind.CANCEL, CampaignKind.ALL_CLEAR):
        return False
    return campaign.severity == cap.Severity.EXTREME or (campaign.severity in URGENT and audience != Recipient.TEEN)


def readers(campaign: Campaign) -> list[str]:
    """Return the audiences that the campaign is for."""
    return Recipient.values if campaign.audiences == ALL else campaign.audiences


def texts_by_place(campaign: Campaign) -> Iterator[tuple[str, str, str]]:
    """Yield (field, locale, text) of every text of the campaign, variants included, in the order of the page Words."""
    for place, locale, _, text in variants.places(campaign.words):
        for part in ("outer", "inner"):
            # PostgreSQL keeps the keys of JSON in an order of its own.
            for name in sorted(text[part], key=("title", "body").index):
                yield f"{place}.{part}.{name}", locale, text[part][name]
