"""/hsds/ against the published schemas, and read by a generic harvester."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from jsonschema_rs import Draft202012Validator, Registry

from api.hsds.catalogue import Catalogue
from api.reads import edition_store
from content.exporting import hsds
from content.exporting.hsds_ids import identifier
from content.models import Release
from tests.make import NOON
from tests.packs import Packs, notice, noticed, publish

pytestmark = pytest.mark.django_db

STANDARDS = Path(__file__).resolve().parents[2] / "standards"
BASE = "https://schemas.example/"
BOTH = ("hsds-3.0", "oruk-profile")


@cache
def validator(path: str) -> Draft202012Validator:
    # The two schemas of taxonomies refer to each other and to the metadata schema, which is inlined in the one of services.
    folder = (STANDARDS / path).parent
    schema, service = (orjson.loads(file.read_bytes()) for file in (STANDARDS / path, STANDARDS / "hsds-3.0/service.json"))
    beside = [(f"{BASE}{name}", orjson.loads((folder / name).read_bytes())) for name in ("taxonomy.json", "taxonomy_term.json")]
    beside.append((f"{BASE}metadata.json", service["properties"]["metadata"]["items"]))
    return Draft202012Validator(schema, validate_formats=True, registry=Registry(beside), base_uri=BASE + folder.name)


@cache
def page_validator(standard: str) -> Draft202012Validator:
    document = orjson.loads((STANDARDS / standard / "openapi.json").read_bytes())
    return Draft202012Validator(document["components"]["schemas"]["Page"] | {"required": ["contents", "total_pages"]})


def faults(found: Draft202012Validator, value: Any) -> list[str]:
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message[:120]}" for error in found.iter_errors(value)]


class Harvester:
    """A client that knows the paths and page fields of HSDS, and nothing about Fingerpost."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def read(self, path: str) -> Any:
        response = self.client.get(f"/hsds{path}", headers={"accept": "application/json"})
        assert response.status_code == 200, (path, response.content[:200])
        return orjson.loads(response.content)

    def everything(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        number = 1
        while True:
            words = "&".join(f"{name}={value}" for name, value in {"page": number, **query}.items())
            page = self.read(f"{path}?{words}")
            assert page["size"] == len(page["contents"])
            assert (page["first_page"], page["page_number"]) == (number == 1, number)
            yield from page["contents"]
            if page["last_page"]:
                assert number == page["total_pages"]
                return
            number += 1


@pytest.fixture
def harvester(api: Client, release: Release) -> Harvester:
    return Harvester(api)


def test_a_harvester_can_page_through_and_open_all_services(harvester: Harvester, real_packs: Packs) -> None:
    entries = list(harvester.everything("/services", per_page=7))

    expected = {s["id"] for country in ("GB", "DE", "IN", "ZZ") for s in real_packs[country, "en"]["services"]}
    assert len(expected) > 20
    assert {entry["fingerpost"]["id"] for entry in entries} == expected
    assert len({entry["id"] for entry in entries}) == len(entries)
    for entry in entries:
        whole = harvester.read(f"/services/{entry['id']}")
        assert {name: whole[name] for name in entry if name != "fingerpost"} == {
            name: value for name, value in entry.items() if name != "fingerpost"
        }


@pytest.mark.parametrize("standard", BOTH)
def test_the_list_and_its_pages_validate_against_the_published_schemas(harvester: Harvester, standard: str) -> None:
    page = harvester.read("/services?per_page=500")

    assert faults(page_validator(standard), page) == []
    assert page["total_items"] == len(page["contents"]) > 20
    for entry in page["contents"]:
        assert faults(validator(f"{standard}/service_list.json"), entry) == [], entry["name"]


@pytest.mark.parametrize("standard", BOTH)
def test_every_service_validates_against_the_published_schemas(harvester: Harvester, standard: str) -> None:
    for entry in harvester.everything("/services", per_page=500, full="true"):
        assert faults(validator(f"{standard}/service.json"), entry) == [], entry["name"]


@pytest.mark.parametrize("standard", BOTH)
def test_taxonomies_validate_and_are_those_that_services_use(harvester: Harvester, standard: str) -> None:
    terms = {term["id"]: term for term in harvester.everything("/taxonomy_terms", per_page=4)}
    taxonomies = {entry["id"]: entry for entry in harvester.everything("/taxonomies")}

    for term in terms.values():
        assert faults(validator(f"{standard}/taxonomy_term.json"), term) == []
        assert harvester.read(f"/taxonomy_terms/{term['id']}") == term
    for entry in taxonomies.values():
        assert faults(validator(f"{standard}/taxonomy.json"), entry) == []
        assert harvester.read(f"/taxonomies/{entry['id']}") == entry
    assert {term["taxonomy_id"] for term in terms.values()} == set(taxonomies)
    for service in harvester.everything("/services", full="true"):
        assert all(terms[link["taxonomy_term_id"]] == link["taxonomy_term"] for link in service["attributes"])


def test_the_validator_finds_a_fault(harvester: Harvester) -> None:
    service = harvester.read("/services/gb-childline")

    for change in ({"status": "open"}, {"id": "gb-childline"}, {"minimum_age": "13"}, {"phones": [{"number": "1"}]}):
        assert faults(validator("hsds-3.0/service.json"), service | change) != []


def test_services_have_exactly_the_extensions_of_the_profile(harvester: Harvester) -> None:
    about = harvester.read("/")
    profile = harvester.read("/profile")
    declared = {name: patch["properties"]["fingerpost"] for name, patch in profile["schemas"].items()}
    seen = set()

    def check(kind: str, value: dict[str, Any]) -> None:
        seen.add(kind)
        assert faults(Draft202012Validator(declared[kind]), value["fingerpost"]) == []

    check("page.json", harvester.read("/services"))
    for service in harvester.everything("/services", full="true"):
        check("service.json", service)
        check("organization.json", service["organization"])
        for part, kind in (("phones", "phone.json"), ("schedules", "schedule.json"), ("service_areas", "service_area.json")):
            for value in service.get(part, ()):
                check(kind, value)

    assert about["profile"].endswith("/hsds/profile")
    assert about["version"] == "3.0"
    assert seen == set(declared)


def test_a_service_has_only_hsds_fields_and_the_extension(harvester: Harvester) -> None:
    known = set(orjson.loads((STANDARDS / "hsds-3.0/service.json").read_bytes())["properties"])

    for service in harvester.everything("/services", full="true"):
        assert set(service) <= known | {"fingerpost"}
        assert None not in service.values()


def test_every_field_of_a_packed_service_is_in_hsds_or_the_extension(harvester: Harvester, real_packs: Packs) -> None:
    services = {service["id"]: service for pack in real_packs.values() for service in pack["services"]}
    held = {name for service in services.values() for name in service}

    assert held | {"notices"} == {*hsds.SERVICE_EXTENSION, *hsds.WHOLE_SERVICE_EXTENSION, *hsds.HSDS_FIELDS}
    # The table of the week follows from the hours, which HSDS has as schedules.
    assert {name for s in services.values() for way in s["channels"] for name in way} == {*hsds.CHANNEL_EXTENSION, "week"}
    for entry in harvester.everything("/services", per_page=500, full="true"):
        assert set(entry["fingerpost"]) == {*hsds.SERVICE_EXTENSION, *hsds.WHOLE_SERVICE_EXTENSION}
    for entry in harvester.everything("/services", per_page=500):
        assert set(entry["fingerpost"]) == set(hsds.SERVICE_EXTENSION)


def test_contact_details_and_routes_are_in_the_extension(harvester: Harvester) -> None:
    snapchat, childline = (harvester.read(f"/services/{name}")["fingerpost"] for name in ("platform-snapchat", "gb-childline"))

    assert set(snapchat["routes"]["any"]) == {"steps", "asks"}
    assert childline["after"]["lang"] == "en"
    phone = next(way for way in childline["channels"] if way["type"] == "phone")
    assert (phone["dial_kind"], phone["tel"]) == ("national", "tel:+448001111")
    assert phone["spoken"] == "zero eight zero zero, one one one one"


def at(monkeypatch: pytest.MonkeyPatch, instant: str) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: datetime.fromisoformat(instant))


