"""Write docs/manifest-vectors.json: documents that a client accepts or refuses, for verifiers in any language.

    .venv/bin/python -m tests.manifest_vectors

The keys are made from fixed bytes, and Ed25519 signatures depend on nothing else, so the file is always the same. What is
expected is written here by hand and checked against the reference, `content/publishing/verify.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.publishing import signing_keys
from content.publishing.signing_keys import SigningKey
from content.publishing.verify import COUNTRY_MANIFEST, KEYS, MANIFEST, decode, encode
from core.canonical import canonical_json, digest
from core.instants import rfc3339
from tests.make import NOON

FILE = Path(__file__).resolve().parents[1] / "docs" / "manifest-vectors.json"
ROOT, KEY, NEXT, THIEF = (SigningKey(Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (11, 12, 13, 14))
DAY = timedelta(days=1)

_ONE = signing_keys.rotate(ROOT, None, add=[KEY.public], retire=[], at=NOON - DAY, days=400)
#: The next key document: the first key is retired, as after a theft.
_TWO = signing_keys.rotate(ROOT, _ONE, add=[NEXT.public], retire=[KEY.kid], at=NOON, days=400)
_BODIES = {
    (country, locale): canonical_json({"v": 1, "country": country, "locale": locale, "tips": [], "services": []}).decode()
    for country in ("GB", "ZZ")
    for locale in ("cy", "en")
}
_ABOUT = (
    "Documents for verifiers of the signed manifest. `root` is the pinned root key (32 bytes, base64url). A manifest is verified "
    "at `now`, with `last` as what the client accepted before (null: a fresh install); a country manifest, for `country`. "
    "`expect` has what a client takes from it, or why it refuses. docs/verifying.md has the rules."
)


def _payload(release: int, issued: Any, **changed: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "release": release,
        "min_release": 3,
        "packs": _packs(),
        "withdrawn": [],
        "apps": {"parent": {"recommended": "1.2.0"}},
        "issued": rfc3339(issued),
        "expires": rfc3339(issued + 7 * DAY),
    } | changed


def _packs() -> list[dict[str, Any]]:
    return [
        {"country": country, "locale": locale, "digest": digest(body.encode()), "size": len(body)}
        for (country, locale), body in _BODIES.items()
    ]


def _whole(
    release: int = 7, *, key: SigningKey = KEY, document: str = _ONE, issued: Any = NOON, header: Any = (), **changed: Any
) -> str:
    return key.sign(_payload(release, issued, **changed), kind=MANIFEST, keys=document, **dict(header))


def _of(
    country: str,
    *,
    locales: Sequence[str] = ("cy", "en"),
    key: SigningKey = KEY,
    document: str = _ONE,
    issued: Any = NOON,
    **changed: Any,
) -> str:
    listed = [pack for pack in _packs() if pack["country"] == country and pack["locale"] in locales]
    packs = [{name: pack[name] for name in ("locale", "digest", "size")} for pack in listed]
    payload = _payload(7, issued, country=country, countries=["GB", "ZZ"], packs=packs, keys=document, **changed)
    return key.sign(payload, kind=COUNTRY_MANIFEST)


def _with_header(jws: str, **header: Any) -> str:
    """Change members of the header, and leave payload and signature as they are."""
    first, payload, signature = jws.split(".")
    return f"{encode(canonical_json(json.loads(decode(first)) | header))}.{payload}.{signature}"


def _flipped(jws: str, part: int) -> str:
    """Change one bit in the middle of a part: header, payload or signature."""
    parts = jws.split(".")
    data = bytearray(decode(parts[part]))
    data[len(data) // 2] ^= 1
    parts[part] = encode(bytes(data))
    return ".".join(parts)


def _case(name: str, jws: str, expect: Any, *, now: Any = NOON, last: Any = None, country: str | None = None) -> dict[str, Any]:
    place = {"country": country} if country else {}
    return {"name": name, "jws": jws, **place, "now": rfc3339(now), "last": last, "expect": expect}


def _accepted(release: int = 7, keys_version: int = 1, *, old: bool = False, withdrawn: Any = ()) -> dict[str, Any]:
    return {"release": release, "keys_version": keys_version, "old": old, "withdrawn": dict(withdrawn)}


def _last(release: int = 7, keys_version: int = 1, issued: Any = NOON) -> dict[str, Any]:
    return {"release": release, "keys_version": keys_version, "issued": rfc3339(issued)}


def _refused(why: str) -> dict[str, str]:
    return {"refused": why}


def manifests() -> list[dict[str, Any]]:
    """Return the cases of the whole manifest."""
    good, later = _whole(), NOON + DAY
    gone: list[dict[str, Any]] = [
        {"service": "gb-old", "successor": "gb-line", "date": "2026-11-30"},
        {"service": "gb-end", "successor": None, "date": "2026-11-29"},
    ]
    return [
        _case("good, on a fresh install", good, _accepted()),
        _case("good, after an earlier release", _whole(8), _accepted(8), last=_last()),
        _case("the same release signed again a day later", _whole(issued=later), _accepted(), now=later, last=_last()),
        _case("the same manifest again", good, _accepted(), last=_last()),
        _case("services were withdrawn", _whole(withdrawn=gone), _accepted(withdrawn={"gb-old": "gb-line", "gb-end": None})),
        _case(
            "members of a later version, in the header, the payload and each entry",
            _whole(
                header={"later": [1]},
                later={"a": None},
                packs=[{**pack, "later": True} for pack in _packs()],
                withdrawn=[{**entry, "later": "x"} for entry in gone],
            ),
            _accepted(withdrawn={"gb-old": "gb-line", "gb-end": None}),
        ),
        _case("a clock that is behind", good, _accepted(), now=NOON - 30 * DAY),
        _case("expired, on a fresh install: used, and marked as old", good, _accepted(old=True), now=NOON + 8 * DAY),
        _case("expired, after one was accepted", good, _refused("expired"), now=NOON + 8 * DAY, last=_last()),
        _case("an older release", _whole(6), _refused("rolled-back"), last=_last()),
        _case("an older signature of the same release", good, _refused("rolled-back"), now=later, last=_last(issued=later)),
        _case("one bit of the payload changed", _flipped(good, 1), _refused("forged")),
        _case("one bit of the signature changed", _flipped(good, 2), _refused("forged")),
        _case("one bit of the header changed", _flipped(good, 0), _refused("forged")),
        _case("without a signature", good.rpartition(".")[0] + ".", _refused("forged")),
        _case("alg none", _with_header(good, alg="none"), _refused("forged")),
        _case("alg HS256, with the public key as the secret", _with_header(good, alg="HS256"), _refused("forged")),
        _case("a critical extension", _whole(header={"crit": ["later"], "later": 1}), _refused("forged")),
        _case("the key document in place of a manifest", _ONE, _refused("forged")),
        _case("signed by a key that the root never named", _whole(key=THIEF), _refused("key-not-valid")),
        _case(
            "a key document of another root",
            _whole(key=THIEF, document=signing_keys.rotate(THIEF, None, add=[THIEF.public], retire=[], at=NOON, days=9)),
            _refused("forged"),
        ),
        _case("issued after its key ended", _whole(issued=NOON + 401 * DAY), _refused("key-not-valid"), now=NOON + 401 * DAY),
        _case("issued before its key began", _whole(issued=NOON - 9 * DAY), _refused("key-not-valid")),
        _case("a release number that JSON cannot hold exactly", _whole(2**53), _refused("forged")),
        _case("no JWS", "not a manifest", _refused("forged")),
        _case("padding in base64url", good + "==", _refused("forged")),
        _case("rotated: the next key", _whole(8, key=NEXT, document=_TWO), _accepted(8, 2), last=_last()),
        _case(
            "rotated after a theft: release numbers start anew",
            _whole(3, key=NEXT, document=_TWO),
            _accepted(3, 2),
            last=_last(2**53 - 1),
        ),
        _case("the retired key with the next document", _whole(8, document=_TWO), _refused("key-not-valid"), last=_last()),
        _case("the retired key with the old document", _whole(9), _refused("rolled-back"), last=_last(8, 2)),
    ]


def country_manifests() -> list[dict[str, Any]]:
    """Return the cases of country manifests."""
    good, world = _of("GB"), _of("ZZ")
    return [
        _case("good", good, _accepted(), country="GB"),
        _case("with the pack of one locale alone", _of("GB", locales=["cy"]), _accepted(), country="GB", last=_last()),
        _case("worldwide, for a country without packs of its own", world, _accepted(), country="NO"),
        _case("members of a later version", _of("GB", later=[1]), _accepted(), country="GB", last=_last()),
        _case("rotated", _of("GB", key=NEXT, document=_TWO), _accepted(7, 2), country="GB", last=_last()),
        _case("of another country", good, _refused("wrong-country"), country="NO"),
        _case("worldwide, for a country that has its own", world, _refused("wrong-country"), country="GB"),
        _case("the whole manifest in its place", _whole(), _refused("forged"), country="GB"),
        _case("one bit of the payload changed", _flipped(good, 1), _refused("forged"), country="GB"),
        _case("signed by a key that the root never named", _of("GB", key=THIEF), _refused("key-not-valid"), country="GB"),
        _case("older than the one accepted last", good, _refused("rolled-back"), country="GB", last=_last(8)),
        _case("expired, after one was accepted", good, _refused("expired"), now=NOON + 8 * DAY, country="GB", last=_last()),
    ]


def packs() -> list[dict[str, Any]]:
    """Return packs with the country and locale for which a client fetched them; all by the first manifest of the file."""
    body = _BODIES["GB", "cy"]
    return [
        {"name": "good", "country": "GB", "locale": "cy", "body": body, "expect": "accepted"},
        {"name": "worldwide", "country": "NO", "locale": "en", "body": _BODIES["ZZ", "en"], "expect": "accepted"},
        {"name": "of another locale", "country": "GB", "locale": "en", "body": body, "expect": "wrong-pack"},
        {"name": "of another country", "country": "GB", "locale": "en", "body": _BODIES["ZZ", "en"], "expect": "wrong-pack"},
        {"name": "changed", "country": "GB", "locale": "cy", "body": body.replace("[]", "{}", 1), "expect": "wrong-pack"},
        {"name": "with a line end", "country": "GB", "locale": "cy", "body": body + "\n", "expect": "wrong-pack"},
        {"name": "not listed", "country": "GB", "locale": "fr", "body": body, "expect": "wrong-pack"},
    ]


def text() -> str:
    """Return the file."""
    document = {
        "about": _ABOUT,
        "root": encode(ROOT.public),
        "kinds": {"manifest": MANIFEST, "country_manifest": COUNTRY_MANIFEST, "keys": KEYS},
        "manifests": manifests(),
        "country_manifests": country_manifests(),
        "packs": packs(),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
