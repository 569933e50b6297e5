"""What a first-timer is refused: everything at once, on its field, and never in the words of the file."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Campaign
from tests import make
from tests.plain_words import findings

pytestmark = pytest.mark.django_db

#: What is sent with each task: nothing, and what people typed who did not know the file.
_TYPED: dict[str, dict[str, Any]] = {
    "purpose": {"name": "", "kind": "warning", "severity": "very", "urgency": "", "certainty": ""},
    "who": {"audiences": ["everyone"], "where": "some", "countries": ["Wales"], "readers_of": "some", "locales": ["Welsh"]},
    "text": {"outer_title": "", "outer_body": "x" * 300, "inner_title": "", "inner_body": "y" * 4000},
    "help": {"services": ["childline"], "tip_parent": "talk"},
    "when": {"start": "at", "at_date": "25 February", "at_time": "noon", "city": "London", "end_date": "", "night": "override"},
}


@pytest.fixture
def draft(client: Client) -> Campaign:
    make.world()
    make.service("gb-line")
    make.app()
    make.installations(25)
    author, _ = make.campaign_staff()
    client.force_login(author)
    client.post(reverse("admin:campaign-new"), {"action": "start", "name": "First", "preset": "urgent", "key": str(uuid4())})
    return Campaign.objects.get()


def refusals(client: Client, campaign: Campaign, task: str, fields: dict[str, Any]) -> list[str]:
    """Return the sentences of the list at the head of a task that was refused, or that was saved with problems."""
    address = reverse(f"admin:campaign-{task}", args=[campaign.pk, *(["en"] if task == "text" else [])])
    shown = client.get(address)
    answer = client.post(
        address, {"action": "save", "version": shown.context["version"], "place": shown.context["place"], **fields}
    )
    summary = (answer if answer.status_code == 400 else client.get(address)).context["summary"]
    assert all(entry["target"] for entry in summary)
    return [entry["detail"] for entry in summary]


@pytest.mark.parametrize("fields", [{}, _TYPED], ids=["empty", "typed"])
def test_a_refusal_of_a_task_names_no_field_of_the_file(
    client: Client, draft: Campaign, fields: dict[str, dict[str, Any]]
) -> None:
    found = {task: refusals(client, draft, task, fields.get(task, {})) for task in _TYPED}

    assert {task: number for task in _TYPED if (number := len(found[task])) < 1} == {}
    sentences = [sentence for several in found.values() for sentence in several]
    assert [one for one in sentences if findings(f"<p>{one}</p>", insiders=True)] == []
    assert [one for one in sentences if re.search(r"expected a|ISO|IANA|offset", one)] == []


def test_check_lists_every_problem_of_an_empty_draft_at_once_each_with_its_task(client: Client, draft: Campaign) -> None:
    html = client.get(reverse("admin:campaign-check", args=[draft.pk])).content.decode()

    for task in ("who", "words", "help", "when"):
        assert reverse(f"admin:campaign-{task}", args=[draft.pk]) in html, task
    assert findings(html, insiders=True) == []


def test_problems_are_in_the_order_of_the_fields(client: Client, draft: Campaign) -> None:
    problems = client.get(reverse("admin:campaign-check", args=[draft.pk])).context["problems"]

    found = [detail for detail, _ in problems]
    ordered = [
        "Choose the readers that it is for.",
        "Choose the countries that it is for.",
        "Lock screen title in English is empty.",
        "Lock screen text in English is empty.",
        "Title in the app in English is empty.",
        "Text in the app in English is empty.",
    ]
    assert [detail for detail in found if detail in ordered] == ordered
