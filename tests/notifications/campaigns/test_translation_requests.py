"""The hand-over of a campaign's texts to the editors of a language, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from core.errors import Conflict, Forbidden, Invalid
from core.models import AuditEntry, User
from core.roles import ROLES
from notifications.campaigns import lifecycle, translation_requests, translation_texts
from notifications.campaigns.checks.draft import check_draft
from notifications.campaigns.refusals import SubmissionRefused
from notifications.models import Campaign, DraftTask, TranslationRequest
from tests import make
from tests.notifications.campaigns.translations import (
    ARABIC,
    ENGLISH,
    ask,
    confirm,
    editor,
    hand_in,
    now,
    save,
)

pytestmark = pytest.mark.django_db


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
