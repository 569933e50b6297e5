"""Handouts as pages: from the published pack, under neutral addresses, with the cache headers of packs."""

from __future__ import annotations

import gzip
import html
import re
from typing import Any

import pytest
from django.test import Client

from content.models import Release
from tests import make
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db


def read(api: Client, path: str, **headers: str) -> Any:
    return api.get(path, headers=headers)


def text_of(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture(autouse=True)
def _public_url(settings: Any) -> None:
    settings.PUBLIC_URL = "https://help.example"


def test_the_page_says_what_to_do_whom_to_call_and_where_to_report(api: Client, release: Release) -> None:
    response = read(api, "/handout/GB/en/for-home")
    text = text_of(response)

    assert response.status_code == 200
    assert response["Content-Type"] == "text/html; charset=utf-8"
    for part in (
        *("If something goes wrong online: for families", "United Kingdom", "In danger right now", "\u2066999\u2069"),
        *("What to do first", "If someone threatens your child: the first hour", "What not to do"),
        *("Talk to someone", "\u20660800 1111\u2069", "Day and night.", "It is free."),
        *("Report it", "CEOP Safety Centre report", "Ask for pictures to be removed", "Take It Down"),
        *("https://help.example/handout/GB/en/for-home", "Check before you print again after:"),
        "Draft. Not reviewed yet: do not hand out.",
    ):
        assert part in text, part
    assert "<script" not in response.content.decode()
    assert " style=" not in response.content.decode()


def test_schools_get_the_steps_of_a_school(api: Client, release: Release) -> None:
    text = text_of(read(api, "/handout/GB/en/for-school"))

    assert "Tell the person in charge of child protection at your school" in text
    assert "What the school does next" in text


def test_the_address_comes_from_the_setting_and_never_from_the_host(api: Client, release: Release, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    page = api.get("/handout/GB/en/for-home", headers={"host": "other.example"}).content.decode()

    assert "https://help.example/handout/GB/en/for-home" in page
    assert "other.example" not in page


def test_it_is_right_to_left_where_the_locale_is(api: Client, release: Release) -> None:
    page = read(api, "/handout/GB/ar/for-a-wall").content.decode()

    assert '<html lang="ar" dir="rtl">' in page
    assert "\u20660800 1111\u2069" in page


def test_cache_headers_are_those_of_packs(api: Client, release: Release) -> None:
    first = read(api, "/handout/GB/cy/for-home")
    packed = read(api, "/handout/GB/cy/for-home", accept_encoding="gzip")
    again = read(api, "/handout/GB/cy/for-home", if_none_match=first["ETag"])
    head = api.head("/handout/GB/cy/for-home")
    pack = read(api, "/v1/packs/GB/cy")

    assert first["Cache-Control"] == pack["Cache-Control"]
    assert first["Content-Language"] == "cy"
    assert gzip.decompress(packed.content) == first.content
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", str(len(first.content)))


def test_another_spelling_names_the_canonical_address(api: Client, release: Release) -> None:
    response = read(api, "/handout/gb/CY-gb/for-home")

    assert (response.status_code, response["Content-Location"]) == (200, "/handout/GB/cy/for-home")
    assert "https://help.example/handout/GB/cy/for-home" in response.content.decode()


def test_a_country_without_a_pack_gets_worldwide_services_and_its_emergency_number(api: Client, release: Release) -> None:
    text = text_of(read(api, "/handout/NO/en/for-a-wall"))

    assert "Norway" in text
    assert "/handout/NO/en/for-a-wall" in text
    assert "\u2066112\u2069" in text


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/handout/GB/en/first-hour", "not-found"),
        ("/handout/GB/en/blackmail", "not-found"),
        ("/handout/XX/en/for-home", "unknown-country"),
        ("/handout/GB/xx/for-home", "unknown-locale"),
        ("/handout/GB/en/for-home.html", "not-found"),
        ("/handout/XX/en/for-home.pdf", "unknown-country"),
        ("/handout/GB/en/first-hour.pdf", "not-found"),
    ],
)
def test_unknown_addresses_are_problems(api: Client, release: Release, path: str, kind: str) -> None:
    response = read(api, path)

    assert (response.status_code, response.json()["type"]) == (404, f"/v1/problems/{kind}")


def test_a_release_of_an_older_version_has_no_handouts_yet(api: Client, real_packs: Packs) -> None:
    pack = real_packs["GB", "en"]
    older = {**pack, "labels": {key: value for key, value in pack["labels"].items() if key != "handouts"}}
    publish({("GB", "en"): older}, [("GB", "en")])

    assert read(api, "/handout/GB/en/for-home").status_code == 404
    assert read(api, "/v1/handouts?country=GB&locale=en").json()["handouts"] == []


def test_parameters_are_refused_by_name(api: Client, release: Release) -> None:
    response = read(api, "/handout/GB/en/for-home?age=15")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "age"


def test_the_page_changes_with_the_release(api: Client, real_packs: Packs) -> None:
    pack = real_packs["GB", "en"]
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    before = read(api, "/handout/GB/en/for-home")
    services = [service for service in pack["services"] if service["id"] != "gb-nspcc-helpline"]
    publish({**real_packs, ("GB", "en"): {**pack, "services": services}}, [("GB", "en"), ("ZZ", "en")])

    after = read(api, "/handout/GB/en/for-home")

    assert "0808 800 5000" in before.content.decode()
    assert "0808 800 5000" not in after.content.decode()
    assert after["ETag"] != before["ETag"]


def test_the_api_lists_the_pages_with_their_files(api: Client, release: Release) -> None:
    answer = read(api, "/v1/handouts?country=GB&locale=cy").json()

    assert [entry["slug"] for entry in answer["handouts"]] == ["for-home", "for-school", "for-a-wall"]
    assert [entry["audience"] for entry in answer["handouts"]] == ["parent", "educator", "teen"]
    first = answer["handouts"][0]
    assert first["title"]["lang"] == "cy"
    assert first["page"] == "https://help.example/handout/GB/cy/for-home"
    assert first["pdf"]["letter"] == "https://help.example/handout/GB/cy/for-home.pdf?paper=letter"
    for entry in answer["handouts"]:
        assert read(api, entry["page"].removeprefix("https://help.example")).status_code == 200


def test_the_console_links_every_language_of_a_country(client: Client, release: Release) -> None:
    client.force_login(make.person("kim", "auditor"))

    page = client.get("/console/handouts/", {"country": "IN"}).content.decode()

    assert page.count("https://help.example/handout/IN/hi/") == 6
    assert "Hindi" in page
    assert client.get("/console/handouts/", {"country": "nowhere"}).status_code == 200
