"""The manifest over HTTP: the signed bytes, packs that match it, and 410 for withdrawn packs."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from content.models import Release
from content.publishing import signing
from content.publishing.verify import WrongPack, verify_country_manifest, verify_manifest, verify_pack
from content.publishing.withdrawal import withdraw
from tests import make
from tests.signing import Signer


@pytest.fixture
def published(db: None) -> Release:
    make.small_content()
    make.service("gb-wrong")
    return make.release()


def test_a_client_can_verify_manifest_and_packs(api: Client, published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=timezone.now())

    answer = api.get("/v1/manifest")
    manifest = verify_manifest(answer.content, signer.root.public, last_number=None, now=timezone.now())

    assert answer["Content-Type"] == "application/jose"
    assert answer["Cache-Control"] == "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400"
    for (country, locale), listed in manifest.packs.items():
        by_name, by_digest = (api.get(f"/v1/packs/{country}/{locale}{end}") for end in ("", f"/{listed.digest}"))
        assert by_name.content == by_digest.content
        verify_pack(by_name.content, manifest, country, locale)
    verify_pack(api.get("/v1/packs/NO/en").content, manifest, "NO", "en")


@pytest.mark.parametrize(("country", "served"), [("GB", "GB"), ("gb", "GB"), ("ZZ", "ZZ"), ("NO", "ZZ")])
def test_a_country_has_a_small_manifest_of_its_own(
    api: Client, published: Release, signer: Signer, country: str, served: str
) -> None:
    signing.sign_if_due(at=timezone.now())
    whole = verify_manifest(api.get("/v1/manifest").content, signer.root.public, last_number=None, now=timezone.now())

    answer = api.get(f"/v1/manifest/{country}")

    found = verify_country_manifest(
        answer.content, signer.root.public, country=country.upper(), last_number=whole.release, now=timezone.now()
    )
    assert (answer["Content-Type"], answer.headers.get("Content-Location")) == (
        "application/jose",
        None if country == served else f"/v1/manifest/{served}",
    )
    assert found.packs == {place: listed for place, listed in whole.packs.items() if place[0] == served}
    assert (found.release, found.issued, found.withdrawn, found.apps) == (
        whole.release,
        whole.issued,
        whole.withdrawn,
        whole.apps,
    )
    pack = api.get(f"/v1/packs/{country}/en").content
    assert verify_pack(pack, found, country.upper(), "en")["country"] == served
    header = answer.content.partition(b".")[0]
    assert len(header) < 200
    again = api.get(f"/v1/manifest/{country}", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("requested", "answered"),
    [("GB/cy", "GB/cy"), ("gb/CY", "GB/cy"), ("GB/cy-GB", "GB/cy"), ("ZZ/en", "ZZ/en"), ("NO/en", "ZZ/en")],
)
def test_a_locale_has_a_manifest_that_lists_its_pack_alone(
    api: Client, published: Release, signer: Signer, requested: str, answered: str
) -> None:
    signing.sign_if_due(at=timezone.now())
    whole = verify_manifest(api.get("/v1/manifest").content, signer.root.public, last_number=None, now=timezone.now())

    answer = api.get(f"/v1/manifest/{requested}")

    country = requested[:2].upper()
    served, locale = answered.split("/")
    found = verify_country_manifest(
        answer.content, signer.root.public, country=country, last_number=whole.release, now=timezone.now()
    )
    assert found.packs == {(served, locale): whole.packs[served, locale]}
    assert (found.release, found.issued, found.withdrawn, found.apps) == (
        *(whole.release, whole.issued),
        *(whole.withdrawn, whole.apps),
    )
    expected = None if requested == answered else f"/v1/manifest/{answered}"
    assert (answer["Content-Type"], answer.headers.get("Content-Location")) == ("application/jose", expected)
    assert verify_pack(api.get(f"/v1/packs/{requested}").content, found, country, locale)["country"] == served
    again = api.get(f"/v1/manifest/{requested}", headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_the_manifest_of_one_locale_says_nothing_of_the_packs_of_others(api: Client, published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=timezone.now())
    welsh = verify_country_manifest(
        api.get("/v1/manifest/GB/cy").content, signer.root.public, country="GB", last_number=None, now=timezone.now()
    )

    with pytest.raises(WrongPack):
        verify_pack(api.get("/v1/packs/GB/en").content, welsh, "GB", "en")


@pytest.mark.parametrize(("country", "served"), [("GB", "GB"), ("NO", "ZZ")])
def test_where_no_locale_has_a_manifest_of_its_own_the_countrys_is_served(
    api: Client, published: Release, signer: Signer, country: str, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As signed by a worker of an earlier version.
    monkeypatch.setattr(signing, "by_locale", lambda listed: {})
    signing.sign_if_due(at=timezone.now())

    answer = api.get(f"/v1/manifest/{country}/cy")

    assert answer.content == api.get(f"/v1/manifest/{country}").content
    assert answer["Content-Location"] == f"/v1/manifest/{served}"


def test_a_manifest_of_an_unknown_locale_is_404_with_those_that_there_are(
    api: Client, published: Release, signer: Signer
) -> None:
    signing.sign_if_due(at=timezone.now())

    answer = api.get("/v1/manifest/GB/zh-Hant")

    problem = orjson.loads(answer.content)
    assert (answer.status_code, problem["type"]) == (404, "/v1/problems/unknown-locale")
    assert "cy" in problem["available"]


def test_an_unchanged_manifest_is_304(api: Client, published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=timezone.now())
    first = api.get("/v1/manifest")

    again = api.get("/v1/manifest", headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert api.head("/v1/manifest")["Content-Length"] == str(len(first.content))


def test_without_a_signed_manifest_the_answer_is_503(api: Client, published: Release) -> None:
    for path in ("/v1/manifest", "/v1/manifest/GB", "/v1/manifest/GB/cy", "/.well-known/jwks.json"):
        answer = api.get(path)

        problem = orjson.loads(answer.content)
        assert (answer.status_code, problem["type"]) == (503, "/v1/problems/unavailable")
        assert problem["detail"] == "The manifest has not been signed yet. Packs can be read without it."
        assert answer["Content-Type"] == "application/problem+json"
        assert api.get("/v1/packs/GB/en").status_code == 200


def test_the_keys_are_served_as_a_jwk_set(api: Client, published: Release, signer: Signer) -> None:
    signing.sign_if_due(at=timezone.now())

    keys = orjson.loads(api.get("/.well-known/jwks.json").content)

    assert [(key["kty"], key["crv"], key["alg"]) for key in keys["keys"]] == [("OKP", "Ed25519", "EdDSA")]


def test_a_withdrawn_pack_is_410_and_its_replacement_is_served(api: Client, published: Release, settings: Any) -> None:
    settings.SANDBOX = True
    (old, _), (worldwide, _) = (
        make.pack_body(published, "GB", "en") or ("", ""),
        make.pack_body(published, "ZZ", "en") or ("", ""),
    )
    assert api.get(f"/v1/packs/GB/en/{old}").status_code == 200

    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now(), successor="gb-line")

    gone = api.get(f"/v1/packs/GB/en/{old}")
    assert (gone.status_code, orjson.loads(gone.content)["type"]) == (410, "/v1/problems/gone")
    state = api.get("/v1/sandbox/withdrawn-pack")
    assert (state.status_code, state.content, state["Cache-Control"]) == (410, gone.content, gone["Cache-Control"])
    assert api.get(f"/v1/packs/ZZ/en/{worldwide}").status_code == 200
    assert b"gb-wrong service" not in api.get("/v1/packs/GB/en").content
    answer = api.get("/v1/services/gb-wrong?country=GB&locale=en")
    assert (answer.status_code, orjson.loads(answer.content)["successor"]) == (410, "gb-line")
