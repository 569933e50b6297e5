"""docs/manifest-vectors.json against the reference verifier, and its documents against other libraries' JWS."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import jwt
import pytest
from joserfc import jws as joserfc_jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from jwcrypto.jws import JWS  # type: ignore[import-untyped]

from content.publishing.verify import (
    Refused,
    VerifiedManifest,
    decode,
    verify_country_manifest,
    verify_manifest,
    verify_pack,
)
from tests import manifest_vectors

VECTORS = json.loads(manifest_vectors.FILE.read_text(encoding="utf-8"))
ROOT = decode(VECTORS["root"])
WHOLE, OF_COUNTRIES = VECTORS["manifests"], VECTORS["country_manifests"]
ACCEPTED = [case for case in (*WHOLE, *OF_COUNTRIES) if "release" in case["expect"]]


def verified(case: dict[str, Any]) -> VerifiedManifest:
    last = case["last"] or {}
    seen: dict[str, Any] = {
        "last_number": last.get("release"),
        "last_keys": last.get("keys_version"),
        "last_issued": datetime.fromisoformat(last["issued"]) if last else None,
        "now": datetime.fromisoformat(case["now"]),
    }
    if "country" in case:
        return verify_country_manifest(case["jws"], ROOT, country=case["country"], **seen)
    return verify_manifest(case["jws"], ROOT, **seen)


def outcome(case: dict[str, Any]) -> dict[str, Any]:
    """Return what the reference takes from a manifest, or why it refuses it, as the vectors write it."""
    try:
        found = verified(case)
    except Refused as error:
        return {"refused": name_of(type(error))}
    return {"release": found.release, "keys_version": found.keys_version, "old": found.old, "withdrawn": found.withdrawn}


def name_of(kind: type[Refused]) -> str:
    """Return the name of a reason in the vectors, such as wrong-pack for WrongPack."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def key_of(case: dict[str, Any]) -> dict[str, str]:
    """Return the key that signed, as a JWK, read as a client with one of these libraries would."""
    header, payload = (json.loads(decode(part)) for part in case["jws"].split(".")[:2])
    document = json.loads(decode((header.get("keys") or payload["keys"]).split(".")[1]))
    return {"kty": "OKP", "crv": "Ed25519", **{key["kid"]: {"x": key["x"]} for key in document["keys"]}[header["kid"]]}


def test_the_file_is_what_the_module_writes() -> None:
    assert manifest_vectors.FILE.read_text(encoding="utf-8") == manifest_vectors.text()


@pytest.mark.parametrize("case", [*WHOLE, *OF_COUNTRIES], ids=lambda case: str(case["name"]))
def test_the_reference_expects_what_the_vectors_say(case: dict[str, Any]) -> None:
    assert outcome(case) == case["expect"]


@pytest.mark.parametrize("case", VECTORS["packs"], ids=lambda case: str(case["name"]))
def test_a_pack_is_accepted_or_refused_as_the_vectors_say(case: dict[str, Any]) -> None:
    manifest = verified(WHOLE[0])

    try:
        verify_pack(case["body"].encode(), manifest, case["country"], case["locale"])
        found = "accepted"
    except Refused as error:
        found = name_of(type(error))
    assert found == case["expect"]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: str(case["name"]))
def test_pyjwt_and_jwcrypto_verify_the_same_signatures(case: dict[str, Any]) -> None:
    key, payload = key_of(case), json.loads(decode(case["jws"].split(".")[1]))

    by_pyjwt = jwt.api_jws.decode(case["jws"], jwt.PyJWK({**key, "alg": "EdDSA"}).key, algorithms=["EdDSA"])
    by_jwcrypto = JWS()
    by_jwcrypto.deserialize(case["jws"], JWK(**key))

    assert json.loads(by_pyjwt) == json.loads(by_jwcrypto.payload) == payload


@pytest.mark.parametrize("case", [case for case in ACCEPTED if "country" in case], ids=lambda case: str(case["name"]))
def test_joserfc_verifies_country_manifests_within_its_default_limits(case: dict[str, Any]) -> None:
    key: dict[str, str | list[str]] = {**key_of(case)}
    # The library prefers the newer name Ed25519 (RFC 9864), which others do not know yet.
    with pytest.warns(SecurityWarning, match="RFC 9864"):
        found = joserfc_jws.deserialize_compact(case["jws"], OKPKey.import_key(key), algorithms=["EdDSA"])

    assert json.loads(found.payload)["country"] in {"GB", "ZZ"}


def test_the_vectors_cover_every_way_to_refuse() -> None:
    refusals = {name_of(kind) for kind in Refused.__subclasses__()}

    seen = {case["expect"].get("refused") for case in (*WHOLE, *OF_COUNTRIES)} | {case["expect"] for case in VECTORS["packs"]}
    assert refusals <= seen
