"""How a campaign looks on phones: from its frozen messages once it is submitted, before that from the draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from content.terms import Recipient
from core.console.display import language_text, region_text
from core.models import User
from notifications.campaigns import texts, variants
from notifications.campaigns.messages import FROM_FEED
from notifications.campaigns.texts import ShownText
from notifications.models import Campaign
from notifications.models.campaign import ALL


@dataclass
class PhonePreview:
    """What one group of readers sees: on the lock screen (outer) and inside the app (inner)."""

    locale: str
    language: str
    dir: str
    #: Whether it is for readers whose language has no text.
    fallback: bool
    outer: ShownText
    inner: ShownText
    #: Whether the user reads the language.
    reads: bool
    audiences: list[str] = field(default_factory=list)
    #: Names of the regions that the text is for; [] for every region without a text of its own.
    regions: list[str] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)
    #: Whether apps in topics mode fetch the inner text from the feed, because it is too long for FCM.
    fetched: bool = False


class _MessageText(NamedTuple):
    """The texts of one message, or of one locale, audience and region of a draft (platform "")."""

    locale: str
    fallback: bool
    audience: str
    region: str
    platform: str
    outer: ShownText
    inner: ShownText
    fetched: bool


def previews(campaign: Campaign, user: User) -> list[PhonePreview]:
    """Return each distinct text once, with its readers; the home locale comes first."""
    found: dict[str, PhonePreview] = {}
    for text in _message_texts(campaign):
        key = json.dumps([text.locale, text.fallback, text.region, text.outer, text.inner])
        if key not in found:
            found[key] = PhonePreview(
                locale=text.locale,
                language=language_text(text.locale),
                dir=texts.direction(text.locale),
                fallback=text.fallback,
                outer=text.outer,
                inner=text.inner,
                reads=user.reads(text.locale),
            )
        phone = found[key]
        phone.fetched |= text.fetched
        place = region_text(text.region) if text.region else ""
        for value, known in ((text.audience, phone.audiences), (place, phone.regions), (text.platform, phone.platforms)):
            if value and value not in known:
                known.append(value)
    return sorted(
        found.values(), key=lambda phone: (phone.locale != campaign.home_locale, phone.fallback, phone.language, phone.regions)
    )


def _message_texts(campaign: Campaign) -> Iterator[_MessageText]:
    messages = list(campaign.messages.all())
    for message in messages:
        body: dict[str, Any] = json.loads(message.body)
        fetched = body["data"].get("inner") == FROM_FEED
        if fetched:
            inner = texts.text(campaign, message.locale, message.audience, message.region)["inner"]
        else:
            inner = {"title": body["data"]["inner_title"], "body": body["data"]["inner_body"]}
        platform = message.platform or "topic"
        yield _MessageText(
            message.locale, message.fallback, message.audience, message.region, platform, _outer(body), inner, fetched
        )
    if messages:
        return
    audiences = Recipient.values if campaign.audiences == ALL else campaign.audiences
    for locale in sorted(campaign.words):
        for audience in audiences:
            for region in ("", *variants.regions_with_text(campaign.words[locale], audience)):
                text = texts.text(campaign, locale, audience, region)
                yield _MessageText(locale, False, audience, region, "", text["outer"], text["inner"], fetched=False)


def _outer(body: dict[str, Any]) -> ShownText:
    """Return the title and body that the platform shows on the lock screen."""
    if "notification" in body:
        # To topics: one text for all platforms.
        part = body["notification"]
    elif "apns" in body:
        part = body["apns"]["payload"]["aps"]["alert"]
    elif "android" in body:
        part = body["android"]["notification"]
    else:
        part = body["webpush"]["notification"]
    return {"title": part["title"], "body": part["body"]}
