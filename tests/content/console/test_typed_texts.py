"""A text that somebody has typed: kept, set aside, refused, or in conflict with another."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from content.models import SetAsideText, Target, TargetRevision, Unit, UnsavedText
from tests import make
from tests.content.console.test_translations import KEY, address, editor, typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words")]


def test_an_edit_conflict_keeps_both_texts_until_the_person_has_chosen(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    make.target(KEY, "cy", "Peidiwch â thalu dim.")
    client.force_login(editor())

    refused = client.post(address("cy"), typed(empty, "Peidiwch â thalu."))
    later = client.get(address("cy"))

    assert refused.status_code == 409
    for page in (refused.content.decode(), later.content.decode()):
        assert "Peidiwch â thalu dim." in page
        assert "<del> dim</del>" in page
        assert ">Peidiwch â thalu.</textarea>" in page
        assert 'name="revision" value="1"' in page
        assert 'value="replace"' in page
        assert 'value="save"' not in page
    assert Target.objects.get().text == "Peidiwch â thalu dim."

    chosen = typed(Target.objects.get(), "Peidiwch â thalu.", "replace")
    assert client.post(address("cy"), chosen).status_code == 302
    texts = list(TargetRevision.objects.order_by("revision").values_list("text", flat=True))
    assert texts == ["Peidiwch â thalu dim.", "Peidiwch â thalu."]
    assert not UnsavedText.objects.exists()


def test_in_a_conflict_the_saved_text_can_be_kept(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    make.target(KEY, "cy", "Peidiwch â thalu dim.")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch â thalu."))

    client.post(address("cy"), typed(Target.objects.get(), "Peidiwch â thalu.", "discard"))
    page = client.get(address("cy")).content.decode()

    assert ">Peidiwch â thalu dim.</textarea>" in page
    assert 'value="save"' in page
    assert "Texts that you set aside (1)" in page

    mine = SetAsideText.objects.get()
    client.post(address("cy"), {"action": "take-up", "set_aside": str(mine.pk)})

    assert ">Peidiwch â thalu.</textarea>" in client.get(address("cy")).content.decode()
    assert not SetAsideText.objects.exists()


def test_a_text_that_was_set_aside_is_its_authors_alone(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch", "discard"))
    client.force_login(make.person("bo", "localisation-editor"))

    answer = client.post(address("cy"), {"action": "take-up", "set_aside": str(SetAsideText.objects.get().pk)})

    assert answer.status_code == 400
    assert "Peidiwch" not in client.get(address("cy")).content.decode()
    assert SetAsideText.objects.get().text == "Peidiwch"


def test_the_text_in_the_box_is_set_aside_before_another_takes_its_place(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Un", "discard"))
    client.post(address("cy"), typed(empty, "Dau", "keep"))

    client.post(address("cy"), {"action": "take-up", "set_aside": str(SetAsideText.objects.get().pk)})

    assert (UnsavedText.objects.get().text, SetAsideText.objects.get().text) == ("Un", "Dau")


def test_a_conflict_with_a_third_text_is_a_conflict_again(client: Client) -> None:
    target = make.target(KEY, "cy", "Un")
    chosen = typed(target, "Mine", "replace")
    target.write(text="Dau", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=1)
    client.force_login(editor())

    refused = client.post(address("cy"), chosen)

    assert refused.status_code == 409
    assert Target.objects.get().text == "Dau"


def test_what_was_typed_is_kept_shown_after_a_new_sign_in_and_forgotten_once_saved(client: Client) -> None:
    person = editor()
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(person)

    kept = client.post(address("cy"), typed(empty, "Peidiwch", "keep"))
    client.logout()
    client.force_login(person)
    page = client.get(address("cy")).content.decode()
    todo = client.get(reverse("admin:index")).content.decode()

    assert kept.status_code == 204
    assert not Target.objects.exists()
    assert ">Peidiwch</textarea>" in page
    assert "have not saved it" in page
    assert "Texts you have not saved" in todo
    client.post(address("cy"), typed(empty, "Peidiwch â thalu."))
    assert not UnsavedText.objects.exists()


def test_nobody_sees_what_another_person_has_typed(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())
    client.post(address("cy"), typed(empty, "Peidiwch", "keep"))
    client.force_login(make.person("bo", "localisation-editor"))

    assert "Peidiwch" not in client.get(address("cy")).content.decode()


def test_a_refused_text_is_kept_too(client: Client) -> None:
    client.force_login(editor())

    client.post(address("cy"), typed(Target.objects.of(Unit.objects.get(key=KEY), "cy"), "Ffoniwch 0800 1111."))

    assert UnsavedText.objects.get().text == "Ffoniwch 0800 1111."


def test_a_typed_text_with_nul_or_too_long_is_no_server_error(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())

    assert client.post(address("cy"), typed(empty, "Un\0dau", "keep")).status_code == 400
    assert client.post(address("cy"), typed(empty, "x" * 70_000, "keep")).status_code == 400
    assert not UnsavedText.objects.exists()


def test_a_text_of_two_joiners_is_refused_and_the_approved_one_stays(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    client.force_login(editor())

    answer = client.post(address("cy"), typed(target, "\u200d\u200c"))
    target.refresh_from_db()

    assert answer.status_code == 400
    assert "\u200d\u200c</textarea>" in answer.content.decode()
    assert (target.approved_text, target.revision) == ("Peidiwch â thalu.", 2)


def test_saving_without_a_change_says_so_and_changes_nothing(client: Client) -> None:
    target = make.target(KEY, "cy", "Peidiwch â thalu.", approved=True)
    client.force_login(editor())

    page = client.post(address("cy"), typed(target, "Peidiwch â thalu."), follow=True).content.decode()
    target.refresh_from_db()

    assert "Nothing was changed, so nothing was saved" in page
    assert (target.state, target.revision, target.written_by.username) == ("approved", 2, "fingerpost-system")


def test_pressing_save_twice_is_not_a_conflict(client: Client) -> None:
    empty = Target.objects.of(Unit.objects.get(key=KEY), "cy")
    client.force_login(editor())

    answers = [client.post(address("cy"), typed(empty, "Peidiwch â thalu.")).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert Target.objects.get().revision == 1
