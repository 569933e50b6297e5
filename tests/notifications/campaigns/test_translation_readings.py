"""The second reading of a handed-in translation, and what is refused because its source or its text has changed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from core.errors import ChangedMeanwhile, Conflict, Invalid, SecondPersonRequired
from core.models import User
from notifications.campaigns import approval, draft_tasks, lifecycle, translation_requests, translation_texts
from notifications.campaigns.refusals import SubmissionRefused
from notifications.models import Campaign, DraftTask, TranslationRequest
from tests import make
from tests.notifications.campaigns.translations import (
    ARABIC,
    ENGLISH,
    ask,
    change_source,
    confirm,
    editor,
    hand_in,
    now,
    reader,
    save,
)

pytestmark = pytest.mark.django_db


def test_the_second_reading_in_the_draft_is_the_one_that_the_approval_needs(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    hand_in(request, ali)
    confirm(request, reader("rim"))
    assert (request.state, request.read_by and request.read_by.username) == ("read", "rim")
    draft.refresh_from_db()
    lifecycle.submit(draft, by=draft.created_by, at=now())

    approver = make.person("reads-english", "campaign-approver", locales=("en",))
    assert lifecycle.approve(draft, fingerprint=draft.fingerprint, by=approver, at=now()) is True


def test_a_second_reading_after_the_submission_marks_the_request_as_read(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    hand_in(request, ali)
    draft.refresh_from_db()
    lifecycle.submit(draft, by=draft.created_by, at=now())

    approval.confirm_text(draft, "ar", fingerprint=draft.fingerprint, by=reader("rim"), at=now(), meaning="Do not pay.")

    request.refresh_from_db()
    assert request.state == "read"


def test_a_translator_neither_reads_their_own_text_nor_approves_the_campaign(draft: Campaign) -> None:
    ali = make.person("ali", "localisation-editor", "localisation-reviewer", "campaign-approver", locales=("ar", "en"))
    request = ask(draft)
    hand_in(request, ali)

    with pytest.raises(SecondPersonRequired):
        confirm(request, ali)
    with pytest.raises(IntegrityError), transaction.atomic():
        TranslationRequest.objects.filter(pk=request.pk).update(state="read", read_by=ali, read_at=now())
    draft.refresh_from_db()
    lifecycle.submit(draft, by=draft.created_by, at=now())
    with pytest.raises(SecondPersonRequired):
        lifecycle.approve(draft, fingerprint=draft.fingerprint, by=ali, at=now())


def test_a_second_reader_sends_a_text_back_with_a_reason(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    hand_in(request, ali)
    rim = reader("rim")

    with pytest.raises(Invalid, match="Reason"):
        translation_requests.send_back(request, reason=" ", by=rim, at=now())
    translation_requests.send_back(request, reason="The last sentence blames.", by=rim, at=now())

    assert (request.state, request.reason) == ("in-work", "The last sentence blames.")
    hand_in(request, ali, {**ARABIC, "inner.body": "لا تدفع. أخبر شخصًا بالغًا."})
    assert (request.state, request.reason) == ("returned", "")


def test_a_changed_source_is_never_translated_unseen(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    before = translation_texts.source_of(draft).digest
    change_source(draft)

    with pytest.raises(translation_requests.SourceChanged):
        hand_in(request, ali, source=before)
    assert translation_texts.has_changed(request, Campaign.objects.get())
    hand_in(request, ali)

    assert request.source["inner.body"] == "Do not pay. Tell an adult."


def test_a_source_that_changes_after_the_hand_in_blocks_until_it_is_asked_again(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    hand_in(request, ali)
    change_source(draft)
    author = draft.created_by

    with pytest.raises(SubmissionRefused, match="English has changed since Arabic was translated"):
        lifecycle.submit(draft, by=author, at=now())
    with pytest.raises(Conflict, match="translators have to see it first"):
        confirm(request, reader("rim"))
    with pytest.raises(Conflict, match="translated from an earlier source"):
        translation_requests.withdraw(request, keep_text=True, by=author, at=now())
    ask(draft)
    request.refresh_from_db()
    assert request.state == "in-work"
    hand_in(request, ali)
    draft.refresh_from_db()
    lifecycle.submit(draft, by=author, at=now())

    assert draft.state == "submitted"


def test_of_two_editors_who_save_at_once_the_second_is_shown_the_first(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    mona = editor("mona")
    save(request, ali)

    with pytest.raises(ChangedMeanwhile, match="Someone else has saved"):
        save(request, mona, {**ARABIC, "outer.title": "غير ذلك"}, from_revision=0)
    with pytest.raises(ChangedMeanwhile):
        hand_in(request, mona, from_revision=0)

    assert request.texts == ARABIC
    hand_in(request, ali)
    with pytest.raises(Conflict, match="handed this translation in already"):
        hand_in(request, mona)


def test_a_text_that_an_author_wrote_meanwhile_is_not_replaced_unseen(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    unseen = draft_tasks.version(draft, DraftTask.WORDS, locale="ar")
    with_arabic = make.definition(messages={"en": ENGLISH, "ar": translation_texts.nested(ARABIC)})
    lifecycle.edit(draft, with_arabic, by=draft.created_by, at=now())

    with pytest.raises(ChangedMeanwhile, match="has written a text in Arabic"):
        hand_in(request, ali, campaign_version=unseen)
    version = draft_tasks.version(draft, DraftTask.WORDS, locale="ar")
    empty, author = draft_tasks.EMPTY_TEXT, draft.created_by
    with pytest.raises(Conflict, match="is with the translators"):
        draft_tasks.save_text(draft, "ar", empty, from_version=version, by=author, at=now())
    with pytest.raises(Conflict, match="is with the translators"):
        draft_tasks.remove_text(draft, "ar", by=draft.created_by, at=now())


def test_what_cannot_be_handed_in_is_saved_and_every_problem_is_named(draft: Campaign, ali: User) -> None:
    request = ask(draft)

    with pytest.raises(translation_requests.TextsRefused) as refused:
        hand_in(request, ali, {**ARABIC, "outer.title": "", "inner.body": "Call 0800 1111."})

    found = " ".join(refused.value.extra["problems"])
    assert "Lock screen title in Arabic is empty." in found
    assert "holds the number" in found
    assert (request.state, request.texts["inner.body"]) == ("in-work", "Call 0800 1111.")
    draft.refresh_from_db()
    assert "ar" not in draft.words
    assert ali.pk not in draft.touched_by


def test_the_inserted_facts_of_the_source_stay(ali: User) -> None:
    english = {**ENGLISH, "inner": {**ENGLISH["inner"], "body": "Read it on {date:2026-12-01}."}}
    request = ask(make.campaign(state="draft", messages={"en": english}))

    with pytest.raises(translation_requests.TextsRefused) as refused:
        hand_in(request, ali)
    hand_in(request, ali, {**ARABIC, "inner.body": "اقرأ هذا يوم {date:2026-12-01}."})

    assert any("is in the source but missing here. Insert it." in problem for problem in refused.value.extra["problems"])
    assert request.state == "returned"
