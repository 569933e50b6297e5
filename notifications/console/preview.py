"""How a campaign will look on phones: from the frozen messages where there are any, else from the draft's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from content.models import Locale
from content.terms import Audience
from core.models import User
from notifications.campaigns import texts
from notifications.campaigns.messages import FROM_FEED
from notifications.models import Campaign
from notifications.models.campaign import ALL


@dataclass
class Phone:
    """What one group of readers sees: on the lock screen, and inside the app."""

    locale: str
    name: str
    dir: str
    fallback: bool
    outer: dict[str, str]
    inner: dict[str, str]
    #: Whether the person who looks at it is known to read the language.
    reads: bool
    audiences: list[str] = field(default_factory=list)
    platforms: list[str] = field(default_factory=list)
    #: Apps in topics mode read the inner text in the feed, because it is too long for FCM.
    fetched: bool = False


def phones(campaign: Campaign, person: User) -> list[Phone]:
    """Return each different text once, with who gets it; the home locale first."""
    names = dict(Locale.objects.values_list("code", "name"))
    found: dict[str, Phone] = {}
    for locale, fallback, audience, platform, outer, inner, fetched in _shown(campaign):
        key = json.dumps([locale, fallback, outer, inner])
        if key not in found:
            name = names.get(locale, locale)
            found[key] = Phone(locale, name, texts.direction(locale), fallback, outer, inner, person.reads(locale))
        found[key].fetched |= fetched
        for value, known in ((audience, found[key].audiences), (platform, found[key].platforms)):
            if value and value not in known:
                known.append(value)
    return sorted(found.values(), key=lambda phone: (phone.locale != campaign.home_locale, phone.fallback, phone.name))


Shown = tuple[str, bool, str, str, dict[str, str], dict[str, str], bool]


def _shown(campaign: Campaign) -> Iterator[Shown]:
    messages = list(campaign.messages.all())
    for message in messages:
        body: dict[str, Any] = json.loads(message.body)
        fetched = body["data"].get("inner") == FROM_FEED
        if fetched:
            inner = texts.text(campaign, message.locale, message.audience)["inner"]
        else:
            inner = {"title": body["data"]["inner_title"], "body": body["data"]["inner_body"]}
        yield message.locale, message.fallback, message.audience, message.platform or "topic", _outer(body), inner, fetched
    if messages:
        return
    audiences = Audience.values if campaign.audiences == ALL else campaign.audiences
    for locale in sorted(campaign.words):
        for audience in audiences:
            text = texts.text(campaign, locale, audience)
            yield locale, False, audience, "", text["outer"], text["inner"], False


def _outer(body: dict[str, Any]) -> dict[str, str]:
    """Return title and body as the platform shows them on its lock screen."""
    if "apns" in body:
        part = body["apns"]["payload"]["aps"]["alert"]
    elif "android" in body:
        part = body["android"]["notification"]
    else:
        part = body["webpush"]["notification"]
    return {"title": part["title"], "body": part["body"]}
