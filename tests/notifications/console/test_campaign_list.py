"""The list of campaigns: search, columns in words, and the file to download."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.formula_cells import cell
from notifications.models import Campaign
from tests import make

pytestmark = pytest.mark.django_db


def listed(client: Client, **query: str) -> str:
    """Return the body of the table."""
    return client.get(reverse("admin:campaigns"), query).content.decode().partition("<tbody>")[2]


def words(**texts: str) -> dict[str, Any]:
    """Return texts by locale with this lock screen text."""
    return {
        locale: {"outer": {"title": "New advice", "body": text}, "inner": {"title": "Read this", "body": "Do not pay."}}
        for locale, text in texts.items()
    }


@pytest.fixture
def three(client: Client) -> Client:
    make.app(mode_by_country={"FR": "feed"})
    make.campaign(state="draft", name="Half-term", messages=words(en="It takes two minutes.", ar="خذ دقيقتين."))
    make.campaign(state="submitted", name="Exams", audience={"countries": ["FR"], "audiences": ["teen"]})
    make.campaign(state="approved", name="Everywhere", audience={"countries": "all", "audiences": "all"})
    client.force_login(make.campaign_staff()[0])
    return client


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, {"Half-term", "Exams", "Everywhere"}),
        ({"word": "half"}, {"Half-term"}),
        ({"word": "دقيقتين"}, {"Half-term"}),
        ({"word": "100%"}, set()),
        ({"country": "GB"}, {"Half-term", "Everywhere"}),
        ({"country": "FR"}, {"Exams", "Everywhere"}),
        ({"audience": "teen"}, {"Exams", "Everywhere"}),
        ({"state": "draft"}, {"Half-term"}),
        ({"state": "nonsense"}, {"Half-term", "Exams", "Everywhere"}),
        ({"person": "approver"}, {"Everywhere"}),
        ({"person": "nobody"}, set()),
        ({"word": "e", "country": "FR", "state": "approved"}, {"Everywhere"}),
    ],
)
def test_it_is_searched_by_word_country_audience_state_and_person(three: Client, query: dict[str, str], names: set[str]) -> None:
    html = listed(three, **query)

    assert {name for name in ("Half-term", "Exams", "Everywhere") if f"<bdi>{name}</bdi>" in html} == names


def test_its_columns_are_words(three: Client) -> None:
    html = listed(three)

    for text in ("Parents: United Kingdom", "Teenagers: France", "Everyone: every country", "English, Arabic", "Submitted"):
        assert text in html


def test_drafts_are_duplicated_and_deleted_and_others_only_duplicated(three: Client) -> None:
    html = listed(three)
    draft, other = Campaign.objects.get(name="Half-term"), Campaign.objects.get(name="Exams")

    assert f'?like={draft.pk}">Duplicate</a>' in html
    assert f'?like={other.pk}">Duplicate</a>' in html
    assert reverse("admin:campaign-delete", args=[draft.pk]) in html
    assert reverse("admin:campaign-delete", args=[other.pk]) not in html


def test_the_list_is_downloaded_with_its_filters_and_without_formulas(three: Client) -> None:
    make.campaign(state="draft", name="@SUM(1+1)")

    answer = three.get(reverse("admin:campaigns"), {"format": "csv", "state": "draft"})
    table = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert [row[1] for row in table] == ["Campaign", "'@SUM(1+1)", "Half-term"]
    assert table[2][3:5] == ["Parents: United Kingdom", "English, Arabic"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("  =1", "'  =1"), ("＝1", "'＝1"),
        ("a=1", "a=1"), (-5, "-5"), (None, ""), ("", ""), ("\ufeff=1", "'\ufeff=1"),
    ],
)  # fmt: skip
def test_a_cell_is_never_a_formula(value: object, written: str) -> None:
    assert cell(value) == written
