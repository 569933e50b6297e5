"""What the tests of requests for translations share: texts, people, and each act with what a page would have shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from core.models import User
from notifications.campaigns import draft_tasks, translation_requests, translation_texts
from notifications.models import Campaign, DraftTask, TranslationRequest
from tests import make

ENGLISH = make.definition()["messages"]["en"]
ARABIC = {
    "outer.title": "نصائح جديدة",
    "outer.body": "اقرأها الآن.",
    "inner.title": "إذا هددك أحد",
    "inner.body": "لا تدفع. هذا ليس خطأك.",
}


def now() -> datetime:
    return datetime.now(UTC)


def editor(name: str, *locales: str) -> User:
    return make.person(name, "localisation-editor", locales=locales or ("ar",))


def reader(name: str, *locales: str) -> User:
    return make.person(name, "localisation-reviewer", locales=locales or ("ar",))


def ask(campaign: Campaign, *locales: str, hours: float = 2, by: User | None = None, **more: Any) -> TranslationRequest:
    asker = by or make.campaign_staff()[0]
    deadline = now() + timedelta(hours=hours)
    requested = translation_requests.ask(campaign, locales or ("ar",), deadline=deadline, by=asker, at=now(), **more)
    return requested[0]


def save(request: TranslationRequest, by: User, texts: dict[str, str] | None = None, **more: Any) -> None:
    revision = more.pop("from_revision", request.revision)
    translation_requests.save(request, texts or ARABIC, from_revision=revision, by=by, at=now(), **more)


def hand_in(request: TranslationRequest, by: User, texts: dict[str, str] | None = None, **more: Any) -> None:
    campaign = Campaign.objects.get(pk=request.campaign_id)
    shown = {
        "from_revision": request.revision,
        "source": translation_texts.source_of(campaign).digest,
        "campaign_version": draft_tasks.version(campaign, DraftTask.WORDS, locale=request.locale),
    }
    translation_requests.hand_in(request, texts or ARABIC, **{**shown, **more}, by=by, at=now())


def confirm(request: TranslationRequest, by: User, **more: Any) -> None:
    campaign = Campaign.objects.get(pk=request.campaign_id)
    version = draft_tasks.version(campaign, DraftTask.WORDS, locale=request.locale)
    translation_requests.confirm(
        request, campaign_version=more.get("version", version), meaning="Do not pay; it is not your fault.", by=by, at=now()
    )


def change_source(campaign: Campaign, body: str = "Do not pay. Tell an adult.") -> None:
    campaign.refresh_from_db()
    text: Any = {**ENGLISH, "inner": {**ENGLISH["inner"], "body": body}}
    version = draft_tasks.version(campaign, DraftTask.WORDS, locale="en")
    draft_tasks.save_text(campaign, "en", text, from_version=version, by=make.campaign_staff()[0], at=now())
