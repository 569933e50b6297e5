"""The hand-over of a campaign's texts to the editors of a language, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from core.roles import ROLES
from notifications.campaigns import approval, draft_tasks, lifecycle, translation_requests, translation_texts
from notifications.campaigns.checks.draft import check_draft
from notifications.campaigns.refusals import SubmissionRefused
from notifications.models import Campaign, DraftTask, TranslationRequest
from tests import make

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def draft() -> Campaign:
    return make.campaign(state="draft")


@pytest.fixture
def ali() -> User:
    return editor("ali")


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


def test_what_an_editor_hands_in_becomes_a_text_of_the_draft(draft: Campaign, ali: User) -> None:
    request = ask(draft, note="For tomorrow.")
    assert (request.state, request.source) == ("requested", translation_texts.flat(ENGLISH))
    save(request, ali, {**ARABIC, "inner.body": ""})
    assert request.state == "in-work"
    draft.refresh_from_db()
    assert "ar" not in draft.words

    hand_in(request, ali)

    draft.refresh_from_db()
    assert (request.state, request.handed_in_by) == ("returned", ali)
    assert translation_texts.flat(draft.words["ar"]) == ARABIC
    assert ali.pk in draft.touched_by
    entry = AuditEntry.objects.filter(verb="campaign.edited").latest("pk")
    assert (entry.by, entry.details["changes"][0]["field"]) == (ali, "words.ar.inner.body")


def test_texts_for_single_audiences_are_translated_too(ali: User) -> None:
    draft = make.campaign(state="draft", messages={"en": {**ENGLISH, "variants": {"parent": ENGLISH}}})
    request = ask(draft)
    assert list(translation_texts.source_in(request).texts)[4:] == [f"variants.parent.{place}" for place in ARABIC]

    hand_in(request, ali, {**ARABIC, **{f"variants.parent.{place}": text for place, text in ARABIC.items()}})

    draft.refresh_from_db()
    assert set(draft.words["ar"]) == {"outer", "inner", "variants"}
    assert translation_texts.nested(translation_texts.flat(draft.words["ar"])) == draft.words["ar"]


def test_a_language_that_has_not_come_back_blocks_the_submission(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    author = draft.created_by

    with pytest.raises(SubmissionRefused, match=r"Arabic is with the translators, due .* London time"):
        lifecycle.submit(draft, by=author, at=now())
    assert [p.field for p in check_draft(draft, at=now()).of_task(DraftTask.WORDS)] == ["translations.ar"]
    with pytest.raises(DatabaseError, match="while translators have its texts"), transaction.atomic():
        Campaign.objects.filter(pk=draft.pk).update(
            state="submitted", submitted_by=author, submitted_at=now(), rev=1, fingerprint="0" * 64
        )
    hand_in(request, ali)
    draft.refresh_from_db()
    lifecycle.submit(draft, by=author, at=now())

    assert draft.state == "submitted"


def test_a_withdrawn_request_blocks_nothing(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    save(request, ali)

    translation_requests.withdraw(request, keep_text=False, by=draft.created_by, at=now())
    lifecycle.submit(draft, by=draft.created_by, at=now())

    assert (request.state, draft.state) == ("withdrawn", "submitted")


def test_a_text_that_was_handed_in_texts_below_with_its_request(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    hand_in(request, ali)
    translation_requests.withdraw(request, keep_text=False, by=draft.created_by, at=now())

    draft.refresh_from_db()
    assert list(draft.words) == ["en"]
    again = ask(draft)
    assert again.texts == ARABIC


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


def test_the_deadline_is_ahead_and_before_the_start(ali: User) -> None:
    start = (now() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    draft = make.campaign(state="draft", schedule={"at": start})

    with pytest.raises(Invalid, match=r"has passed\. Enter a later time") as past:
        ask(draft, hours=-1)
    with pytest.raises(Invalid, match="is not before the start of the campaign") as after:
        ask(draft, hours=6)
    assert {past.value.extra["field"], after.value.extra["field"]} == {"deadline"}
    assert ask(draft, hours=4).state == "requested"
    with pytest.raises(Invalid, match="is after the end of the campaign"):
        ask(make.campaign(state="draft"), hours=30)


def test_a_start_that_moves_before_a_deadline_is_a_problem(ali: User) -> None:
    start, earlier = ((now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (5, 2))
    draft = make.campaign(state="draft", schedule={"at": start})
    ask(draft, hours=4)
    assert len(check_draft(draft, at=now()).of_task(DraftTask.WORDS)) == 1

    lifecycle.edit(draft, make.definition(schedule={"at": earlier}), by=draft.created_by, at=now())

    details = [problem.detail for problem in check_draft(draft, at=now()).of_task(DraftTask.WORDS)]
    assert any(detail.startswith("Arabic is due after the start") for detail in details)


def test_only_languages_that_somebody_may_translate_into_are_asked_for(draft: Campaign, ali: User) -> None:
    make.person("reads-urdu", "localisation-reviewer", locales=("ur",))

    with pytest.raises(Invalid, match="nobody here may translate into Urdu") as refused:
        ask(draft, "ar", "ur")
    assert refused.value.extra["field"] == "locales"
    for locales, said in (((), "choose at least one"), (("en",), "is the main language"), (("xx",), "of the list")):
        with pytest.raises(Invalid, match=said):
            translation_requests.ask(draft, locales, deadline=now() + timedelta(hours=1), by=draft.created_by, at=now())
    assert not TranslationRequest.objects.exists()


def test_nothing_is_asked_before_the_source_is_written(ali: User) -> None:
    empty = {"outer": {"title": "", "body": "b"}, "inner": {"title": "t", "body": "b"}}
    draft = make.campaign(state="draft")
    Campaign.objects.filter(pk=draft.pk).update(words={"en": empty})

    with pytest.raises(Invalid, match="Write all texts in English first"):
        ask(draft)


def test_asking_again_for_an_open_request_moves_its_deadline(draft: Campaign, ali: User) -> None:
    request = ask(draft)

    moved = ask(draft, hours=5, note="There is more time.")

    assert moved.pk == request.pk
    assert (moved.deadline - request.deadline, moved.note) > (timedelta(hours=2), "")
    hand_in(moved, ali)
    with pytest.raises(Invalid, match="has come back, and its source is the same"):
        ask(draft)


def test_a_draft_whose_texts_translators_have_is_not_deleted(draft: Campaign, ali: User) -> None:
    request = ask(draft)

    with pytest.raises(Conflict, match="translators have texts of this draft"):
        lifecycle.delete_draft(draft, by=draft.created_by, at=now())
    translation_requests.withdraw(request, keep_text=False, by=draft.created_by, at=now())
    lifecycle.delete_draft(draft, by=draft.created_by, at=now())

    assert not TranslationRequest.objects.exists()


def test_an_editor_who_sent_the_campaign_back_cannot_hand_in(draft: Campaign) -> None:
    both = make.person("both", "localisation-editor", "campaign-approver", locales=("ar",))
    editor("ali")
    lifecycle.submit(draft, by=draft.created_by, at=now())
    lifecycle.send_back(draft, by=both, at=now(), reason="Not yet.")
    request = ask(draft)

    with pytest.raises(Forbidden, match="You sent this campaign back"):
        hand_in(request, both)


def test_after_a_withdrawal_nothing_is_saved(draft: Campaign, ali: User) -> None:
    request = ask(draft)
    translation_requests.withdraw(request, keep_text=False, by=draft.created_by, at=now())

    with pytest.raises(Conflict, match="has withdrawn this request"):
        save(request, ali)
    with pytest.raises(DatabaseError, match="changes only while it is in work"), transaction.atomic():
        TranslationRequest.objects.filter(pk=request.pk).update(texts={"outer.title": "x"})


def test_requests_are_for_drafts_alone(ali: User) -> None:
    submitted = make.campaign(state="submitted")

    with pytest.raises(Conflict, match="Only a draft"):
        ask(submitted)
    with pytest.raises(DatabaseError, match="only the texts of a draft"), transaction.atomic():
        TranslationRequest.objects.create(
            campaign=submitted, locale="ar", source_locale="en", source={}, deadline=now() + timedelta(hours=1),
            requested_by=submitted.created_by, requested_at=now(),
        )  # fmt: skip


def may(act: Callable[[], object]) -> bool:
    """Return whether an act, which is undone, is not refused for a missing role."""
    try:
        with transaction.atomic():
            act()
            transaction.set_rollback(True)
    except Forbidden as refused:
        return refused.code_name != "role"
    return True


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_does_its_own_acts_and_no_other(draft: Campaign, role: str) -> None:
    editor("ali")
    request = ask(draft)
    somebody = make.person("somebody", role, locales=("*",))
    stored = TranslationRequest.objects.get
    acts = {
        "ask": lambda: ask(draft, hours=3, by=somebody),
        "save": lambda: save(stored(), somebody),
        "hand in": lambda: hand_in(stored(), somebody),
        "withdraw": lambda: translation_requests.withdraw(stored(), keep_text=False, by=somebody, at=now()),
    }
    done = {name for name, act in acts.items() if may(act)}
    request.refresh_from_db()
    hand_in(request, User.objects.get(username="ali"))
    done |= {"confirm"} if may(lambda: confirm(request, somebody)) else set()

    allowed = {
        "campaign-author": {"ask", "withdraw"},
        "localisation-editor": {"save", "hand in"},
        "localisation-reviewer": {"confirm"},
        "campaign-approver": {"confirm"},
    }
    assert done == allowed.get(role, set())
