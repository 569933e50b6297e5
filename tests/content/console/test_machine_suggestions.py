"""Suggestions of a machine, which is off unless an operator switches it on: marked, and never approved by the requester."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client, override_settings
from django.urls import reverse

from content.importing.machine_suggestions import check_machine
from content.models import Target, TextSuggestion, Unit
from core.errors import SecondPersonRequired
from core.models import User
from tests import make
from tests.machine import EchoMachine

pytestmark = pytest.mark.django_db
KEY = "tip.first-hour.title"
MACHINE = "tests.machine.EchoMachine"


@pytest.fixture
def editor(client: Client) -> User:
    """A person who writes and approves Welsh, and is signed in."""
    make.small_content()
    person = make.person("ann", "localisation-editor", "localisation-reviewer")
    client.force_login(person)
    return person


@pytest.fixture
def machine() -> Iterator[type[EchoMachine]]:
    """A machine that is switched on."""
    EchoMachine.requests.clear()
    with override_settings(MACHINE_TRANSLATOR=MACHINE):
        yield EchoMachine


def act(client: Client, action: str, **values: str) -> Any:
    return client.post(reverse("admin:translation", args=["cy", KEY]), {"action": action, **values})


def test_a_machine_is_off_by_default_and_no_text_leaves(client: Client, editor: User) -> None:
    EchoMachine.requests.clear()
    page = client.get(reverse("admin:translation", args=["cy", KEY])).content.decode()

    answer = act(client, "ask-machine")

    assert "Ask the machine" not in page
    assert answer.status_code == 404
    assert not TextSuggestion.objects.exists()
    assert EchoMachine.requests == []


def test_a_machine_gets_the_source_and_its_glossary_alone(client: Client, editor: User, machine: type[EchoMachine]) -> None:
    unit = Unit.objects.get(key=KEY)
    unit.revise(text="Call the emergency number", change="clarity", by=editor, at=make.NOON, from_revision=unit.revision)

    assert act(client, "ask-machine").status_code == 302

    [(source, locale, glossary)] = machine.requests
    assert (source, locale) == ("Call the emergency number", "cy")
    assert [term.source for term in glossary] == ["emergency number"]
    assert glossary[0].forms
    row = TextSuggestion.objects.get()
    assert (row.text, row.origin, row.by, row.source_revision) == ("Arhoswch ac anadlwch", "machine", editor, 2)
    assert not Target.objects.filter(unit=unit, locale="cy").exists()
    page = client.get(reverse("admin:translation", args=["cy", KEY])).content.decode()
    assert "made by a machine" in page
    assert "requested by ann" in page
    assert act(client, "ask-machine").status_code == 409


def test_the_requester_cannot_approve_the_translation(client: Client, editor: User, machine: type[EchoMachine]) -> None:
    act(client, "ask-machine")
    source = Unit.objects.get(key=KEY)
    source.approve(by=make.checker(), at=make.NOON)
    # Another person uses the text of the machine, changed or not.
    target = Target.objects.of(source, "cy")
    target.write(text="Arhoswch ac anadlwch.", by=make.person("eve", "localisation-editor"), at=make.NOON, from_revision=0)

    with pytest.raises(SecondPersonRequired, match="requested"):
        target.approve(by=editor, at=make.NOON)
    approve = (
        "UPDATE content_target SET state = 'approved', revision = revision + 1, approved_text = text, approved_at = now(), "
        "approved_source_revision = source_revision, approved_by_id = %s WHERE id = %s"
    )
    with pytest.raises(DatabaseError, match="requested"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(approve, [editor.pk, target.pk])
    for change in ("DELETE FROM content_textsuggestion", "UPDATE content_textsuggestion SET origin = 'person'"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    # A suggestion of the requester's own takes nothing of that away.
    TextSuggestion.objects.suggest(unit=source, locale="cy", text="Anadlwch", by=editor, at=make.NOON, from_revision=1)
    with pytest.raises(SecondPersonRequired, match="requested"):
        target.approve(by=editor, at=make.NOON)
    target.approve(by=make.checker(), at=make.NOON)
    assert target.state == "approved"


@pytest.mark.parametrize("answer", [RuntimeError("secret"), None, "", "x" * 7000])
def test_an_answer_that_is_none_is_one_sentence_and_stores_nothing(
    client: Client,
    editor: User,
    machine: type[EchoMachine],
    answer: object,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(machine, "answer", answer)

    refused = act(client, "ask-machine")

    assert refused.status_code in (400, 503)
    assert not TextSuggestion.objects.exists()
    assert "secret" not in caplog.text


@pytest.mark.parametrize(("path", "faults"), [("", 0), (MACHINE, 0), ("tests.machine.NoMachine", 1), ("no.such", 1)])
def test_the_check_at_start_refuses_a_path_that_names_no_machine(path: str, faults: int) -> None:
    with override_settings(MACHINE_TRANSLATOR=path):
        assert [message.id for message in check_machine(None)] == ["fingerpost.E010"] * faults
