"""The reference client against the attacks that The Update Framework names, and some more."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.publishing import signing_keys
from content.publishing.signing_keys import SigningKey
from content.publishing.verify import (
    KEYS,
    MANIFEST,
    Expired,
    Forged,
    KeyNotValid,
    Refused,
    RolledBack,
    VerifiedManifest,
    WrongPack,
    encode,
    verify_manifest,
    verify_pack,
)
from core.canonical import canonical_json, digest
from tests.make import NOON

ROOT, KEY, NEXT, THIEF = (SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, 2, 3, 4))
FIRST = signing_keys.rotate(ROOT, None, add=[KEY.public], retire=[], at=NOON, days=400)

BODIES = {
    (country, locale): canonical_json({"v": 1, "country": country, "locale": locale, "tips": []})
    for country in ("GB", "ZZ")
    for locale in ("en", "cy")
}


def manifest(
    number: int = 7, *, key: SigningKey = KEY, document: str = FIRST, at: datetime = NOON, kind: str = MANIFEST, **changed: Any
) -> str:
    payload = {
        "v": 1,
        "release": number,
        "min_release": 3,
        "packs": [{"country": c, "locale": own, "digest": digest(body), "size": len(body)} for (c, own), body in BODIES.items()],
        "withdrawn": [{"service": "gb-old", "successor": "gb-line", "date": "2026-11-30"}],
        "apps": {"parent": {"recommended": "1.2.0"}},
        "issued": at.isoformat(),
        "expires": (at + timedelta(days=7)).isoformat(),
    }
    return key.sign(payload | changed, kind=kind, keys=document)


def accept(jws: str, *, last: int | None = 7, now: datetime = NOON, root: SigningKey = ROOT, **seen: Any) -> VerifiedManifest:
    return verify_manifest(jws, root.public, last_number=last, now=now, **seen)


def resealed(jws: str, **header: Any) -> str:
    """Change the header and leave payload and signature as they are."""
    first, payload, signature = jws.split(".")
    from content.publishing.verify import decode

    return f"{encode(canonical_json(json.loads(decode(first)) | header))}.{payload}.{signature}"


def test_a_valid_manifest_lists_its_packs() -> None:
    good = accept(manifest())

    assert (good.release, good.min_release, good.keys_version, good.old) == (7, 3, 1, False)
    assert good.packs["GB", "cy"].size == len(BODIES["GB", "cy"])
    assert good.withdrawn == {"gb-old": "gb-line"}
    assert good.apps == {"parent": "1.2.0"}


def test_the_same_release_signed_again_is_accepted() -> None:
    later = manifest(at=NOON + timedelta(days=1))

    assert accept(later, last_keys=1, last_issued=NOON, now=NOON + timedelta(days=1)).release == 7


# Attacks.


def test_rollback_to_a_lower_release_is_refused() -> None:
    with pytest.raises(RolledBack, match="release"):
        accept(manifest(6))
    with pytest.raises(RolledBack, match="release"):
        accept(manifest(6), last_keys=1)


def test_rollback_to_an_older_signature_of_the_same_release_is_refused() -> None:
    with pytest.raises(RolledBack, match="signed before"):
        accept(manifest(), last_keys=1, last_issued=NOON + timedelta(days=1))


def test_a_freeze_is_detected_when_the_manifest_expires() -> None:
    held = manifest()

    assert accept(held, now=NOON + timedelta(days=7, seconds=-1)).old is False
    with pytest.raises(Expired):
        accept(held, now=NOON + timedelta(days=7))


def test_a_fresh_install_accepts_an_expired_manifest_as_old() -> None:
    old = accept(manifest(), last=None, now=NOON + timedelta(days=30))

    assert old.old is True
    assert verify_pack(BODIES["GB", "en"], old, "GB", "en")["country"] == "GB"


def test_mix_and_match_of_packs_is_refused() -> None:
    good = accept(manifest())
    older = canonical_json({"v": 1, "country": "GB", "locale": "en", "tips": ["from another release"]})

    for body in (older, BODIES["GB", "cy"], BODIES["ZZ", "en"], BODIES["GB", "en"] + b" ", b""):
        with pytest.raises(WrongPack):
            verify_pack(body, good, "GB", "en")


def test_a_pack_of_another_country_or_locale_is_refused() -> None:
    body = BODIES["GB", "cy"]
    lying = accept(manifest(packs=[{"country": "GB", "locale": "en", "digest": digest(body), "size": len(body)}]))

    with pytest.raises(WrongPack, match="another country or locale"):
        verify_pack(body, lying, "GB", "en")


def test_a_country_without_packs_takes_only_the_worldwide_one() -> None:
    good = accept(manifest())

    assert verify_pack(BODIES["ZZ", "cy"], good, "JP", "cy")["country"] == "ZZ"
    with pytest.raises(WrongPack):
        verify_pack(BODIES["GB", "cy"], good, "JP", "cy")
    with pytest.raises(WrongPack, match="no such pack"):
        verify_pack(BODIES["GB", "cy"], good, "GB", "hi")


def test_fast_forward_by_a_stolen_key_ends_with_the_next_key_document() -> None:
    out_of_reach = accept(manifest(2**53 - 1))
    second = signing_keys.rotate(ROOT, FIRST, add=[NEXT.public], retire=[KEY.kid], at=NOON, days=400)

    back = accept(manifest(8, key=NEXT, document=second), last=out_of_reach.release, last_keys=out_of_reach.keys_version)

    assert (back.release, back.keys_version) == (8, 2)
    with pytest.raises(Refused):
        accept(manifest(8), last=out_of_reach.release, last_keys=1)


@pytest.mark.parametrize("number", [0, -1, 2**53, True, 7.0, "7", None])
def test_an_impossible_release_number_is_refused(number: Any) -> None:
    with pytest.raises(Forged):
        accept(manifest(release=number), last=None)


def test_a_key_revoked_by_rotation_is_refused() -> None:
    second = signing_keys.rotate(ROOT, FIRST, add=[NEXT.public], retire=[KEY.kid], at=NOON, days=400)

    with pytest.raises(KeyNotValid):
        accept(manifest(8, key=KEY, document=second))
    with pytest.raises(RolledBack, match="key document"):
        accept(manifest(8, key=KEY, document=FIRST), last_keys=2)
    assert accept(manifest(8, key=NEXT, document=second), last_keys=1).release == 8


def test_both_keys_are_accepted_during_a_rotation() -> None:
    both = signing_keys.rotate(ROOT, FIRST, add=[NEXT.public], retire=[], at=NOON, days=400)

    for key in (KEY, NEXT):
        assert accept(manifest(8, key=key, document=both)).keys_version == 2


def test_an_expired_key_is_refused() -> None:
    short = signing_keys.rotate(ROOT, None, add=[KEY.public], retire=[], at=NOON, days=1)
    late = NOON + timedelta(days=2)

    with pytest.raises(KeyNotValid, match="when it was signed"):
        accept(manifest(document=short, at=late), now=late)


def test_a_forged_signature_is_refused() -> None:
    first, payload, signature = manifest().split(".")
    other = manifest(9).split(".")[1]

    for forged in (
        f"{first}.{other}.{signature}",
        f"{first}.{payload}.{encode(bytes(64))}",
        f"{first}.{payload}.",
        f"{first}.{payload}.{signature[:-4]}",
    ):
        with pytest.raises(Forged):
            accept(forged, last=None)


def test_a_key_that_the_root_has_not_authorized_is_refused() -> None:
    with pytest.raises(KeyNotValid):
        accept(manifest(key=THIEF))
    own_list = signing_keys.rotate(THIEF, None, add=[THIEF.public], retire=[], at=NOON, days=400)
    with pytest.raises(Forged):
        accept(manifest(key=THIEF, document=own_list))


def test_a_strangers_signature_under_a_valid_key_id_is_refused() -> None:
    with pytest.raises(Forged, match="signature"):
        accept(resealed(manifest(key=THIEF), kid=KEY.kid))


def test_a_wrong_root_is_refused() -> None:
    with pytest.raises(Forged):
        accept(manifest(), root=THIEF)


@pytest.mark.parametrize("algorithm", ["none", "None", "", "HS256", "ES256", "Ed448", None])
def test_alg_none_and_every_other_algorithm_are_refused(algorithm: str | None) -> None:
    first, payload, signature = resealed(manifest(), alg=algorithm).split(".")

    for forged in (f"{first}.{payload}.{signature}", f"{first}.{payload}."):
        with pytest.raises(Forged):
            accept(forged, last=None)


def test_a_key_document_is_no_manifest_and_a_manifest_no_key_document() -> None:
    with pytest.raises(Forged):
        accept(manifest(kind=KEYS))
    with pytest.raises(Forged):
        accept(manifest(document=manifest()))
    with pytest.raises(Forged):
        accept(FIRST)


def test_an_unknown_critical_header_is_refused() -> None:
    with pytest.raises(Forged):
        accept(resealed(manifest(), crit=["exp"]))


@pytest.mark.parametrize(
    "changed",
    [
        {"issued": None},
        {"issued": "2026-12-01T12:00:00"},
        {"expires": "soon"},
        {"packs": None},
        {"packs": [{"country": "GB"}]},
        {"withdrawn": [{"service": "x"}]},
        {"apps": []},
        {"min_release": "3"},
    ],
)
def test_a_signed_manifest_of_the_wrong_shape_is_refused_not_misread(changed: dict[str, Any]) -> None:
    with pytest.raises(Forged):
        accept(manifest(**changed))


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "...", "a.b.c", "é.é.é", manifest() + ".x", manifest() + "=", manifest().replace(".", ".\n", 1), "[" * 5000],
)
def test_a_document_that_is_no_jws_is_refused(text: str) -> None:
    with pytest.raises(Forged):
        accept(text)


def test_a_very_large_manifest_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(Forged, match="too large"):
        accept("a" * 4_000_001)


def test_a_manifest_is_accepted_as_bytes_too() -> None:
    assert verify_manifest(manifest().encode() + b"\n", ROOT.public, last_number=7, now=NOON).release == 7


def test_the_reference_imports_nothing_else_of_this_repository() -> None:
    code = (
        "import sys, content.publishing.verify; "
        "own = {n for n in sys.modules if n.split('.')[0] in {'content', 'core', 'api', 'config', 'notifications', 'django'}}; "
        "print(sorted(own))"
    )
    root = Path(__file__).resolve().parents[3]

    answer = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "['content', 'content.publishing', 'content.publishing.verify']"
