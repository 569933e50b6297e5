"""Test sends: the texts of a campaign as a rehearsal, to the phones of the one person who asks for it.

No second person approves a test, because it reaches nobody else: only phones that this person has paired, whose apps are test
apps. Each message has the status Exercise and says *Rehearsal* in both of its titles, and none is in the feed.
"""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from core import audit
from core.audit_verbs import Verb
from core.errors import Conflict, Invalid
from core.models import User
from core.roles import require
from notifications import cap
from notifications.campaigns import texts
from notifications.campaigns.messages import message_body
from notifications.models.campaign import Campaign
from notifications.models.test_phone import PairedPhone, TestSend

#: Rights of which a person needs one.
TESTER_RIGHTS = ("notifications.author_campaign", "notifications.approve_campaign")
#: How long a test stays on the phone at most.
_LASTS = timedelta(hours=1)
#: Words in front of each title. They are not translated: only staff see them.
MARK = "Rehearsal: "


class NoTestPhone(Conflict):
    """You have no paired test phone. Pair one under Test phones; a pairing lasts for 24 hours."""

    code = "no-test-phone"


def send_test(campaign: Campaign, *, by: User, at: datetime, locale: str = "") -> TestSend:
    """Ask the workers to send the campaign's texts to the person's own phones; with a locale, that language to all of them.

    Raises NoTestPhone without a paired phone, and Invalid for a language without a text.
    """
    require(by, *TESTER_RIGHTS)
    if locale and locale not in campaign.words:
        raise Invalid("The campaign has no text in this language.", code="locale", field="locale")
    phones = PairedPhone.objects.current(at=at).filter(by=by, registration__segment__app__test=True, registration__gone_at=None)
    found = list(phones.select_related("registration__segment"))
    if not found:
        raise NoTestPhone()
    rehearsal = as_rehearsal(campaign, at=at)
    bodies = {str(phone.registration_id): _body(rehearsal, phone, locale) for phone in found}
    with transaction.atomic():
        made = TestSend.objects.create(campaign=campaign, by=by, at=at, bodies=bodies, phones=len(bodies))
        audit.record(by=by, verb=Verb.CAMPAIGN_TEST_SENT, row=campaign, at=at, phones=len(bodies))
    return made


def as_rehearsal(campaign: Campaign, *, at: datetime) -> Campaign:
    """Return a copy of the campaign, in memory alone, whose messages are marked as a rehearsal."""
    rehearsal = copy(campaign)
    rehearsal.status = cap.AlertStatus.EXERCISE
    rehearsal.submitted_at, rehearsal.rev, rehearsal.not_after = at, campaign.rev or 0, at + _LASTS
    try:
        rehearsal.words = {locale: _marked(words) for locale, words in campaign.words.items()}
    except KeyError as error:
        raise Invalid("Write the lock screen text and the in-app text of each language first.", code="words") from error
    if rehearsal.home_locale not in rehearsal.words:
        raise Invalid("Write the texts of the home language first.", code="words")
    return rehearsal


def _marked(words: dict[str, Any]) -> dict[str, Any]:
    marked = {part: {**words[part], "title": MARK + words[part]["title"]} for part in ("outer", "inner")}
    if "variants" in words:
        marked["variants"] = {key: _marked(variant) for key, variant in words["variants"].items()}
    return marked


def _body(rehearsal: Campaign, phone: PairedPhone, locale: str) -> str:
    segment = phone.registration.segment
    served = locale or texts.served(rehearsal, segment.locale)
    return message_body(
        rehearsal,
        locale=served or rehearsal.home_locale,
        fallback=served is None,
        audience=segment.audience,
        region=segment.region,
        platform=segment.platform,
    )
