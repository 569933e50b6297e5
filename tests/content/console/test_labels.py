"""Staff read names, never codes: every closed value, finding and text has one."""

from __future__ import annotations

import pytest

from content.console.labels import FINDINGS, LABELS, choices, finding_label, labels
from content.console.unit_names import UnitNames, unit_name
from content.terms import Audience
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


@pytest.mark.django_db
def test_texts_and_items_of_findings_are_named(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
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

    with django_assert_num_queries(2):
        names = UnitNames(expected)
        found = {item: names.name(item) for item in expected}

    assert found == expected
    assert unit_name("tip.first-hour.more") == "Stop and breathe: more"
