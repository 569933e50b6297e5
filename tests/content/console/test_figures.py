"""Figures in the console: refused on the field without a period or a source, and approved only by a second person."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from content.models import Figure, Unit
from content.models.figure import FigureState
from content.models.unit_lifecycle import UnitState
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db

TYPED = {
    "action": "propose",
    "id": "reports-2025",
    "counts": "reports to the hotline",
    "value": "21300000",
    "unit": "number",
    "qualifier": "about",
    "counted_by": "A hotline",
    "country": "GB",
    "first": "2025-01-01",
    "last": "2025-12-31",
    "source": "The hotline, April 2026",
    "source_url": "https://example.org/report",
    "read_on": "2026-11-01",
}


@pytest.fixture
def assurer(client: Client) -> User:
    """The person who is signed in and may propose and approve."""
    make.world()
    person = make.person("asta", "assurer")
    client.force_login(person)
    return person


def propose(client: Client, figure: str = "", **changes: str) -> Any:
    return client.post(reverse("admin:figure-propose") + (f"?figure={figure}" if figure else ""), TYPED | changes)


def act(client: Client, action: str, figure: Figure) -> Any:
    return client.post(reverse("admin:figures"), {"action": action, "figure": str(figure.pk)})


def approved() -> Figure:
    figure = Figure.objects.proposed().get()
    figure.approve(by=make.checker(), at=make.NOON)
    return figure


def test_a_figure_needs_a_second_person_for_its_values_and_its_words(client: Client, assurer: User) -> None:
    assert propose(client).status_code == 302
    figure = Figure.objects.get()
    own = act(client, "approve", figure)
    client.force_login(make.checker())
    page = client.get(reverse("admin:figures")).content.decode()

    assert own.status_code in (400, 403, 409)
    assert "About 21,300,000" in page
    assert "1 January 2025 to 31 December 2025" in page
    assert act(client, "approve", figure).status_code == 302
    figure.refresh_from_db()
    assert (figure.state, figure.proposed_by, figure.source_url) == ("approved", assurer, "https://example.org/report")
    unit = Unit.objects.get(key="figure.reports-2025.counts")
    assert (unit.text, unit.state) == ("reports to the hotline", UnitState.NEEDS_REVIEW)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"first": ""}, "first", "This field is required."),
        ({"last": ""}, "last", "This field is required."),
        ({"source": ""}, "source", "This field is required."),
        ({"source": "   "}, "source", "This field is required."),
        ({"counts": ""}, "counts", "This field is required."),
        ({"first": "2026-02-01"}, "last", "It ends before it begins."),
        ({"last": "2026-12-31"}, "last", "It ends after the day on which the figure was read."),
        ({"first": "2025-02-31"}, "first", "Enter a valid date."),
        ({"value": "-1"}, "value", "Ensure this value is greater than or equal to 0."),
        ({"value": "many"}, "value", "Enter a number."),
        ({"unit": "dozen"}, "unit", "Select a valid choice."),
        ({"country": "XX"}, "country", "Select a valid choice."),
        ({"source_url": "http://example.org"}, "source_url", "https"),
        ({"id": "Reports 2025"}, "id", ""),
    ],
)
def test_bad_input_is_refused_on_the_field_and_kept(
    client: Client, assurer: User, changes: dict[str, str], field: str, sentence: str
) -> None:
    answer = propose(client, **changes)

    errors = answer.context["form"].errors
    assert answer.status_code == 400
    assert list(errors) == [field]
    assert sentence in errors[field][0]
    assert "The hotline, April 2026" in answer.content.decode() or field == "source"
    assert not Figure.objects.exists()
    assert not Unit.objects.exists()


def test_other_values_are_compared_with_the_approved_ones(client: Client, assurer: User) -> None:
    propose(client)
    old = approved()
    form = client.get(reverse("admin:figure-propose") + "?figure=reports-2025").content.decode()

    answer = propose(client, "reports-2025", value="22", qualifier="exact", unit="percent")
    page = client.get(reverse("admin:figures")).content.decode()
    newer = approved()

    assert answer.status_code == 302
    assert 'value="21300000"' in form
    assert 'name="id"' not in form
    assert "<del>About 21,300,000</del>" in page
    assert "<ins>22%</ins>" in page
    old.refresh_from_db()
    assert (old.state, newer.state) == (FigureState.REPLACED, FigureState.APPROVED)


def test_the_same_values_a_name_in_use_and_a_waiting_proposal_are_refused(client: Client, assurer: User) -> None:
    propose(client)
    waiting = propose(client, value="5")
    approved()
    in_use = propose(client, value="5")
    same = propose(client, "reports-2025")

    said = [str(list(get_messages(answer.wsgi_request))[-1]) for answer in (waiting, in_use, same)]
    assert [answer.status_code for answer in (waiting, in_use, same)] == [409, 409, 400]
    assert "already waits" in said[0]
    assert "short name" in said[1]
    assert "already has" in said[2]
    assert Figure.objects.count() == 1


def test_words_with_an_address_are_refused(client: Client, assurer: User) -> None:
    answer = propose(client, counts="reports to www.example.org")

    assert answer.status_code == 400
    assert not Figure.objects.exists()


def test_a_proposal_is_withdrawn_or_rejected_and_an_approved_figure_withdrawn(client: Client, assurer: User) -> None:
    propose(client)
    assert act(client, "withdraw", Figure.objects.get()).status_code == 302
    propose(client, id="reports-2026")
    figure = approved()

    page = client.get(reverse("admin:figures")).content.decode()
    assert act(client, "withdraw", figure).status_code == 302

    figure.refresh_from_db()
    assert "Withdraw" in page
    assert figure.state == FigureState.WITHDRAWN
    assert act(client, "withdraw", figure).status_code == 409
    assert client.post(reverse("admin:figures"), {"action": "approve", "figure": "nonsense"}).status_code == 404
    assert client.get(reverse("admin:figure-propose") + "?figure=unknown").status_code == 404


def test_an_old_figure_is_marked(client: Client, assurer: User) -> None:
    propose(client, first="2020-01-01", last="2020-12-31")
    approved()

    assert "</span> old</span>" in client.get(reverse("admin:figures")).content.decode()
