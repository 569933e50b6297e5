"""Ask the editors of a language for a campaign's texts, save and hand in what they write, read it, and withdraw a request.

The author's acts need the author's right, those of editors the editor's right and the language. An editor never edits the
campaign itself: what is handed in becomes a text of the draft, as an edit by the person who handed it in, so that this person
neither approves the campaign nor is a second reader of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from content.linting.text import normalize_text
from content.models import Locale
from content.models.rights import require_may_write
from core import audit
from core.audit_verbs import Verb
from core.console.display import language_text, zoned_text
from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid
from core.models import User
from core.states import advance
from notifications.campaigns import approval, draft_tasks, first_starts, translation_texts, translators
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.campaign_state import CampaignState
from notifications.models.draft_task import DraftTask
from notifications.models.translation_request import RequestState, TranslationRequest

S = RequestState
MAX_NOTE = 500


class SourceChanged(ChangedMeanwhile):
    """The source text has changed since the page was opened. Read what changed, then go on; nothing is lost."""

    code = "source-changed"


class TextsRefused(Invalid):
    """The translation cannot be handed in yet: correct what is listed. It is saved."""

    code = "texts-refused"


def ask(
    campaign: Campaign, locales: Iterable[str], *, deadline: datetime, note: str = "", by: User, at: datetime
) -> list[TranslationRequest]:
    """Ask the editors of each language for the campaign's texts, or give a request that they have another deadline.

    A language whose text has come back is requested again where the source has changed since. Raises Invalid with the field
    `locales`, `deadline` or `note`.
    """
    wanted = list(dict.fromkeys(locales))
    with transaction.atomic():
        row = draft_tasks.locked_draft(campaign, by=by)
        _check_deadline(row, deadline, at=at)
        if len(note.strip()) > MAX_NOTE:
            raise Invalid(f"Note: shorten it to {MAX_NOTE} characters.", code="note", field="note")
        _check_source(row)
        _check_languages(row, wanted, by=by)
        known = {
            one.locale: one for one in TranslationRequest.objects.current().filter(campaign=row).select_for_update(of=("self",))
        }
        return [_ask_one(row, locale, known.get(locale), deadline, note.strip(), by=by, at=at) for locale in wanted]


def save(request: TranslationRequest, texts: Mapping[str, str], *, from_revision: int, by: User, at: datetime) -> None:
    """Save what an editor has written, faults included; ChangedMeanwhile where somebody saved it since `from_revision`."""
    require_may_write(by, request.locale)
    with transaction.atomic():
        row = _locked(request)
        _require_open(row, by=by)
        _require_revision(row, from_revision)
        _store(row, texts, by=by, at=at)
    request.refresh_from_db()


def hand_in(
    request: TranslationRequest,
    texts: Mapping[str, str],
    *,
    from_revision: int,
    source: str,
    campaign_version: str,
    by: User,
    at: datetime,
) -> None:
    """Save the translation and put it into the draft, as an edit by this person.

    `source` is the digest of the source texts that the editor saw, and `campaign_version` the version of what the campaign had in
    this language then. Raises SourceChanged or ChangedMeanwhile where either is another one by now, and TextsRefused, with
    `problems` in `extra`, for texts that no alert may say; what was written is saved then.
    """
    require_may_write(by, request.locale)
    refused: list[str] = []
    with transaction.atomic():
        row = _locked(request)
        _require_open(row, by=by)
        _require_revision(row, from_revision)
        campaign = row.campaign
        now = translation_texts.source_of(campaign)
        if source != now.digest:
            raise SourceChanged()
        if draft_tasks.version(campaign, DraftTask.WORDS, locale=row.locale) != campaign_version:
            raise ChangedMeanwhile(
                f"Someone else has written a text in {language_text(row.locale)} into the campaign since you opened the page. "
                "Compare both, then hand in again to replace it."
            )
        _store(row, texts, by=by, at=at)
        refused = [problem.detail for problem in translation_texts.problems(campaign, row.locale, row.texts)]
        if not refused:
            _land(row, now, by=by, at=at)
    request.refresh_from_db()
    if refused:
        # Raised after the commit: what was written is saved although it cannot be handed in.
        raise TextsRefused(problems=refused)


def confirm(request: TranslationRequest, *, campaign_version: str, meaning: str, by: User, at: datetime) -> None:
    """Confirm a text that was handed in as its second reader, while the campaign is a draft; see `approval.confirm_text`."""
    approval.require_reader(by)
    with transaction.atomic():
        row = _locked(request)
        _require_returned(row)
        if draft_tasks.version(row.campaign, DraftTask.WORDS, locale=row.locale) != campaign_version:
            raise ChangedMeanwhile("The text has changed since you opened the page. Read it again.")
        if translation_texts.has_changed(row, row.campaign):
            raise Conflict("The source text has changed since this was translated, so the translators have to see it first.")
        approval.confirm_locked(row.campaign, row.locale, by=by, at=at, meaning=meaning)
    request.refresh_from_db()


def send_back(request: TranslationRequest, *, reason: str, by: User, at: datetime) -> None:
    """Send a text that was handed in back to the editors, as its second reader; they read the reason."""
    approval.require_reader(by)
    if not by.reads(request.locale):
        raise Forbidden("Only a person who reads the language can send its text back.", code="language")
    if not reason.strip():
        raise Invalid("Reason: say what has to change, so that the translators know.", code="reason", field="reason")
    with transaction.atomic():
        row = _locked(request)
        _require_returned(row)
        advance(row, S.IN_WORK, by=by, at=at, reason=reason.strip()[:500])
    request.refresh_from_db()


def withdraw(request: TranslationRequest, *, keep_text: bool, by: User, at: datetime) -> None:
    """Withdraw a request: the campaign no longer waits for it. Without `keep_text`, its text leaves the draft as well.

    Raises Conflict for a text that is to stay although its source has changed since it was translated.
    """
    with transaction.atomic():
        campaign = draft_tasks.locked_draft(request.campaign, by=by)
        row = TranslationRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if row.state == S.WITHDRAWN:
            raise Conflict("This request is withdrawn already.", code="state")
        if keep_text and row.is_handed_in and translation_texts.has_changed(row, campaign):
            raise Conflict(
                f"The text in {language_text(row.locale)} was translated from an earlier source. Ask for it again, or send "
                "without it.",
                code="source-changed",
            )
        advance(row, S.WITHDRAWN, by=by, at=at)
        if not keep_text and row.locale in campaign.words:
            draft_tasks.remove_text(campaign, row.locale, by=by, at=at)
    request.refresh_from_db()


def _ask_one(
    campaign: Campaign, locale: str, known: TranslationRequest | None, deadline: datetime, note: str, *, by: User, at: datetime
) -> TranslationRequest:
    requested: dict[str, Any] = {"deadline": deadline, "note": note, "requested_by": by, "requested_at": at}
    if known is None:
        source = translation_texts.source_of(campaign)
        # What editors wrote before an earlier request was withdrawn is not lost.
        earlier = TranslationRequest.objects.filter(campaign=campaign, locale=locale).order_by("-id").first()
        written = translation_texts.flat(campaign.words.get(locale, {})) or (earlier.texts if earlier else {})
        made = TranslationRequest.objects.create(
            campaign=campaign,
            locale=locale,
            source_locale=source.locale,
            source=dict(source.texts),
            texts=written,
            **requested,
        )
        audit.record(by=by, verb=Verb.CAMPAIGN_TRANSLATION_REQUESTED, row=made, at=at)
        return made
    if known.is_open:
        TranslationRequest.objects.filter(pk=known.pk).update(deadline=deadline, note=note)
        audit.record(by=by, verb=Verb.CAMPAIGN_TRANSLATION_MOVED, row=known, at=at)
    elif translation_texts.has_changed(known, campaign):
        verb = Verb.CAMPAIGN_TRANSLATION_REQUESTED
        advance(known, S.IN_WORK, by=by, at=at, verb=verb, reason="", read_by=None, read_at=None, **requested)
    else:
        raise Invalid(
            f"Languages: the text in {language_text(locale)} has come back, and its source is the same. Leave it out.",
            code="locales",
            field="locales",
        )
    known.refresh_from_db()
    return known


def _check_deadline(campaign: Campaign, deadline: datetime, *, at: datetime) -> None:
    """Refuse a deadline that has passed, and one after the start or the end of the campaign, where its times are chosen."""
    shown = f"Deadline: {zoned_text(deadline, campaign.home_zone)}"
    if deadline <= at:
        raise Invalid(f"{shown} has passed. Enter a later time.", code="deadline", field="deadline")
    if DraftTask.WHEN in campaign.open_tasks:
        return
    start = start_of(campaign, at=at)
    if start is not None and deadline >= start:
        sentence = f"{shown} is not before the start of the campaign, {zoned_text(start, campaign.home_zone)}."
        raise Invalid(f"{sentence} Enter an earlier time.", code="deadline", field="deadline")
    if deadline >= campaign.not_after:
        sentence = f"{shown} is after the end of the campaign, {zoned_text(campaign.not_after, campaign.home_zone)}."
        raise Invalid(f"{sentence} Enter an earlier time.", code="deadline", field="deadline")


def start_of(campaign: Campaign, *, at: datetime) -> datetime | None:
    """Return the planned start of a draft; None where nobody has chosen it, or where it starts as soon as it is approved."""
    if DraftTask.WHEN in campaign.open_tasks or campaign.schedule_kind == ScheduleKind.NOW:
        return None
    return first_starts.first_starts([campaign], at=at)[campaign.pk]


def _check_source(campaign: Campaign) -> None:
    source = translation_texts.source_of(campaign)
    if not source.texts or not all(text.strip() for text in source.texts.values()):
        language = language_text(source.locale)
        raise Invalid(
            f"Write all texts in {language} first: the translators translate from them.", code="source", field="locales"
        )


def _check_languages(campaign: Campaign, locales: list[str], *, by: User) -> None:
    """Refuse no language, the main one, an unknown one, and one that nobody else here may translate into."""
    if not locales:
        raise Invalid("Languages: choose at least one.", code="locales", field="locales")
    known = set(Locale.objects.filter(pk__in=locales).values_list("pk", flat=True))
    editors = [one for one in translators.translators() if one != by and one.pk not in campaign.returned_by]
    for locale in locales:
        name = language_text(locale)
        if locale not in known:
            raise Invalid("Languages: choose languages of the list.", code="locales", field="locales")
        if locale == campaign.home_locale:
            raise Invalid(f"Languages: {name} is the main language. Leave it out.", code="locales", field="locales")
        if not translators.of_language(editors, locale):
            raise Invalid(
                f"Languages: nobody here may translate into {name}. Leave it out, or ask an administrator to give an editor "
                "this language.",
                code="locales",
                field="locales",
            )


def _locked(request: TranslationRequest) -> TranslationRequest:
    """Return the request with its campaign, both locked; the campaign first, as everywhere."""
    campaign = Campaign.objects.select_for_update(of=("self",)).filter(pk=request.campaign_id).first()
    if campaign is None:
        raise Conflict("Someone has deleted this draft.", code="state")
    row = TranslationRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    row.campaign = campaign
    return row


def _require_open(row: TranslationRequest, *, by: User) -> None:
    if row.state == S.WITHDRAWN:
        raise Conflict("The author has withdrawn this request. What you typed is kept below.", code="state")
    if row.campaign.state != CampaignState.DRAFT:
        raise Conflict(
            "The campaign is no longer a draft, so its texts cannot change. What you typed is kept below.", code="state"
        )
    if not row.is_open:
        raise Conflict("Someone has handed this translation in already. What you typed is kept below.", code="state")
    if by.pk in row.campaign.returned_by:
        raise Forbidden("You sent this campaign back, so you cannot edit it. Another editor must translate it.")


def _require_returned(row: TranslationRequest) -> None:
    if row.campaign.state != CampaignState.DRAFT:
        raise Conflict("The campaign is no longer a draft. Look at the page again.", code="state")
    if row.state != S.RETURNED:
        raise Conflict("This text does not wait for a second reader any more.", code="state")


def _require_revision(row: TranslationRequest, from_revision: int) -> None:
    if row.revision != from_revision:
        raise ChangedMeanwhile(
            "Someone else has saved this translation since you opened it. Compare both versions below, and choose one."
        )


def _store(row: TranslationRequest, texts: Mapping[str, str], *, by: User, at: datetime) -> None:
    places = translation_texts.source_of(row.campaign).texts
    stored = {place: normalize_text(texts.get(place, "")) for place in places}
    if stored == row.texts and row.state == S.IN_WORK:
        return
    changed: dict[str, Any] = {"texts": stored, "revision": row.revision + 1, "translated_by": by}
    if row.state == S.REQUESTED:
        advance(row, S.IN_WORK, by=by, at=at, **changed)
    else:
        TranslationRequest.objects.filter(pk=row.pk).update(**changed)
        for name, value in changed.items():
            setattr(row, name, value)


def _land(row: TranslationRequest, source: translation_texts.SourceTexts, *, by: User, at: datetime) -> None:
    """Put the stored texts into the locked draft, and mark the request as handed in."""
    campaign = row.campaign
    draft_tasks.save_words(campaign, {**campaign.words, row.locale: translation_texts.nested(row.texts)}, by=by, at=at)
    advance(
        row, S.RETURNED, by=by, at=at, source_locale=source.locale, source=dict(source.texts), handed_in_by=by, handed_in_at=at,
        read_by=None, read_at=None, reason="",
    )  # fmt: skip
