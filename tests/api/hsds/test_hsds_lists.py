"""The short ways to read /hsds/: lines without pages, and minimal lists; and what finds taxonomies and terms."""

from __future__ import annotations

import re
from datetime import timedelta

import orjson
import pytest
from django.test import Client

from api.reads import edition_store
from content.exporting.hsds_ids import identifier
from content.models import Release
from tests.api.hsds.test_hsds import Harvester
from tests.make import NOON
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def harvester(api: Client, release: Release) -> Harvester:
    return Harvester(api)


@pytest.mark.parametrize("query", ["", "full=true", "minimal=true", "search=childline", "modified_after=2020-01-01T00:00:00Z"])
def test_lines_hold_the_same_entries_as_pages(harvester: Harvester, query: str) -> None:
    response = harvester.client.get(f"/hsds/services?format=ndjson&{query}")

    filters = dict(part.split("=") for part in query.split("&") if part)
    assert response["Content-Type"] == "application/x-ndjson"
    assert response.content.endswith(b"}\n")
    assert [orjson.loads(line) for line in response.content.splitlines()] == list(
        harvester.everything("/services", per_page=7, **filters)
    )


@pytest.mark.parametrize("path", ["/taxonomies", "/taxonomy_terms"])
def test_taxonomies_are_lines_too_and_are_found_by_a_word(harvester: Harvester, path: str) -> None:
    everything = list(harvester.everything(path))
    lines = harvester.client.get(f"/hsds{path}?format=ndjson").content.splitlines()
    name = everything[-1]["name"]

    assert [orjson.loads(line) for line in lines] == everything
    found = list(harvester.everything(path, search=name.split()[-1].upper()))
    assert everything[-1] in found
    assert len(found) < len(everything)


def test_terms_are_found_by_taxonomy_and_none_is_below_another(harvester: Harvester) -> None:
    terms = list(harvester.everything("/taxonomy_terms"))
    taxonomy = terms[0]["taxonomy_id"]

    assert list(harvester.everything("/taxonomy_terms", taxonomy_id=taxonomy)) == [
        term for term in terms if term["taxonomy_id"] == taxonomy
    ]
    assert list(harvester.everything("/taxonomy_terms", top_only="true")) == terms
    assert harvester.read(f"/taxonomy_terms?parent_id={terms[0]['id']}")["empty"] is True
    assert not any("parent_id" in term for term in terms)


def test_a_minimal_list_is_one_page_of_ids_and_times(api: Client, real_packs: Packs) -> None:
    pack, american = real_packs["GB", "en"], real_packs["US", "en"]
    first, *others = pack["services"]
    places = [("GB", "en"), ("US", "en")]
    publish(real_packs, places)
    changed = {**pack, "services": [{**first, "languages": ["en", "cy"]}, *others]}
    publish({("GB", "en"): changed, ("US", "en"): american}, places, at=NOON + timedelta(days=1))
    harvester = Harvester(api)

    page = harvester.read("/services?minimal=true")

    assert len(page["contents"]) == page["total_items"] > 50
    assert (page["total_pages"], page["last_page"]) == (1, True)
    assert {tuple(entry) for entry in page["contents"]} == {("id", "modified_date")}
    dates = {entry["id"]: entry["modified_date"] for entry in page["contents"]}
    whole = list(harvester.everything("/services", per_page=500))
    assert dates == {entry["id"]: entry["last_modified"] for entry in whole}
    assert dates[identifier("service", first["id"])] == "2026-12-02T12:00:00Z"
    assert [e["id"] for e in harvester.read("/services?minimal=true&modified_after=2026-12-02T00:00:00Z")["contents"]] == [
        identifier("service", first["id"])
    ]
    assert len(harvester.read("/services?minimal=true&per_page=5")["contents"]) == 5
    Release.objects.update(changed={})
    edition_store.store.clear()
    assert {tuple(entry) for entry in harvester.read("/services?minimal=true")["contents"]} == {("id",)}


def test_every_instant_of_the_open_data_is_of_one_form(harvester: Harvester) -> None:
    instants = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d[^\"]*")

    found = {
        instant
        for path in ("services?format=ndjson&full=true", "services?minimal=true", "taxonomies", "taxonomy_terms", "profile")
        for instant in instants.findall(harvester.client.get(f"/hsds/{path}").content)
    }

    assert found
    assert [instant for instant in found if re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", instant) is None] == []
