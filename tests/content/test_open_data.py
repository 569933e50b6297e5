"""The open-data file: everything public of the published release, once, under its own schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from jsonschema_rs import Draft202012Validator

from content.models import Release
from content.models.release import NoRelease
from content.open_data import SCHEMA, country_pack, listed, open_data
from core.canonical import canonical_json
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db

PLACES = [(country, locale) for country in ("GB", "IN", "ZZ") for locale in ("en", "hi", "ar")]


@pytest.fixture
def release(real_packs: Packs) -> Release:
    return publish(real_packs, PLACES)


def faults(document: Any) -> list[str]:
    found = Draft202012Validator(json.loads(SCHEMA.read_text()), validate_formats=True)
    return [f"{error.instance_path}: {error.message[:150]}" for error in found.iter_errors(document)][:5]


def test_the_file_validates_against_the_schema_that_is_written_beside_it(release: Release, tmp_path: Path) -> None:
    call_command("export_open_data", str(tmp_path / "fingerpost.json"))

    document = json.loads((tmp_path / "fingerpost.json").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fingerpost.json", "open_data.schema.json"]
    assert json.loads((tmp_path / document["schema"]).read_text()) == json.loads(SCHEMA.read_text())
    assert faults(document) == []
    assert (document["release"], document["licence"]["texts"]) == (release.number, "CC-BY-4.0")


def test_the_schema_refuses_what_it_does_not_know(release: Release) -> None:
    document = open_data(release)

    assert faults(document | {"notes": "x"}) != []
    document["services"][0]["channels"][0]["source"] = "https://example.org"
    assert faults(document) != []


def test_it_holds_each_service_tip_and_text_of_the_packs_once(release: Release, real_packs: Packs) -> None:
    document = open_data(release)

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
            assert purpose[service["purpose"]["lang"]]["text"] == service["purpose"]["text"]


def test_the_same_release_gives_the_same_bytes(release: Release) -> None:
    assert canonical_json(open_data(release)) == canonical_json(open_data(Release.objects.get(number=release.number)))


def test_a_service_is_read_from_its_home_pack_in_english(release: Release, real_packs: Packs) -> None:
    found = listed(release)

    childline = next(service for service in real_packs["GB", "en"]["services"] if service["id"] == "gb-childline")
    assert found.services["gb-childline"] == childline
    assert not set(found.services) & set(found.retired)


def test_a_country_is_read_in_english_else_in_another_language_else_worldwide(real_packs: Packs) -> None:
    places = [("GB", "cy"), ("GB", "en"), ("IN", "hi"), ("ZZ", "en")]
    whole = publish(real_packs, places)
    found = [(pack["country"], pack["locale"]) for pack in (country_pack(whole, code) for code in ("GB", "IN", "JP", "ZZ"))]
    alone = publish(real_packs, [("GB", "en")])

    assert found == [("GB", "en"), ("IN", "hi"), ("ZZ", "en"), ("ZZ", "en")]
    with pytest.raises(NoRelease):
        country_pack(alone, "JP")


def test_without_a_release_there_is_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("export_open_data", str(tmp_path / "x.json"))

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_in_one_sentence(release: Release, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_open_data", str(tmp_path / "nowhere" / "x.json"))