def test_the_alert_has_current_notices_and_the_extension_all(
    api: Client, real_packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = notice(kind="moved", until="2026-12-31T20:00:00Z")
    pack = noticed(real_packs["GB", "en"], over, notice())
    name = pack["services"][0]["id"]
    publish({("GB", "en"): pack}, [("GB", "en")])

    def read() -> dict[str, Any]:
        return dict(orjson.loads(api.get(f"/hsds/services/{name}").content))

    at(monkeypatch, "2026-12-31T19:59:59Z")
    both = read()
    at(monkeypatch, "2026-12-31T20:00:00Z")
    one = read()
    at(monkeypatch, "2027-01-02T09:00:00Z")
    none = read()

    sentence = "Closed just now, from 31 December 2026, 18:00 until 2 January 2027, 09:00 (UTC)."
    assert one["alert"] == sentence
    assert both["alert"] == f"{sentence.replace('2 January 2027, 09:00', '31 December 2026, 20:00')} {sentence}"
    assert "alert" not in none
    assert [entry["fingerpost"]["notices"] for entry in (both, one, none)] == [[over, notice()]] * 3
    assert faults(validator("hsds-3.0/service.json"), both) == faults(validator("oruk-profile/service.json"), both) == []
    declared = orjson.loads(api.get("/hsds/profile").content)["schemas"]["service.json"]["properties"]["fingerpost"]
    assert faults(Draft202012Validator(declared, validate_formats=True), both["fingerpost"]) == []


def test_the_list_shows_an_alert_on_its_own_service_only(api: Client, real_packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    publish({("GB", "en"): noticed(real_packs["GB", "en"])}, [("GB", "en")])
    at(monkeypatch, "2026-12-30T00:00:00Z")

    for query in ("", "?full=true"):
        entries = orjson.loads(api.get(f"/hsds/services{query}").content)["contents"]
        assert ["alert" in entry for entry in entries] == [True] + [False] * (len(entries) - 1)


def test_an_entry_is_made_once_for_pages_of_any_size_and_anew_when_its_alert_ends(
    api: Client, real_packs: Packs, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish({("GB", "en"): noticed(real_packs["GB", "en"])}, [("GB", "en")])
    made: list[str] = []
    make = Catalogue.current_entry

    def noted(self: Catalogue, entry: Any, request: Any) -> Any:
        made.append(entry["id"])
        return make(self, entry, request)

    monkeypatch.setattr(Catalogue, "current_entry", noted)

    def read(size: int) -> Any:
        return orjson.loads(api.get(f"/hsds/services?full=true&per_page={size}").content)["contents"]

    at(monkeypatch, "2026-12-30T00:00:00Z")
    four = read(4)
    assert read(3) == four[:3]
    at(monkeypatch, "2027-02-01T00:00:00Z")
    later = read(2)

    first, second, third, fourth = (entry["id"] for entry in four)
    assert made == [first, second, third, fourth, first, second]
    assert ["alert" in entry for entry in (four[0], later[0])] == [True, False]


def test_last_modified_is_when_the_entry_was_first_published(api: Client, real_packs: Packs) -> None:
    pack = real_packs["GB", "en"]
    first, second, *others = pack["services"]
    publish({("GB", "en"): pack}, [("GB", "en")])
    changed = {**pack, "services": [{**first, "languages": ["en", "cy"]}, second, *others]}
    publish({("GB", "en"): changed}, [("GB", "en")], at=NOON + timedelta(days=1))

    one, two = (orjson.loads(api.get(f"/hsds/services/{service['id']}").content) for service in (first, second))

    assert (one["last_modified"], two["last_modified"]) == ("2026-12-02T12:00:00Z", "2026-12-01T12:00:00Z")
    assert faults(validator("hsds-3.0/service.json"), one) == faults(validator("oruk-profile/service.json"), one) == []


def test_a_harvester_reads_what_has_changed_at_an_instant_or_later(api: Client, real_packs: Packs) -> None:
    pack = real_packs["GB", "en"]
    first, *others = pack["services"]
    publish({("GB", "en"): pack}, [("GB", "en")])
    changed = {**pack, "services": [{**first, "languages": ["en", "cy"]}, *others]}
    publish({("GB", "en"): changed}, [("GB", "en")], at=NOON + timedelta(days=1))
    harvester = Harvester(api)

    def names(since: str) -> list[str]:
        return [entry["fingerpost"]["id"] for entry in harvester.everything("/services", modified_after=since)]

    assert names("2026-12-02T12:00:00Z") == names("2026-12-01T12:00:01Z") == [first["id"]]
    assert harvester.read("/services?modified_after=2026-12-02T12:00:01Z")["empty"] is True
    assert set(names("2026-12-01T12:00:00Z")) == {service["id"] for service in pack["services"]}
    Release.objects.update(changed={})
    edition_store.store.clear()
    assert len(names("2026-12-02T12:00:01Z")) == len(pack["services"])


def test_filters_find_by_name_term_taxonomy_and_organization(harvester: Harvester) -> None:
    whole = {entry["fingerpost"]["id"]: entry for entry in harvester.everything("/services", full="true")}
    terms = {term["name"]: term for term in harvester.everything("/taxonomy_terms")}

    def found(**filters: str) -> set[str]:
        return {entry["fingerpost"]["id"] for entry in harvester.everything("/services", per_page=3, **filters)}

    helpline = terms["Helpline"]
    assert found(taxonomy_term_id=helpline["id"]) == {name for name, e in whole.items() if "helpline" in e["fingerpost"]["roles"]}
    assert found(taxonomy_id=helpline["taxonomy_id"]) == set(whole)
    named = {name for name, e in whole.items() if "childline" in f"{e['name']} {e['organization']['name']}".lower()}
    assert found(search="CHILDLINE") == named
    assert found(search="remove+childline") == named & {"gb-report-remove"}
    assert found(organization_id=whole["gb-childline"]["organization_id"]) >= {"gb-childline"}
    names = " ".join(f"{e['name']} {e['organization']['name']}" for e in whole.values()).lower()
    words = re.findall("[a-z]+", whole["gb-childline"]["description"].lower())
    in_no_name = max((word for word in words if word not in names), key=len)
    for query in (f"search={in_no_name}", f"search=childline&taxonomy_term_id={terms['Emergency']['id']}"):
        assert harvester.read(f"/services?{query}")["empty"] is True, query


def test_last_modified_is_missing_for_entries_of_older_versions(api: Client, small_release: Release) -> None:
    Release.objects.update(changed={})

    assert "last_modified" not in orjson.loads(api.get("/hsds/services/gb-childline").content)


def test_numbers_are_as_printed_and_facts_are_in_hsds_fields(harvester: Harvester, real_packs: Packs) -> None:
    childline = harvester.read("/services/gb-childline")
    german = [s for s in harvester.everything("/services", full="true") if s["fingerpost"]["country"] == "DE"]

    assert childline["id"] == identifier("service", "gb-childline")
    assert childline["phones"][0]["number"] == "0800 1111"
    assert childline["phones"][0]["type"] == "voice"
    assert childline["phones"][0]["fingerpost"]["display"] == "\u20660800 1111\u2069"
    assert "116 111" in {phone["number"] for service in german for phone in service.get("phones", ())}
    assert not any("\u2066" in phone["number"] for service in german for phone in service.get("phones", ()))
    assert childline["schedules"][0] | {"id": "", "service_id": "", "fingerpost": ""} == {
        "id": "", "service_id": "", "fingerpost": "", "freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU",
        "opens_at": "00:00", "closes_at": "23:59", "description": "24/7",
    }  # fmt: skip


def test_a_maximum_age_in_the_image_is_not_one_of_the_person(harvester: Harvester) -> None:
    take_it_down, stop_ncii = (harvester.read(f"/services/{name}") for name in ("zz-take-it-down", "zz-stopncii"))

    assert "maximum_age" not in take_it_down
    assert take_it_down["eligibility_description"] == "Up to 17 years of age when the image was made."
    assert take_it_down["fingerpost"]["eligibility"] == {"min_age": None, "max_age": 17, "age_measured": "image-taken"}
    assert stop_ncii["minimum_age"] == 18
    assert harvester.read("/services/gb-report-remove")["maximum_age"] == 17


def test_assured_date_requires_valid_checks_of_all_channels(api: Client, real_packs: Packs, settings: Any) -> None:
    settings.ASSURER_EMAIL = "listings@fingerpost.example"
    checked = {"assured": True, "checked_on": "2026-11-02", "assured_until": "2027-02-01"}
    pack = {**real_packs["GB", "en"]}
    first, second, *_ = pack["services"]
    pack["services"] = [
        first | checked | {"channels": [channel | checked for channel in first["channels"]]},
        second | {"assured": False, "checked_on": "2026-01-02"},
    ]
    publish({("GB", "en"): pack}, [("GB", "en")])

    one, two = (orjson.loads(api.get(f"/hsds/services/{service['id']}").content) for service in (first, second))

    assert (one["assured_date"], one["assurer_email"]) == ("2026-11-02", "listings@fingerpost.example")
    assert "assured_date" not in two
    assert "assurer_email" not in two
    assert two["fingerpost"]["assured"] is False
    assert faults(validator("hsds-3.0/service.json"), one) == []


def test_a_retired_service_answers_with_its_successor_under_both_ids(api: Client, real_packs: Packs) -> None:
    pack = {**real_packs["GB", "en"], "retired": [{"id": "gb-old-line", "successor": "gb-childline"}]}
    publish({("GB", "en"): pack}, [("GB", "en")])

    for name in ("gb-old-line", identifier("service", "gb-old-line")):
        response = api.get(f"/hsds/services/{name}")
        assert (response.status_code, response["Content-Type"]) == (410, "application/problem+json")
        assert orjson.loads(response.content)["successor"] == identifier("service", "gb-childline")


def test_a_blocked_country_does_not_revive_a_retired_service(api: Client, real_packs: Packs) -> None:
    worldwide = {**real_packs["ZZ", "en"]}
    gone = "zz-take-it-down"
    worldwide["services"] = [service for service in worldwide["services"] if service["id"] != gone]
    assert gone in {service["id"] for service in real_packs["GB", "en"]["services"]}
    publish({("GB", "en"): real_packs["GB", "en"], ("ZZ", "en"): worldwide}, [("GB", "en"), ("ZZ", "en")])

    assert api.get(f"/hsds/services/{gone}").status_code == 404


def test_a_page_past_the_last_is_empty_and_the_last(harvester: Harvester) -> None:
    page = harvester.read("/services?page=10000")

    assert (page["contents"], page["size"], page["empty"], page["last_page"], page["first_page"]) == ([], 0, True, True, False)
