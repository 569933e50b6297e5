"""What editors and second readers find under *My work* and on *Today*: texts of campaigns by deadline, and texts to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from content.console.my_work import DueText, due_texts
from core import roles
from core.console.display import StatusTag, language_text, sentence_case, zoned_text
from core.console.pages import Link
from core.console.todo import TodoCard, todo_cards
from core.models import User
from notifications.campaigns.approval import READER_RIGHTS
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.translators import TRANSLATOR
from notifications.console.rights import APPROVER
from notifications.console.tasks.translation_display import due_text
from notifications.models import Campaign, CampaignState, RequestState, SecondReading, TranslationRequest


@due_texts
def campaign_texts(user: User, at: datetime) -> Iterator[DueText]:
    """Yield the texts of campaigns that the person may translate or read, in one query."""
    for request in _to_translate(user):
        due = due_text(request.deadline, request.campaign.home_zone, at=at)
        tag = StatusTag("Overdue", "bad") if request.deadline <= at else StatusTag(request.get_state_display(), "wait")
        who = f", in work by {request.translated_by.username}" if request.translated_by else ""
        detail = f"{sentence_case(due)}. Requested by {request.requested_by.username}{who}."
        yield DueText(
            _title(request), detail, Link(f"Translate into {language_text(request.locale)}", _url(request)), tag, request.deadline
        )
    for request in _to_read(user):
        by = request.handed_in_by.username if request.handed_in_by else ""
        link = Link(f"Read the text in {language_text(request.locale)}", _reading_url(request.campaign_id))
        yield DueText(_title(request), f"Handed in by {by}.", link, StatusTag("To read", "wait"), request.deadline)


@todo_cards(12)
def texts_to_translate(user: User, at: datetime) -> Iterator[TodoCard]:
    """Yield a card for each text of a campaign that the person may translate."""
    for request in _to_translate(user):
        due = due_text(request.deadline, request.campaign.home_zone, at=at)
        tone = "bad" if request.deadline <= at else "wait"
        yield TodoCard(
            f"To translate into {language_text(request.locale)}: {_title(request)}",
            f"{sentence_case(due)}. Requested by {request.requested_by.username}.",
            _url(request), "Translate", None, tone, deadline=request.deadline,
        )  # fmt: skip


@todo_cards(13)
def texts_to_read(user: User, at: datetime) -> Iterator[TodoCard]:
    """Yield a card for each text that waits for the person as its second reader.

    Approvers read the texts of a submitted campaign where they approve it, so those have no card for them.
    """
    for request in _to_read(user):
        by = request.handed_in_by.username if request.handed_in_by else ""
        yield TodoCard(
            f"To read in {language_text(request.locale)}: {_title(request)}",
            f"Handed in by {by}. You confirm it, or send it back.",
            _reading_url(request.campaign_id), "Read", None, "wait", deadline=request.deadline,
        )  # fmt: skip
    if not roles.holds(user, READER_RIGHTS[0]) or roles.holds(user, APPROVER):
        return
    waiting = list(Campaign.objects.filter(state=CampaignState.SUBMITTED).exclude(touched_by__contains=[user.pk]).order_by("pk"))
    read = _confirmed(waiting)
    starts = first_starts(waiting, at=at) if waiting else {}
    for campaign in waiting:
        mine = [locale for locale in sorted(campaign.words) if user.reads(locale) and (campaign.pk, locale) not in read]
        if mine:
            start = starts.get(campaign.pk) or campaign.not_after
            languages = ", ".join(language_text(locale) for locale in mine)
            yield TodoCard(
                f"To read: {campaign.name}",
                f"Waits for a second reader: {languages}. Confirm before {zoned_text(start, user.time_zone)}.",
                _reading_url(campaign.pk), "Read", None, "wait", deadline=start,
            )  # fmt: skip


def _to_translate(user: User) -> list[TranslationRequest]:
    if not roles.holds(user, TRANSLATOR):
        return []
    found = TranslationRequest.objects.open().filter(campaign__state=CampaignState.DRAFT)
    found = found.select_related("campaign", "requested_by", "translated_by").exclude(campaign__returned_by__contains=[user.pk])
    return [request for request in found if user.reads(request.locale)]


def _to_read(user: User) -> list[TranslationRequest]:
    if not roles.holds(user, *READER_RIGHTS):
        return []
    found = TranslationRequest.objects.filter(state=RequestState.RETURNED, campaign__state=CampaignState.DRAFT)
    found = found.select_related("campaign", "handed_in_by").exclude(campaign__touched_by__contains=[user.pk])
    return [request for request in found if user.reads(request.locale)]


def _confirmed(campaigns: list[Campaign]) -> set[tuple[int, str]]:
    """Return the languages that have a valid second reading, as (campaign, locale), in one query."""
    by_id = {campaign.pk: campaign for campaign in campaigns}
    readings = SecondReading.objects.filter(campaign__in=by_id) if by_id else ()
    return {
        (one.campaign_id, one.locale)
        for one in readings
        if by_id[one.campaign_id].words.get(one.locale) == one.words and one.by_id not in by_id[one.campaign_id].touched_by
    }


def _title(request: TranslationRequest) -> str:
    """Return the title in the app, by which editors tell two requests apart: they see no name of a campaign."""
    return str(request.source.get("inner.title", ""))


def _url(request: TranslationRequest) -> str:
    return reverse("admin:campaign-translate", args=[request.campaign_id, request.locale])


def _reading_url(number: int) -> str:
    return reverse("admin:campaign-read", args=[number])
