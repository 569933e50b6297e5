"""The open-data file has everything public of the published release once, as its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from jsonschema_rs import Draft202012Validator

from content.exporting.home_packs import country_pack, home_packs, release_services, stored_pack
from content.exporting.open_data import (
    CHANNEL_FACTS,
    CHANNEL_TEXTS,
    LEFT_OUT,
    RESHAPED,
    ROUTE_TEXTS,
    SCHEMA,
    SERVICE_FACTS,
    SERVICE_TEXTS,
    open_data,
)
from content.models import Release
from content.models.release import NoRelease
from core.canonical import canonical_json
from tests.packs import Packs, noticed, publish

pytestmark = pytest.mark.django_db

PLACES = [(country, locale) for country in ("GB", "IN", "ZZ") for locale in ("en", "hi", "ar")]


@pytest.fixture
def release(real_packs: Packs) -> Release:
    return publish(real_packs, PLACES)


def exported(release: Release) -> Any:
    """Return the document as JSON, of which a test may read any part."""
    return open_data(release)


def faults(document: Any) -> list[str]:
    found = Draft202012Validator(json.loads(SCHEMA.read_text()), validate_formats=True)
    return [f"{error.instance_path}: {error.message[:150]}" for error in found.iter_errors(document)][:5]


def test_the_file_is_valid_against_the_schema_written_beside_it(release: Release, tmp_path: Path) -> None:
    call_command("export_open_data", str(tmp_path / "fingerpost.json"))

    document = json.loads((tmp_path / "fingerpost.json").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fingerpost.json", "open_data.schema.json"]
    assert json.loads((tmp_path / document["schema"]).read_text()) == json.loads(SCHEMA.read_text())
    assert faults(document) == []
    assert (document["release"], document["licence"]["texts"]) == (release.number, "CC-BY-4.0")


def test_the_schema_refuses_unknown_fields(release: Release) -> None:
    document = exported(release)

    assert faults(document | {"notes": "x"}) != []
    document["services"][0]["channels"][0]["source"] = "https://example.org"
    assert faults(document) != []


def test_the_file_has_each_service_tip_and_text_of_the_packs_once(release: Release, real_packs: Packs) -> None:
    document = exported(release)

    packs = [real_packs[place] for place in PLACES]
    ids = [service["id"] for service in document["services"]]
    assert ids == sorted({service["id"] for pack in packs for service in pack["services"]})
    assert len(ids) > 20
    tips = {tip["slug"]: tip for tip in document["tips"]}
    assert set(tips) == {tip["slug"] for pack in packs for tip in pack["tips"]}
    for pack in packs:
        for tip in pack["tips"]:
            held = [
                text
                for text in tips[tip["slug"]]["texts"]
                if text["lang"] == tip["lang"] and pack["country"] in text["countries"]
            ]
            assert [(text["title"], text["more_html"]) for text in held] == [(tip["title"], tip["more_html"])]
        for service in pack["services"]:
            purpose = document["services"][ids.index(service["id"])]["purpose"]
            if service["purpose"] is not None:
                assert purpose[service["purpose"]["lang"]]["text"] == service["purpose"]["text"]
            else:
                assert service["id"].endswith("-emergency-number")


def test_every_field_of_packs_is_exported_or_left_out_for_a_reason(real_packs: Packs) -> None:
    services = [service for pack in real_packs.values() for service in pack["services"]]
    held = {name for service in services for name in service}
    ways = {name for service in services for channel in service["channels"] for name in channel}
    parts = {name for service in services for route in service["routes"].values() for name in route}

    assert held | {"notices"} == {*SERVICE_FACTS, *SERVICE_TEXTS, *RESHAPED, *LEFT_OUT} - {"spoken", "week"}
    assert ways == {*CHANNEL_FACTS, *CHANNEL_TEXTS, "spoken", "week"}
    assert parts == set(ROUTE_TEXTS)
    assert all(len(reason) > 20 for reason in LEFT_OUT.values())


def test_the_schema_and_the_file_have_the_same_fields(release: Release) -> None:
    service = json.loads(SCHEMA.read_text())["properties"]["services"]["items"]
    channel = service["properties"]["channels"]["items"]

    for entry in exported(release)["services"]:
        assert set(entry) == set(service["properties"]) == set(service["required"])
        for way in entry["channels"]:
            assert set(way) == set(channel["properties"]) == set(channel["required"])


def test_after_contact_and_routes_are_exported_in_every_language(release: Release, real_packs: Packs) -> None:
    document = {service["id"]: service for service in exported(release)["services"]}

    after, routes = document["gb-childline"]["after"], document["platform-snapchat"]["routes"]
    for locale in ("en", "hi", "ar"):
        pack = {service["id"]: service for service in real_packs["GB", locale]["services"]}
        phrase = pack["gb-childline"]["after"]
        assert after[phrase["lang"]] == {name: phrase[name] for name in ("text", "dir", "reviewed")}
        for part in ROUTE_TEXTS:
            phrase = pack["platform-snapchat"]["routes"]["any"][part]
            assert routes["any"][part][phrase["lang"]]["text"] == phrase["text"]
    assert document["platform-tiktok"]["routes"]["hacked-account"] == {"steps": {}, "asks": {}}


def test_a_number_is_exported_for_callers_at_home_and_spoken_in_words(release: Release) -> None:
    services = {service["id"]: service for service in exported(release)["services"]}
    emergency = services["gb-emergency-999"]["channels"][0]

    assert (emergency["dial"], emergency["dial_kind"], emergency["tel"]) == ("999", "short-code", "tel:999;phone-context=+44")
    assert emergency["spoken"]["en"] == "nine nine nine"
    for service in services.values():
        for channel in service["channels"]:
            assert all(any(sign.isalpha() for sign in words) for words in channel["spoken"].values())
            if service["country"] == "ZZ" and len(service["area"] or ()) != 1:
                assert channel["dial_kind"] != "short-code" or channel["tel"] is None


def test_notices_are_exported_with_their_texts_in_the_labels(real_packs: Packs) -> None:
    pack = noticed(real_packs["GB", "en"])
    document = exported(publish({("GB", "en"): pack}, [("GB", "en")]))

    assert faults(document) == []
    assert document["services"][0]["notices"] == pack["services"][0]["notices"]
    assert document["labels"]["notices"]["closed"]["en"]["text"] == "Closed just now."
    assert all(service["notices"] == [] for service in document["services"][1:])


def test_packs_of_an_older_release_are_exported_without_new_fields(real_packs: Packs) -> None:
    pack = json.loads(json.dumps(real_packs["GB", "en"]))
    for service in pack["services"]:
        for name in ("after", "answers_in", "routes"):
            del service[name]
        for channel in service["channels"]:
            for name in ("dial_kind", "tel", "spoken"):
                del channel[name]

    document = exported(publish({("GB", "en"): pack}, [("GB", "en")]))

    assert faults(document) == []
    assert document["services"][0]["routes"] == {}


def test_the_same_release_gives_the_same_bytes(release: Release) -> None:
    assert canonical_json(exported(release)) == canonical_json(exported(Release.objects.get(number=release.number)))


def test_a_service_comes_from_its_home_pack_in_english(release: Release, real_packs: Packs) -> None:
    found = release_services(home_packs(release.pack_digests()), stored_pack)

    childline = next(service for service in real_packs["GB", "en"]["services"] if service["id"] == "gb-childline")
    assert found.services["gb-childline"] == childline
    assert not set(found.services) & set(found.retired)


def test_a_home_pack_is_in_english_or_another_language_or_worldwide(real_packs: Packs) -> None:
    places = [("GB", "cy"), ("GB", "en"), ("IN", "hi"), ("ZZ", "en")]
    whole = publish(real_packs, places)
    found = [(pack["country"], pack["locale"]) for pack in (country_pack(whole, code) for code in ("GB", "IN", "NO", "ZZ"))]
    alone = publish(real_packs, [("GB", "en")])

    assert found == [("GB", "en"), ("IN", "hi"), ("ZZ", "en"), ("ZZ", "en")]
    with pytest.raises(NoRelease):
        country_pack(alone, "NO")


def test_without_a_release_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("export_open_data", str(tmp_path / "x.json"))

    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_reported_in_one_sentence(release: Release, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_open_data", str(tmp_path / "nowhere" / "x.json"))


def test_figures_are_exported_with_what_they_count_in_each_language(release: Release, real_packs: Packs) -> None:
    document = exported(release)

    held = {figure["id"]: figure for place in PLACES for figure in real_packs[place]["figures"]}
    assert [figure["id"] for figure in document["figures"]] == sorted(held)
    assert len(held) > 20
    for figure in document["figures"]:
        assert {"period", "source", "counted_by", "read_on", "old"} <= figure.keys()
        assert "\u2066" not in str(figure)
        assert figure["counts"][held[figure["id"]]["counts"]["lang"]]["text"] == held[figure["id"]]["counts"]["text"]
    assert "reports-not-cases" in document["labels"]["figures"]
