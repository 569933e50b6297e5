"""Changing a source text in the console: kinds of change, a second person, conflicts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from content.models import Target, Unit, UnitApproval
from core.models import User
from tests import make
from tests.content.console.test_translations import KEY, address, editor, reviewer, typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words")]


def test_a_source_text_needs_a_kind_of_change_and_a_second_person(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())

    without = client.post(source, {"action": "revise", "text": "Do not pay, ever.", "revision": "1"})
    client.post(source, {"action": "revise", "text": "Do not pay, ever.", "revision": "1", "change": "safety", "numbers": ""})
    own = client.post(source, {"action": "approve", "revision": "2"})
    client.force_login(reviewer())
    client.post(source, {"action": "approve", "revision": "2"})
    unit = Unit.objects.get(key=KEY)

    assert without.status_code == 400
    assert ">Do not pay, ever.</textarea>" in without.content.decode()
    assert own.status_code == 403
    assert (unit.state, unit.text) == ("approved", "Do not pay, ever.")
    assert Target.objects.of(unit, "cy").status == "withdrawn"


def test_a_form_without_the_revision_that_it_showed_changes_nothing(client: Client) -> None:
    client.force_login(make.person("ann", "localisation-editor", "localisation-reviewer"))
    make.target(KEY, "cy", "Peidiwch â thalu.")

    for revision, against in (("", "1"), ("x", "1"), ("1", ""), ("1", "-1"), ("1", "99"), ("9" * 30, "1")):
        answer = client.post(address("cy"), {"action": "approve", "revision": revision, "source_revision": against})
        assert answer.status_code in (400, 409), (revision, against)

    assert Target.objects.get().state == "needs-review"


def test_an_approver_corrects_what_a_change_means_and_the_history_shows_both(client: Client) -> None:
    make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())
    client.post(source, {"action": "revise", "text": "Pay.", "revision": "1", "change": "safety", "numbers": ""})
    client.post(source, {"action": "revise", "text": "Pay!", "revision": "2", "change": "cosmetic", "numbers": ""})

    client.force_login(reviewer())
    page = client.get(source).content.decode()
    client.post(source, {"action": "approve", "revision": "3", "decided": "clarity"})
    history = client.get(source).content.decode()

    assert "Declared for the translations: <strong>safety</strong>, since revision 2." in page
    assert '<option value="safety" selected>' in page
    approval = UnitApproval.objects.get(unit__key=KEY, revision=3)
    assert (approval.declared, approval.change) == ("safety", "clarity")
    assert "approved by rhys as clarity (declared: safety)" in history


def test_a_source_text_is_put_back_with_one_button(client: Client) -> None:
    unit = Unit.objects.get(key=KEY)
    unit.approve(by=make.checker(), at=make.NOON)
    source = reverse("admin:source-text", args=[KEY])
    client.force_login(editor())
    client.post(source, {"action": "revise", "text": "Pay.", "revision": "1", "change": "safety", "numbers": ""})

    page = client.post(source, {"action": "put-back", "revision": "2", "earlier": "1"}, follow=True).content.decode()
    unit.refresh_from_db()

    assert "It is the approved text, so it needs no second reader." in page
    assert (unit.state, unit.text, unit.revision) == ("approved", "Do not pay.", 3)


def test_a_conflict_about_a_source_text_keeps_both_until_one_is_chosen(client: Client) -> None:
    unit = Unit.objects.get(key=KEY)
    source = reverse("admin:source-text", args=[KEY])
    unit.revise(text="Theirs.", change="clarity", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=1)
    client.force_login(editor())
    mine = {"action": "revise", "text": "Mine.", "revision": "1", "change": "clarity", "numbers": ""}

    refused = client.post(source, mine)
    page = client.get(source).content.decode()
    client.post(source, {**mine, "action": "replace", "revision": "2"})
    unit.refresh_from_db()

    assert refused.status_code == 409
    for shown in (refused.content.decode(), page):
        assert "Theirs." in shown
        assert ">Mine.</textarea>" in shown
        assert 'value="revise"' not in shown
    assert (unit.text, unit.revision) == ("Mine.", 3)


def test_an_approval_of_a_text_that_has_changed_since_is_refused_and_shows_the_new_one(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch.", approved=True)
    source = reverse("admin:source-text", args=[KEY])
    shown = typed(target, "", "approve")
    target.write(text="Talwch.", by=editor(), at=make.NOON, from_revision=2)
    target.unit.revise(text="Pay.", change="safety", by=User.objects.get(username="eva"), at=make.NOON, from_revision=1)
    client.force_login(reviewer())
    del shown["text"]

    answers = [
        (client.post(address("cy"), shown), "Talwch."),
        (client.post(source, {"action": "approve", "revision": "1"}), "Pay."),
    ]

    for answer, new in answers:
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "so nothing was done. Read it again" in page
        assert "while you were editing" not in page
        assert new in page
    assert (Target.objects.get().approved_text, Unit.objects.get(key=KEY).approved_text) == ("Peidiwch.", "Do not pay.")
