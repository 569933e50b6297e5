"""GET /v1/packs/{country}: the pack in the phone's language, by the rule that docs/choosing-a-pack.md writes down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from content.compiling.fallback import match_accept_language
from content.models import Release

VECTORS = json.loads((Path(__file__).resolve().parents[3] / "docs" / "language-vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: str(case["name"]))
def test_a_phone_gets_the_locale_of_the_vectors(case: dict[str, Any]) -> None:
    header = ", ".join(f"{tag};q={1 - place / 10:.1f}" for place, tag in enumerate(case["languages"]))

    assert match_accept_language(header, VECTORS["available"]) == case["served"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "served"),
    [("cy-GB, en;q=0.5", "cy"), ("uk-UA, zh-Hant;q=0.9, ar-EG;q=0.8", "ar"), ("pt-PT", "pt-BR"), ("hi-Latn", "en"), ("", "en")],
)
def test_a_country_has_a_pack_in_the_language_of_the_header(api: Client, release: Release, header: str, served: str) -> None:
    chosen = api.get("/v1/packs/GB", headers={"accept-language": header})

    named = api.get(f"/v1/packs/GB/{served}")
    assert (chosen.status_code, chosen.content, chosen["ETag"]) == (200, named.content, named["ETag"])
    assert (chosen["Content-Location"], chosen["Content-Language"]) == (f"/v1/packs/GB/{served}", served)
    assert chosen["Vary"] == "Accept-Language, Accept-Encoding"
    again = api.get("/v1/packs/GB", headers={"accept-language": header, "if-none-match": named["ETag"]})
    assert again.status_code == 304


@pytest.mark.django_db
def test_a_country_without_services_has_the_worldwide_pack(api: Client, release: Release) -> None:
    response = api.get("/v1/packs/no", headers={"accept-language": "ar"})

    assert (response.json()["country"], response["Content-Location"]) == ("ZZ", "/v1/packs/NO/ar")
    assert api.get("/v1/packs/XX").status_code == 404
