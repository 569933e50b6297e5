"""Staff read names, never codes: every closed value, finding and text has one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

from content.console.labels import FINDINGS, LABELS, choices, finding_label, labels
from content.console.unit_names import UnitNames, unit_name
from content.importing.facts import FACTS_DIR, load_facts
from content.importing.words import load_words
from content.models import Unit
from content.terms import Audience
from core.models import User
from tests import make


@pytest.mark.parametrize("kind", sorted(LABELS))
def test_every_value_of_an_enumeration_has_a_name(kind: str) -> None:
    enumeration, names = LABELS[kind]

    assert set(names) == set(enumeration.values)
    assert all(name[0].isupper() and "_" not in name for name in names.values())
    assert [value for value, _ in choices(enumeration)] == enumeration.values


def test_several_names_read_as_one_list() -> None:
    assert labels("audience", Audience.values) == "Teenagers, parents, educators, bystanders, survivors"
    assert labels("situation", ["grooming", "ai-generated-image"]) == "Grooming, AI-generated image"
    assert labels("audience", []) == ""


def test_a_finding_without_a_heading_of_its_own_is_still_words() -> None:
    assert finding_label("no-crisis-line") == FINDINGS["no-crisis-line"] == "No crisis line"
    assert finding_label("new-kind") == "New kind"


def test_pages_name_people_and_the_product_by_name() -> None:
    """`shown_name` has words for the product; a template with another field would show the name of its account."""
    templates = sorted((Path(__file__).parents[3] / "content/templates").rglob("*.html"))

    assert len(templates) > 50
    assert [file.name for file in templates if "username" in file.read_text(encoding="utf-8")] == []


@pytest.mark.django_db
def test_texts_and_items_of_findings_are_named(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make.world()
    make.tip()
    make.service("gb-line")
    expected = {
        "tip.first-hour": "Stop and breathe",
        "tip.first-hour.short": "Stop and breathe: short answer",
        "tip.first-hour.do-now.2": "Stop and breathe: do now, step 2",
        "service.gb-line.purpose": "The gb-line service: purpose",
        "channel.gb-line.1.label": "The gb-line service: channel 1, label",
        "situation.csam-seen": "Situation: Child sexual abuse material seen",
        "why.under-18": "Reason: under 18",
        "gb-line/1": "The gb-line service, channel 1",
        "gb-line": "The gb-line service",
        "NZ": "New Zealand",
        "tip.unknown.title": "unknown: title",
    }

    expected |= {
        "route.gb-line.any.asks": "The gb-line service: any other situation, what the form asks",
        "route.gb-line.blackmail.steps": "The gb-line service: blackmail, steps in the app",
    }

    with django_assert_num_queries(2):
        names = UnitNames(expected)
        found = {item: names.name(item) for item in expected}

    assert found == expected
    assert unit_name("tip.first-hour.more") == "Stop and breathe: more"


@pytest.mark.slow
@pytest.mark.django_db
def test_every_text_of_the_real_facts_has_a_name() -> None:
    by = User.objects.system()
    load_facts((FACTS_DIR / "reporting_tools.json").read_bytes(), by=by, at=make.NOON)
    load_words(by=by, at=make.NOON)
    keys = list(Unit.objects.values_list("key", flat=True))
    names = UnitNames(keys)

    assert len(keys) > 500
    assert [key for key in keys if key in names.name(key) or "." in names.name(key).rpartition(": ")[2]] == []
