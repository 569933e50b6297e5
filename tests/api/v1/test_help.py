"""POST /v1/help: the plan as a response; its rules are tested in tests/content/resolver/test_resolver.py."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest
from django.test import Client

from content.models import Release
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db

TEEN = {
    "country": "GB",
    "region": "GB-WLS",
    "audience": "teen",
    "age": 15,
    "age_in_image": 15,
    "situation": "blackmail",
    "site": "snapchat",
    "languages": ["cy", "en"],
    "can_speak": True,
    "at": "2026-12-01T12:00:00Z",
}


def ask(api: Client, body: dict[str, Any], **headers: str) -> Any:
    return api.post("/v1/help", body, content_type="application/json", headers=headers)


def test_a_teenager_in_wales_gets_a_short_ordered_plan_in_welsh(api: Client, release: Release) -> None:
    response = ask(api, TEEN)

    answer = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert "ETag" not in response
    assert (answer["release"], answer["country"]["served"]) == (release.number, "GB")
    assert answer["locale"] == {"requested": "cy", "served": "cy", "reason": None}
    assert [(s["step"], s["service"]) for s in answer["plan"]] == [
        ("danger-now", "gb-emergency-999"),
        ("talk", "gb-childline"),
        ("report", "gb-ceop-safety-centre"),
        ("take-down", "gb-report-remove"),
        ("tell-the-platform", "platform-snapchat"),
    ]
    talk = answer["plan"][1]
    assert talk["open"] is True
    assert (talk["closes_at"], talk["opens_at"], talk["stale"], talk["language_match"]) == (None, None, False, True)
    assert {reason["code"]: reason["text"] for reason in talk["why"]}["free"]
    assert answer["services"]["gb-childline"]["channels"][0]["dial"] == "0800 1111"
    assert answer["services"]["gb-childline"]["channels"][0]["href"] == "tel:08001111"
    assert "first-hour" in answer["tips"]


def test_every_service_in_the_plan_is_included(api: Client, release: Release) -> None:
    answer = ask(api, TEEN).json()

    named = {i for s in answer["plan"] for i in (s["service"], *s["alternatives"]) if i}
    assert named == set(answer["services"])


def test_country_and_situation_are_enough(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "blackmail"}).json()

    assert answer["plan"][0]["service"] == "gb-emergency-999"
    assert {c["code"] for s in answer["plan"] for c in s["conditions"]} == {"under-18-now", "under-18-in-image"}


def test_null_means_not_given(api: Client, release: Release) -> None:
    nulls = dict.fromkeys(("region", "age", "age_in_image", "site", "languages", "can_speak", "at"))

    with_nulls = ask(api, {"country": "GB", "situation": "grooming", **nulls})
    left_out = ask(api, {"country": "GB", "situation": "grooming"})

    assert with_nulls.json()["plan"] == left_out.json()["plan"]


def test_an_unknown_situation_gets_the_plan_for_not_sure(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "something-new"}).json()

    assert answer["situation"] == "not-sure"
    assert answer["plan"] == ask(api, {"country": "GB", "situation": "not-sure"}).json()["plan"]


def test_an_everyday_word_gets_the_plan_for_its_situation(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "sextortion"}).json()

    assert answer["situation"] == "blackmail"
    assert answer["plan"] == ask(api, {"country": "GB", "situation": "blackmail"}).json()["plan"]


def test_a_private_chat_goes_to_the_police_and_not_to_a_hotline(api: Client, release: Release) -> None:
    def report(where: str) -> Any:
        answer = ask(api, {"country": "GB", "situation": "csam-seen", "where": where}).json()
        return next(step for step in answer["plan"] if step["step"] == "report")

    assert report("public")["service"] == "gb-iwf-report"
    assert report("private")["service"] != "gb-iwf-report"
    assert "gb-iwf-report" not in report("private")["alternatives"]
    assert report("private")["why"][-1]["code"] == "private-chat"
    assert report("private")["why"][-1]["text"]


def test_the_first_five_tips_stand_apart_from_the_others(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "blackmail", "age": 15}).json()

    assert len(answer["tips"]) == 5
    assert answer["tips"][0] == "first-hour"
    assert answer["more_tips"]
    assert not set(answer["tips"]) & set(answer["more_tips"])


def test_the_first_three_tips_are_in_full_and_the_answer_is_smaller_than_a_pack(api: Client, release: Release) -> None:
    query = {"country": "GB", "situation": "blackmail", "age": 15, "languages": ["cy"]}

    packed = api.post("/v1/help", query, content_type="application/json", headers={"accept-encoding": "gzip"})

    answer = orjson.loads(gzip.decompress(packed.content))
    assert packed["Content-Encoding"] == "gzip"
    assert (packed["Cache-Control"], packed["Vary"]) == ("no-store", "Accept-Encoding")
    assert [tip["slug"] for tip in answer["first_tips"]] == answer["tips"][:3]
    assert all(tip["do_now"] for tip in answer["first_tips"])
    assert len(packed.content) < len(api.get("/v1/packs/GB/cy", headers={"accept-encoding": "gzip"}).content) / 1.5


@pytest.mark.parametrize("path", ["/v1/schema", "/v1/services?country=GB&open_now=true", "/trust/GB"])
def test_long_answers_are_compressed_for_clients_that_ask(api: Client, release: Release, path: str) -> None:
    response = api.get(path, headers={"accept-encoding": "gzip"})

    assert (response.status_code, response["Content-Encoding"]) == (200, "gzip")


@pytest.mark.django_db
def test_an_old_code_of_a_language_is_the_language(api: Client, real_packs: Packs) -> None:
    publish(real_packs, [("GB", "en"), ("GB", "fil"), ("PH", "en"), ("ZZ", "en")])

    plan = ask(api, {"country": "GB", "situation": "blackmail", "languages": ["tl"]}).json()
    listed, wanted = (api.get(f"/v1/services?country=PH&locale=en&language={tag}").json()["services"] for tag in ("tl", "fil"))

    assert plan["locale"] == {"requested": "tl", "served": "fil", "reason": "same-language"}
    assert listed == wanted != []


def test_each_named_service_says_whether_it_and_its_channels_are_open(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "blackmail", "at": "2026-12-01T02:00:00Z"}).json()

    assert answer["availability"].keys() == answer["services"].keys()
    for step in answer["plan"]:
        if step["service"]:
            found = answer["availability"][step["service"]]
            assert {name: found[name] for name in ("open", "closes_at", "opens_at")} == {
                name: step[name] for name in ("open", "closes_at", "opens_at")
            }
    for name, service in answer["services"].items():
        assert len(answer["availability"][name]["channels"]) == len(service["channels"])


def test_a_parents_plan_marks_the_line_that_is_for_the_child(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "self-harm-risk", "audience": "parent", "age": 15}).json()

    talk = next(step for step in answer["plan"] if step["step"] == "talk")
    notes = {note["code"]: note for note in talk["notes"]}
    assert notes["for-your-child"]["service"] == "gb-childline"
    assert notes["for-your-child"]["text"]
    assert notes["directory"]["service"] == talk["alternatives"][-1]


def test_a_survivor_gets_a_plan_of_their_own(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "image-shared", "audience": "survivor", "age_in_image": 14}).json()

    take_down = next(step for step in answer["plan"] if step["step"] == "take-down")
    assert take_down["service"] == "zz-take-it-down"
    assert "gb-childline" not in answer["services"]


def test_a_country_without_services_gets_local_emergency(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "AQ", "situation": "blackmail"}).json()

    danger = answer["plan"][0]
    assert answer["country"] == {"requested": "AQ", "served": "ZZ"}
    assert danger["service"] is None
    assert [reason["code"] for reason in danger["why"]] == ["local-emergency"]
    assert danger["why"][0]["text"]
    assert answer["plan"][1]["service"] == "zz-child-helpline-international"


def test_a_country_without_services_has_the_emergency_number_of_the_phone_library(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "NO", "situation": "blackmail"}).json()

    number = answer["services"]["no-emergency-number"]
    assert answer["plan"][0]["service"] == "no-emergency-number"
    assert (number["channels"][0]["tel"], number["assured"]) == ("tel:112;phone-context=+47", False)


def test_a_language_whose_pack_was_kept_back_gives_way_to_the_next(api: Client, db: None, real_packs: Packs) -> None:
    publish(real_packs, [("GB", "en"), ("GB", "cy"), ("ZZ", "en"), ("ZZ", "hi")])

    answer = ask(api, {"country": "GB", "situation": "blackmail", "languages": ["hi", "cy"]}).json()

    assert answer["locale"] == {"requested": "hi", "served": "cy", "reason": "kept-back"}


@pytest.mark.parametrize(
    ("languages", "header", "served", "reason"),
    [
        (["hi"], "cy", "hi", None),
        (["hi-IN"], "cy", "hi", "same-language"),
        (["xx", "hi"], "cy", "hi", "not-served"),
        (["xx"], "cy", "cy", "not-served"),
        ([], "cy", "cy", "accept-language"),
        (["xx"], "xx", "en", "not-served"),
    ],
)
def test_named_languages_take_precedence_over_the_browsers(
    api: Client, release: Release, languages: list[str], header: str, served: str, reason: str | None
) -> None:
    response = ask(api, {"country": "IN", "situation": "blackmail", "languages": languages}, accept_language=header)

    assert response["Content-Language"] == served
    assert (response.json()["locale"]["served"], response.json()["locale"]["reason"]) == (served, reason)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"age": 200}, "age"),
        ({"age": -1}, "age"),
        ({"age": "15"}, "age"),
        ({"age": True}, "age"),
        ({"age": 15.5}, "age"),
        ({"age": 15, "age_in_image": 16}, "age_in_image"),
        ({"region": "FR-75"}, "region"),
        ({"region": "GB-XYZ"}, "region"),
        ({"region": "wales"}, "region"),
        ({"audience": "spy"}, "audience"),
        ({"audience": None}, "audience"),
        ({"situation": None}, "situation"),
        ({"situation": "What happened to me was this"}, "situation"),
        ({"site": "https://example.org/my-picture"}, "site"),
        ({"languages": "cy"}, "languages"),
        ({"languages": ["en"] * 11}, "languages"),
        ({"languages": ["not a tag"]}, "languages.0"),
        ({"can_speak": "no"}, "can_speak"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-12-01T12:00:00"}, "at"),
        ({"at": "1969-12-31T23:59:59Z"}, "at"),
        ({"at": "2026-13-01T00:00:00Z"}, "at"),
        ({"country": "United Kingdom"}, "country"),
        ({"picture": "data:image/png;base64,AAAA"}, "picture"),
        ({"note": "please help"}, "note"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(api: Client, release: Release, changed: dict[str, Any], field: str) -> None:
    response = ask(api, {**TEEN, **changed})

    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert field in {error["field"] for error in response.json()["errors"]}


def test_an_unassigned_country_is_unknown_country(api: Client, release: Release) -> None:
    response = ask(api, {"country": "XX", "situation": "blackmail"})

    assert response.status_code == 404
    assert response.json()["type"] == "/v1/problems/unknown-country"
    assert "GB" in response.json()["available"]


@pytest.mark.parametrize("query", ["situation=blackmail", "age=15", "x=1"])
def test_query_parameters_are_refused(api: Client, release: Release, query: str) -> None:
    response = api.post(f"/v1/help?{query}", TEEN, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == query.partition("=")[0]
    assert api.get("/v1/help").status_code == 405


def test_equal_bodies_get_equal_responses(api: Client, release: Release) -> None:
    assert ask(api, TEEN).content == ask(api, TEEN).content


def test_a_step_names_the_languages_and_the_route(api: Client, release: Release) -> None:
    answer = ask(api, {"country": "GB", "situation": "blackmail", "languages": ["cy"], "site": "whatsapp", "age": 15}).json()

    steps = {step["step"]: step for step in answer["plan"]}
    said = {reason["code"]: reason["text"] for reason in steps["report"]["why"]}
    assert said["other-language"].endswith("\u2066Saesneg\u2069")
    assert "last five messages" in steps["tell-the-platform"]["route"]["asks"]["text"]
    assert steps["report"]["route"] is None
