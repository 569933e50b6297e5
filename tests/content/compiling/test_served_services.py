"""Which services a pack has, and what blocks a country without them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from content.compiling.compiler import build_packs
from content.compiling.snapshot import read_snapshot
from content.models import Service
from tests import make
from tests.content.compiling.test_compiler import SANDBOX, STRICT, assure, found, pack
from tests.make import NOON


def test_an_assured_service_is_served_everywhere_with_its_dates(content: None) -> None:
    assure("gb-line", days=90)

    service = next(s for s in pack(policy=STRICT)["services"] if s["id"] == "gb-line")

    assert (service["assured"], service["checked_on"], service["assured_until"]) == (True, "2026-12-01", "2027-03-01")


def test_outside_the_sandbox_only_unchecked_emergency_numbers_are_served(content: None) -> None:
    value = pack(policy=STRICT)

    assert [service["id"] for service in value["services"]] == ["gb-emergency"]
    assert value["services"][0]["assured"] is False
    assert {("withheld", "gb-line", False), ("emergency-unassured", "gb-emergency/1", False)} <= found(STRICT)


def test_an_expired_check_withholds_a_helpline_even_in_the_sandbox(content: None) -> None:
    assure("gb-line", days=1)

    later = replace(SANDBOX, day=NOON.date() + timedelta(days=2))

    assert "gb-line" not in {service["id"] for service in pack(policy=later)["services"]}


def test_an_overdue_emergency_number_is_served_with_its_date(content: None) -> None:
    assure("gb-emergency", days=1)
    later = replace(STRICT, day=NOON.date() + timedelta(days=400))

    service = pack(policy=later)["services"][0]

    assert (service["id"], service["assured"], service["checked_on"], service["assured_until"]) == (
        "gb-emergency",
        False,
        "2026-12-01",
        "2026-12-02",
    )
    assert ("emergency-overdue", "gb-emergency/1", False) in found(later)


def test_a_helpline_from_general_knowledge_is_withheld_until_checked(content: None) -> None:
    make.service("gb-hearsay", confidence="from-general-knowledge", source="")
    before = {service["id"] for service in pack()["services"]}

    assure("gb-hearsay", days=90)

    assert "gb-hearsay" not in before
    assert "gb-hearsay" in {service["id"] for service in pack()["services"]}


def test_an_emergency_number_without_a_source_blocks_its_country(content: None) -> None:
    make.service_facts("gb-emergency", confidence="from-general-knowledge")

    assert ("emergency-unassured", "gb-emergency/1", False) in found(SANDBOX)
    assert ("emergency-unassured", "gb-emergency/1", True) in found(STRICT)


@pytest.mark.parametrize("sandbox", [True, False])
def test_a_country_without_an_emergency_number_is_blocked(content: None, sandbox: bool) -> None:
    make.service("fr-line", country="FR")

    built = build_packs(read_snapshot(replace(SANDBOX, sandbox=sandbox)))

    assert built["FR", "en"].blocked
    assert not built["GB", "en"].blocked
    assert not built["ZZ", "en"].blocked


def test_a_pack_without_a_crisis_line_is_blocked(content: None) -> None:
    for service in Service.objects.filter(roles=["helpline"]):
        make.service_facts(service.pk, situations=["blackmail"])

    # A directory of helplines is enough where a country has none of its own.
    assert {finding for finding in found() if finding[0] == "no-crisis-line"} == {("no-crisis-line", "GB", True)}


def test_the_worldwide_pack_without_any_helpline_is_blocked(content: None) -> None:
    for service in Service.objects.filter(country_id="ZZ"):
        make.service_facts(service.pk, roles=["advice"])

    assert ("no-crisis-line", "ZZ", True) in found()


def test_a_crisis_line_that_is_only_a_page_is_none(content: None) -> None:
    page = make.service("fr-page", country="FR", channels=0)
    make.channel(page, type="url")
    make.emergency("FR")

    assert ("no-crisis-line", "FR", True) in found()


@pytest.mark.parametrize(
    ("changed", "reader"),
    [
        ({"max_age": 17, "age_measured": "now"}, "teen of 18"),
        ({"min_age": 14, "age_measured": "now"}, "teen of 13"),
        ({"min_age": 18, "age_measured": "now"}, "parent, young person of 15"),
    ],
)
def test_a_reader_whose_crisis_plan_has_no_crisis_line_blocks_the_country(
    content: None, changed: dict[str, Any], reader: str
) -> None:
    make.service_facts("gb-line", **changed)

    findings = build_packs(read_snapshot(SANDBOX))["GB", "en"].findings
    details = [finding.detail for finding in findings if finding.code == "no-crisis-line-in-plan" and finding.blocks]
    assert len(details) == 1
    assert reader in details[0]
