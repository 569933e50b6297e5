"""Every country has an emergency number: of its own, of its region, or from the table of the phone library."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pycountry
import pytest

from content.importing.emergency_numbers import countries_covered, read_emergency_numbers
from content.importing.facts import EMERGENCY_FILE, FACTS_DIR, SERVICES_FILE, load_facts
from content.importing.facts_file import FactsRefused, read_facts
from content.models import Channel, ChannelRevision, Service
from core.models import User
from tests.make import NOON
from tests.packs import Packs
from tools.facts import emergency_numbers as script

FILE = json.loads(EMERGENCY_FILE.read_bytes())
AREAS = json.loads((FACTS_DIR / "areas.json").read_bytes())


def read(**changes: Any) -> list[Any]:
    return read_emergency_numbers(json.dumps(FILE | changes).encode(), covered={"GB"})


def test_every_country_has_an_emergency_number_or_a_reason_why_not() -> None:
    own = countries_covered(read_facts(SERVICES_FILE.read_bytes(), AREAS))
    assigned = {country.alpha_2 for country in pycountry.countries}

    assert own | FILE["numbers"].keys() | FILE["not_known"].keys() == assigned
    assert not own & FILE["numbers"].keys()
    assert len(FILE["not_known"]) <= 12


def test_a_country_whose_pack_is_blocked_has_its_number_in_the_worldwide_pack() -> None:
    assert FILE["numbers"]["BD"][0] == "999"
    assert {"BD", "DZ", "SA", "TR"} <= FILE["numbers"].keys()


def test_the_file_is_what_the_script_writes_from_the_library() -> None:
    written = script.document(date.fromisoformat(FILE["read_on"]))

    assert written == FILE, "run python -m tools.facts.emergency_numbers"


@pytest.mark.parametrize(
    ("country", "numbers"),
    [("NO", ["112", "110", "113"]), ("AG", ["911", "999"]), ("SO", ["999", "555", "888"]), ("GA", ["18", "1730"]), ("AQ", [])],
)
def test_general_numbers_come_first_and_blocks_of_numbers_are_left_out(country: str, numbers: list[str]) -> None:
    assert script.emergency_numbers(country) == numbers


def test_numbers_of_the_library_are_proposed_and_never_taken_at_once(db: None) -> None:
    load_facts(SERVICES_FILE.read_bytes(), EMERGENCY_FILE.read_bytes(), by=User.objects.system(), at=NOON)

    norway = Service.objects.get(pk="no-emergency-number")
    assert (norway.country_id, norway.area, norway.roles) == ("ZZ", ["NO"], ["emergency"])
    assert [r.dial for r in ChannelRevision.objects.proposed().filter(service=norway).order_by("position")] == [
        "112",
        "110",
        "113",
    ]
    assert not Channel.objects.exists()


REFUSED = {
    "a country with an entry": ({"numbers": {"GB": ["999"]}}, "GB: has an emergency number in the file of services"),
    "a number and none": ({"numbers": {"NO": ["112"]}, "not_known": {"NO": "x"}}, "NO: is said to have no number"),
    "an unassigned country": ({"numbers": {"XX": ["112"]}}, "'XX' is not an assigned"),
    "no number": ({"numbers": {"NO": []}}, "numbers.NO: must not be empty"),
    "a number with a country code": ({"numbers": {"NO": ["+47112"]}}, "numbers.NO.1"),
    "a reason that is blank": ({"not_known": {"AQ": " "}}, "blanks only"),
    "an unknown field": ({"guess": 1}, "guess: unknown field"),
}


@pytest.mark.parametrize(("changes", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_each_broken_rule_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(FactsRefused, match=said):
        read(**changes)


@pytest.mark.django_db
def test_the_worldwide_pack_holds_the_number_of_each_country_for_its_callers(real_packs: Packs) -> None:
    services = {service["id"]: service for service in real_packs["ZZ", "en"]["services"]}

    assert {f"{country.lower()}-emergency-number" for country in FILE["numbers"]} <= services.keys()
    norway = services["no-emergency-number"]
    assert (norway["area"], norway["assured"], norway["purpose"]) == (["NO"], False, None)
    assert norway["channels"][0]["tel"] == "tel:112;phone-context=+47"
    assert not any(
        "no-emergency-number" in {s["id"] for s in pack["services"]} for (place, _), pack in real_packs.items() if place != "ZZ"
    )
