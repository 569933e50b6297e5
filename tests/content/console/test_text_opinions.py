"""Opinions on a text that belongs to no tip: comments, sending back, and "I cannot judge this"."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from content.console.my_work import returned_to
from content.models import DeclinedReading, Target, TextComment, Unit
from core.models import User
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words")]
LABEL = "why.free"


def address(query: str = "") -> str:
    return reverse("admin:translation", args=["cy", LABEL]) + query


def label(text: str = "Mae am ddim.") -> Target:
    """A Welsh label, which belongs to no tip, written by eva."""
    if not Unit.objects.filter(key=LABEL).exists():
        make.unit(LABEL, "It is free.", owner="label")
    unit, editor = Unit.objects.get(key=LABEL), make.person("eva", "localisation-editor", locales=("cy",))
    target = Target.objects.of(unit, "cy")
    target.write(text=text, by=editor, at=make.NOON, from_revision=target.revision)
    return Target.objects.get(unit=unit, locale="cy")


def decide(client: Client, target: Target, action: str, **fields: str) -> Any:
    form = {"action": action, "revision": str(target.revision), **fields}
    return client.post(address("?state=needs-review"), form, follow=True)


def test_a_text_of_no_tip_is_sent_back_with_a_reason(client: Client) -> None:
    target = label()
    client.force_login(make.person("rhys", "localisation-reviewer", locales=("cy",)))

    without = decide(client, target, "send-back", comment=" ")
    decide(client, target, "send-back", comment="Too short.")

    assert without.status_code == 400
    assert "Say what is wrong with the text" in without.content.decode()
    assert [(one.text, one.returned_revision) for one in TextComment.objects.all()] == [("Too short.", 1)]
    page = client.get(address()).content.decode()
    assert "sent back</span></h1>" in page
    assert "Too short." in page
    queue = client.get(reverse("admin:translation-queue", args=["cy"]) + "?q=free").content.decode()
    assert queue.count('<span class="fp-state bad">sent back</span>') == 1
    [returned] = returned_to(User.objects.get(username="eva"))
    assert (returned.text, returned.link.url) == ("Sent back by rhys", address())


def test_a_text_of_no_tip_that_changed_meanwhile_is_neither_sent_back_nor_declined(client: Client) -> None:
    shown = label()
    client.force_login(make.person("rhys", "localisation-reviewer", locales=("cy",)))
    shown.write(text="Am ddim.", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=1)
    shown = Target.objects.get(pk=shown.pk)
    shown.revision = 1

    answers = [decide(client, shown, "send-back", comment="Too short."), decide(client, shown, "cannot-judge")]

    assert [answer.status_code for answer in answers] == [409, 400]
    assert "Too short.</textarea>" in answers[0].content.decode()
    assert not TextComment.objects.exists()
    assert not DeclinedReading.objects.exists()


def test_a_text_of_no_tip_is_commented_on_and_left_to_another_reader(client: Client) -> None:
    target = label()
    client.force_login(make.person("rhys", "localisation-reviewer", locales=("cy",)))

    decide(client, target, "cannot-judge")
    decide(client, target, "comment", comment="Or “heb dâl”?")
    shown = client.get(address()).content.decode()
    decide(client, target, "resolve", number=str(TextComment.objects.get().pk))

    assert "rhys cannot judge it." in shown
    assert "Or “heb dâl”?" in shown
    assert "Or “heb dâl”?" not in client.get(address()).content.decode()
    assert decide(client, target, "resolve", number="1" * 30).status_code == 400
