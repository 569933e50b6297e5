"""What /hsds/ refuses and answers to requests that are not those of a harvester: parameters, unknown entries, conditions."""

from __future__ import annotations

import re

import orjson
import pytest
from django.test import Client

from content.models import Release
from tests.api.wsgi import BothPaths, ask
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(as_served: None, real_packs: Packs) -> BothPaths:
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    return BothPaths(None)


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=1.0", "page=one", "page=", "page=%D9%A1", "page=01", "page=1&page=2",
        "page=99999999999999999999",
        "per_page=0", "per_page=501", "per_page=1e2", "full=yes", "minimum_age=15", "maximum_age=17",
        "taxonomy_term_id=1", "taxonomy_id=", "organization_id=x", "search=", "search=%09", f"search={'x' * 81}",
        "modified_after=yesterday", "modified_after=2026-12-01", "situation=blackmail", "PAGE=1",
        "minimal=1", "format=xml", "format=", "page=1&format=ndjson", "per_page=5&format=ndjson", "minimal=true&full=true",
        "full=true&format=ndjson&modified_after=2026-01-01T00:00:00Z", "full=true&search=the&format=ndjson",
    ],
)  # fmt: skip
def test_invalid_and_unknown_parameters_are_refused_by_name(api: Client, small_release: Release, query: str) -> None:
    response = api.get(f"/hsds/services?{query}")

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert orjson.loads(response.content)["errors"][0]["field"] == re.split("=", query)[0]


@pytest.mark.parametrize("path", ["taxonomies?taxonomy_id=1", "taxonomies?top_only=true", "taxonomy_terms?top_only=1"])
def test_taxonomies_take_the_parameters_that_they_have(api: Client, small_release: Release, path: str) -> None:
    assert api.get(f"/hsds/{path}").status_code == 400


@pytest.mark.parametrize(
    "path", ["/hsds/", "/hsds/profile", "/hsds/services/gb-childline", "/hsds/taxonomies/x", "/hsds/taxonomy_terms/x"]
)
def test_the_other_paths_take_no_parameter(api: Client, small_release: Release, path: str) -> None:
    assert api.get(f"{path}?page=1").status_code == 400


@pytest.mark.parametrize(
    "path", ["services/nothing", "services/00000000-0000-5000-8000-000000000000", "taxonomies/x", "taxonomy_terms/x"]
)
def test_an_unknown_entry_is_404(api: Client, small_release: Release, path: str) -> None:
    response = api.get(f"/hsds/{path}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["services", "taxonomies", "taxonomy_terms"])
def test_a_list_is_in_the_media_type_that_is_accepted(both: BothPaths, path: str) -> None:
    for application in (both.fast, both.django):
        lines = ask(application, f"/hsds/{path}?format=ndjson")
        for query, accept, media_type in (
            ("", "application/x-ndjson", "application/x-ndjson"),
            ("?format=ndjson", "application/x-ndjson", "application/x-ndjson"),
            ("?format=ndjson", "application/json", "application/x-ndjson"),
            ("?format=json", "application/x-ndjson", "application/json"),
            ("", "application/json, application/x-ndjson;q=0.5", "application/json"),
            ("", "*/*", "application/json"),
        ):
            found = ask(application, f"/hsds/{path}{query}", accept=accept)
            assert (found.status, found["Content-Type"]) == (200, media_type)
            assert "Accept" in found["Vary"].split(", ")
            assert (found.body == lines.body) == (media_type == "application/x-ndjson")
        assert ask(application, f"/hsds/{path}", accept="text/html").status == 406
        paged = ask(application, f"/hsds/{path}?page=1", accept="application/x-ndjson")
        assert (paged.status, orjson.loads(paged.body)["errors"][0]["field"]) == (400, "page")
    assert both.passed_on == 2


def test_before_the_first_release_the_answer_is_503(api: Client) -> None:
    for path in ("/hsds/", "/hsds/services", "/hsds/services/gb-childline", "/hsds/taxonomies"):
        assert api.get(path).status_code == 503


def test_pages_have_an_etag_per_release_and_cors_headers(api: Client, real_packs: Packs) -> None:
    publish(real_packs, [("GB", "en")])
    first = api.get("/hsds/services")
    again = api.get("/hsds/services", headers={"if-none-match": first["ETag"]})
    publish(real_packs, [("GB", "en"), ("DE", "en")])
    later = api.get("/hsds/services", headers={"if-none-match": first["ETag"]})

    assert first["Access-Control-Allow-Origin"] == "*"
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert later.status_code == 200
    assert orjson.loads(later.content)["fingerpost"]["release"] > orjson.loads(first.content)["fingerpost"]["release"]
