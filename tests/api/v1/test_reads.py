"""Packs, tips and services: the right bytes with the right headers and labels."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from content.models import Release
from core.canonical import canonical_json, digest
from tests.make import NOON, person
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db


def test_a_pack_is_served_as_the_bytes_that_were_compiled(api: Client, release: Release, real_packs: Packs) -> None:
    body = canonical_json(real_packs["GB", "cy"])

    response = api.get("/v1/packs/GB/cy")

    assert response.content == body
    assert response["ETag"] == f'"{digest(body)}"'
    assert response["Content-Language"] == "cy"
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Content-Location" not in response
    assert response["Vary"] == "Accept-Encoding"


def test_a_client_with_the_current_pack_gets_304(api: Client, release: Release) -> None:
    etag = api.get("/v1/packs/GB/en")["ETag"]

    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = api.get("/v1/packs/GB/en", headers={"if-none-match": header})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)
    assert api.get("/v1/packs/GB/en", headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "canonical"), [("gb/en", "GB/en"), ("GB/EN", "GB/en"), ("GB/en-GB", "GB/en"), ("DE/pt-br", "DE/pt-BR")]
)
def test_a_variant_of_a_locale_gets_its_canonical_location(api: Client, release: Release, path: str, canonical: str) -> None:
    response = api.get(f"/v1/packs/{path}")

    assert response.status_code == 200
    assert response["Content-Location"] == f"/v1/packs/{canonical}"
    assert response.content == api.get(f"/v1/packs/{canonical}").content


def test_a_country_without_services_gets_the_worldwide_pack(api: Client, release: Release) -> None:
    pack = api.get("/v1/packs/NO/en").json()
    tips = api.get("/v1/tips?country=NO&locale=en").json()

    assert (pack["country"], pack["coverage"]) == ("ZZ", "worldwide")
    assert tips["country"] == {"requested": "NO", "served": "ZZ"}


@pytest.mark.parametrize(
    "path", ["/v1/packs/XX/en", "/v1/packs/XX/en/" + "0" * 64, "/v1/tips?country=XX", "/v1/services?country=XX"]
)
def test_an_unassigned_country_is_404_with_the_available_ones(api: Client, release: Release, path: str) -> None:
    response = api.get(path)

    assert response.status_code == 404
    assert response.json()["type"] == "/v1/problems/unknown-country"
    assert response.json()["available"] == ["DE", "GB", "IN", "ZZ"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/packs/GB/xx",
        "/v1/packs/GB/zh-Hant",
        "/v1/packs/GB/..",
        "/v1/packs/GB/a%00b",
        "/v1/tips?locale=xx",
        "/v1/tips?locale=hi-Latn",
    ],
)
def test_an_unknown_locale_is_not_guessed_across_scripts(api: Client, release: Release, path: str) -> None:
    response = api.get(path)

    assert response.status_code == 404
    assert response.json()["type"] in {"/v1/problems/unknown-locale", "/v1/problems/not-found"}
    if response.json()["type"].endswith("unknown-locale"):
        assert response.json()["available"] == ["ar", "cy", "en", "hi", "pt-BR"]


def test_a_pack_by_its_digest_stays_after_the_next_release(api: Client, release: Release, real_packs: Packs) -> None:
    old = api.get("/v1/packs/GB/en")
    name = old["ETag"].strip('"')
    changed = {**real_packs, ("GB", "en"): {**real_packs["GB", "en"], "v": 1, "tips": []}}
    publish(changed, [("GB", "en"), ("ZZ", "en")])

    now, kept = api.get("/v1/packs/GB/en"), api.get(f"/v1/packs/GB/en/{name}")

    assert now.content != old.content
    assert kept.content == old.content
    assert "immutable" in kept["Cache-Control"]
    assert api.get("/v1/packs/GB/en/" + "0" * 64).status_code == 404
    assert api.get(f"/v1/packs/ZZ/en/{name}").status_code == 404


def test_a_candidate_release_is_not_served(api: Client, release: Release, real_packs: Packs) -> None:
    from content.models import Pack, ReleasePack

    body = canonical_json({**real_packs["GB", "en"], "tips": []})
    pack = Pack.objects.create(digest=digest(body), body=body.decode(), size=len(body))
    candidate = Release.objects.create(compiled_by=person("eager", "publisher"), compiled_at=NOON, base_id=release.number)
    ReleasePack.objects.create(release=candidate, country_id="GB", locale_id="en", pack=pack)

    assert api.get("/v1/packs/GB/en").content != body
    assert api.get(f"/v1/packs/GB/en/{pack.digest}").status_code == 404
    assert api.get("/v1/").json()["release"] == release.number


def test_a_new_release_is_served_at_once(api: Client, release: Release, real_packs: Packs) -> None:
    before = api.get("/v1/tips?country=GB&locale=en").json()

    newer = publish({**real_packs, ("GB", "en"): {**real_packs["GB", "en"], "tips": []}}, [("GB", "en"), ("ZZ", "en")])

    after = api.get("/v1/tips?country=GB&locale=en").json()
    assert before["tips"]
    assert (after["release"], after["tips"]) == (newer.number, [])


def test_a_blocked_pack_is_replaced_by_the_nearest_one(api: Client, db: None, real_packs: Packs) -> None:
    publish(real_packs, [("GB", "en"), ("DE", "cy"), ("ZZ", "en"), ("ZZ", "cy")])

    in_source = api.get("/v1/tips?country=GB&locale=cy").json()
    abroad = api.get("/v1/tips?country=DE&locale=en").json()

    assert (in_source["country"]["served"], in_source["locale"]) == (
        "GB",
        {"requested": "cy", "served": "en", "reason": "kept-back"},
    )
    assert (abroad["country"]["served"], abroad["locale"]["served"]) == ("ZZ", "en")


def test_before_the_first_release_reads_are_503_with_retry_after(api: Client, db: None) -> None:
    for path in ("/v1/packs/GB/en", "/v1/tips", "/v1/services"):
        response = api.get(path)
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert response.json()["type"] == "/v1/problems/no-release"
    assert api.get("/v1/").json()["release"] is None


def test_a_warm_read_costs_one_query(api: Client, release: Release, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    paths = ("/v1/packs/GB/en", "/v1/tips?country=GB&locale=en", "/v1/services?country=GB&locale=en")
    for path in paths:
        api.get(path)

    for path in paths:
        with django_assert_num_queries(1):
            api.get(path)
    with django_assert_num_queries(1):
        api.post("/v1/help", {"country": "GB", "situation": "blackmail"}, content_type="application/json")


# Language.


@pytest.mark.parametrize(
    ("header", "served"),
    [
        ("cy", "cy"),
        ("cy-GB, en;q=0.5", "cy"),
        ("xx, hi;q=0.3, en;q=0.2", "hi"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("xx", "en"),
        ("*", "en"),
        ("hi-Latn", "en"),
        (",;q=,,en-GB", "en"),
        ("a" * 8000, "en"),
        ("\x00", "en"),
    ],
)
def test_without_a_locale_the_readers_languages_are_matched(api: Client, release: Release, header: str, served: str) -> None:
    response = api.get("/v1/tips?country=GB", headers={"accept-language": header})

    assert response.status_code == 200
    assert response["Content-Language"] == served
    assert response["Vary"] == "Accept-Language, Accept-Encoding"
    assert response["Content-Location"] == f"/v1/tips?country=GB&locale={served}"
    explicit = api.get(response["Content-Location"])
    assert explicit.json()["tips"] == response.json()["tips"]
    assert explicit["Vary"] == "Accept-Encoding"


def test_each_tip_states_its_language(api: Client, release: Release) -> None:
    tips = api.get("/v1/tips?country=GB&locale=cy").json()["tips"]

    translated = [tip for tip in tips if tip["lang"] == "cy"]
    standing_in = [tip for tip in tips if tip["lang"] == "en"]
    assert translated
    assert standing_in
    assert all(tip["locale"] == {"requested": "cy", "served": "en", "reason": "not-translated"} for tip in standing_in)


# Filters.


def test_tips_can_be_filtered_by_audience(api: Client, release: Release) -> None:
    every = api.get("/v1/tips?country=GB&locale=en").json()["tips"]
    for_parents = api.get("/v1/tips?country=GB&locale=en&audience=parent").json()["tips"]

    assert for_parents == [tip for tip in every if "parent" in tip["audiences"]]
    assert 0 < len(for_parents) < len(every)


def test_one_tip_is_the_same_as_in_the_list(api: Client, release: Release) -> None:
    tip = api.get("/v1/tips?country=GB&locale=en").json()["tips"][0]

    assert api.get(f"/v1/tips/{tip['slug']}?country=GB&locale=en").json()["tip"] == tip
    assert api.get("/v1/tips/no-such-tip").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=emergency", {"gb-emergency-999"}),
        ("role=helpline&audience=teen&region=GB-WLS&language=cy", {"gb-meic"}),
        ("role=police-report&region=GB-SCT", {"gb-police-scotland-101", "gb-ceop-safety-centre"}),
    ],
)
def test_services_can_be_filtered(api: Client, release: Release, query: str, expected: set[str]) -> None:
    services = api.get(f"/v1/services?country=GB&locale=en&{query}").json()["services"]

    assert {s["id"] for s in services} == expected


def test_open_now_lists_services_known_to_be_open(api: Client, release: Release, monkeypatch: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON.replace(hour=3))
    night = {s["id"] for s in api.get("/v1/services?country=GB&locale=en&open_now=true").json()["services"]}
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)
    day = {s["id"] for s in api.get("/v1/services?country=GB&locale=en&open_now=true").json()["services"]}

    assert {"gb-childline", "gb-shout"} <= night
    assert "gb-meic" in day - night


def test_an_open_now_response_is_not_stored(api: Client, release: Release) -> None:
    assert api.get("/v1/services?country=GB&open_now=true")["Cache-Control"] == "no-store"
    assert "max-age" in api.get("/v1/services?country=GB")["Cache-Control"]


def test_a_service_is_found_without_its_country(api: Client, release: Release) -> None:
    assert api.get("/v1/services/gb-childline?locale=en").json()["service"]["name"] == "Childline"
    assert api.get("/v1/services/gb-childline?country=DE").status_code == 404
    assert api.get("/v1/services/no-such-service").status_code == 404


def test_a_retired_service_is_410_with_its_successor(api: Client, release: Release) -> None:
    response = api.get("/v1/services/platform-skype?locale=en")

    assert response.status_code == 410
    assert response.json()["type"] == "/v1/problems/gone"
    assert response.json()["successor"] == "platform-teams"


def test_a_worldwide_service_is_listed_only_in_its_area(api: Client, release: Release) -> None:
    def ids(country: str) -> set[str]:
        return {s["id"] for s in api.get(f"/v1/services?country={country}&locale=en").json()["services"]}

    assert "zz-eu-112" in ids("PT") & ids("ZZ")
    assert "zz-eu-112" not in ids("NO")


def test_figures_are_those_of_the_country_with_the_sentence_beside_them(api: Client, release: Release) -> None:
    answer = api.get("/v1/facts?country=GB&locale=en").json()

    figures = {figure["id"]: figure for figure in answer["figures"]}
    assert {"ceop-reports-2024", "ncmec-reports-2024"} <= figures.keys()
    assert not {"nz-referrals-2024"} & figures.keys()
    assert figures["ceop-reports-2024"]["old"] is False
    assert figures["ceop-reports-2012"]["old"] is True
    assert answer["labels"]["figures"]["reports-not-cases"]["text"].startswith("Reports are not cases.")
    assert api.get("/v1/facts?age=15").status_code == 400


def test_the_service_document_links_to_all_resources(api: Client, release: Release) -> None:
    document = api.get("/v1/").json()

    assert document["release"] == release.number
    assert document["countries"] == ["DE", "GB", "IN", "ZZ"]
    assert {entry["tag"]: entry["dir"] for entry in document["locales"]}["ar"] == "rtl"
    for name, path in document["links"].items():
        # No manifest is signed in this test.
        expected = {503} if name == "manifest" else {200, 405}
        assert "{" in path or api.get(path, headers={"accept": "*/*"}).status_code in expected, name


def test_head_is_get_without_the_body(api: Client, release: Release) -> None:
    got, head = api.get("/v1/packs/GB/en"), api.head("/v1/packs/GB/en")

    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.items()) == dict(got.items())
