"""Verify a manifest against the pinned root key, and packs against the manifest, as a client does.

The reference for app developers (docs/verifying.md): it uses only the standard library and `cryptography`, and nothing else
of this repository. Where something is refused, a client keeps the last manifest and packs that it accepted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

#: The `typ` of each kind of document; one kind is never accepted as the other.
MANIFEST, COUNTRY_MANIFEST, KEYS = "fingerpost-manifest", "fingerpost-country-manifest", "fingerpost-keys"
WORLDWIDE = "ZZ"
#: Bytes; a real manifest is about 60 kB.
LARGEST_MANIFEST = 4_000_000
#: The largest integer that every JSON parser reads exactly.
LARGEST_NUMBER = 2**53 - 1


class Refused(Exception):
    """Do not use this document; keep what was accepted before."""


class Forged(Refused):
    """The document is malformed, or not signed by the root key or an authorized release key."""


class KeyNotValid(Refused):
    """The root has not authorized this key, has retired it, or had not authorized it when it signed."""


class RolledBack(Refused):
    """The document is older than one that was accepted before."""


class Expired(Refused):
    """The manifest has expired, and one was accepted before: newer ones may be withheld from this client."""


class WrongCountry(Refused):
    """The country manifest is of another country, or the worldwide one although the country has its own."""


class WrongPack(Refused):
    """The bytes are not those that the manifest lists for the country and locale."""


@dataclass(frozen=True)
class ListedPack:
    """A pack as the manifest lists it; size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True)
class VerifiedManifest:
    """The contents of a verified manifest. Store `release`, `keys_version` and `issued` for the next call."""

    release: int
    min_release: int
    keys_version: int
    issued: datetime
    expires: datetime
    #: Expired, which only a fresh install accepts: tell the reader that it is old, and keep requesting a newer one.
    old: bool
    packs: Mapping[tuple[str, str], ListedPack]
    #: Service id → id of its successor, or None: hide these services wherever they still appear.
    withdrawn: Mapping[str, str | None]
    #: App name → recommended version; never a reason to lock a user out.
    apps: Mapping[str, str]


def verify_manifest(
    jws: str | bytes,
    root_public_key: bytes,
    *,
    last_number: int | None,
    now: datetime,
    last_keys: int | None = None,
    last_issued: datetime | None = None,
) -> VerifiedManifest:
    """Return the contents of the manifest, or raise Refused.

    `root_public_key` is the 32 raw bytes pinned in the app. `last_number`, `last_keys` and `last_issued` are `release`,
    `keys_version` and `issued` of the manifest accepted last; `last_number` is None for a fresh install. Release numbers are
    compared only between manifests with the same key document. A newer key document, which only the root can sign, resets the
    comparison, so that a stolen release key cannot lock clients out with a very high number.
    """
    header, payload, signed, signature = _parts(jws, MANIFEST)
    keys_version, key = _key(header, header.get("keys"), root_public_key, _time(payload, "issued"))
    _check(key, signature, signed)
    manifest = _manifest(payload, keys_version, now)
    _check_is_newer(manifest, last_number, last_keys, last_issued)
    return manifest


def verify_country_manifest(
    jws: str | bytes,
    root_public_key: bytes,
    *,
    country: str,
    last_number: int | None,
    now: datetime,
    last_keys: int | None = None,
    last_issued: datetime | None = None,
) -> VerifiedManifest:
    """Return the contents of the manifest of one country, or raise Refused; the other arguments are those of `verify_manifest`.

    It lists the packs of the country, or the worldwide ones where the country has none of its own. Its key document is in the
    payload, because libraries limit the size of headers; the root's signature protects it all the same.
    """
    header, payload, signed, signature = _parts(jws, COUNTRY_MANIFEST)
    keys_version, key = _key(header, payload.get("keys"), root_public_key, _time(payload, "issued"))
    _check(key, signature, signed)
    of, listed = payload.get("country"), payload.get("packs")
    if of != country and (of != WORLDWIDE or country in _codes(payload)):
        raise WrongCountry("it is the manifest of another country")
    if not isinstance(listed, list) or not all(isinstance(pack, dict) for pack in listed):
        raise Forged("it is malformed")
    manifest = _manifest({**payload, "packs": [{**pack, "country": of} for pack in listed]}, keys_version, now)
    _check_is_newer(manifest, last_number, last_keys, last_issued)
    return manifest


def verify_pack(body: bytes, manifest: VerifiedManifest, country: str, locale: str) -> dict[str, Any]:
    """Return the pack as a dict, or raise WrongPack. A country without packs of its own gets the worldwide ones."""
    place = country if any(own == country for own, _ in manifest.packs) else WORLDWIDE
    listed = manifest.packs.get((place, locale))
    if listed is None:
        raise WrongPack("the manifest lists no such pack")
    if len(body) != listed.size or hashlib.sha256(body).hexdigest() != listed.digest:
        raise WrongPack("its bytes are not those that the manifest lists")
    pack: dict[str, Any] = json.loads(body)
    if (pack.get("country"), pack.get("locale")) != (place, locale):
        raise WrongPack("it is the pack of another country or locale")
    return pack


def read_keys(document: str | bytes, root_public_key: bytes) -> tuple[int, list[dict[str, Any]]]:
    """Return the version and the keys of the root's key document, or raise Forged."""
    _, payload, signed, signature = _parts(document, KEYS)
    _check(root_public_key, signature, signed)
    keys = payload.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise Forged("the list of keys is malformed")
    return _number(payload, "version"), keys


def encode(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Decode strict base64url without padding, or raise Forged."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Forged("it is not base64url") from None
    if encode(data) != text:
        # Two encodings of the same bytes would be two documents with one signature.
        raise Forged("it is not canonical base64url")
    return data


def _check_is_newer(
    manifest: VerifiedManifest, last_number: int | None, last_keys: int | None, last_issued: datetime | None
) -> None:
    """Raise RolledBack where the manifest is older than the last accepted one, and Expired where it has expired since."""
    keys_version = manifest.keys_version
    if last_keys is not None and keys_version < last_keys:
        raise RolledBack("its key document is older than the one accepted before")
    if last_keys is None or keys_version == last_keys:
        if last_number is not None and manifest.release < last_number:
            raise RolledBack("its release is older than the one accepted before")
        if last_issued is not None and manifest.issued < last_issued:
            raise RolledBack("it was signed before the one accepted before")
    if manifest.old and last_number is not None:
        raise Expired("it has expired")


def _codes(payload: Mapping[str, Any]) -> list[Any]:
    """Return the countries with packs of their own, or raise Forged."""
    codes = payload.get("countries")
    if not isinstance(codes, list):
        raise Forged("the list of countries is malformed")
    return codes


def _key(header: Mapping[str, Any], document: object, root: bytes, issued: datetime) -> tuple[int, bytes]:
    """Return the version of the key document, and the public key in it that the header names, valid at `issued`."""
    if not isinstance(document, str):
        raise Forged("it has no key document")
    version, keys = read_keys(document, root)
    named = [key for key in keys if key.get("kid") == header.get("kid")]
    if len(named) != 1 or not isinstance(named[0].get("x"), str):
        raise KeyNotValid("the root has not authorized its key")
    if not _time(named[0], "not_before") <= issued <= _time(named[0], "not_after"):
        raise KeyNotValid("its key was not valid when it was signed")
    return version, decode(named[0]["x"])


def _parts(jws: str | bytes, kind: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Return header, payload, signed bytes and signature of a compact JWS with Ed25519; raise Forged for anything else."""
    if len(jws) > LARGEST_MANIFEST:
        raise Forged("it is too large")
    try:
        text = jws if isinstance(jws, str) else jws.decode("ascii")
        first, second, third = text.strip().split(".")
        header, payload = json.loads(decode(first)), json.loads(decode(second))
    except (ValueError, RecursionError):
        raise Forged("it is not a compact JWS of JSON") from None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise Forged("it is not a compact JWS of JSON objects")
    if header.get("alg") != "EdDSA" or header.get("typ") != kind or "crit" in header:
        # The sender never chooses the algorithm.
        raise Forged("its algorithm or type is not the expected one")
    return header, payload, f"{first}.{second}".encode(), decode(third)


def _check(public_key: bytes, signature: bytes, signed: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise Forged("its signature is not valid") from None


def _manifest(payload: Mapping[str, Any], keys_version: int, now: datetime) -> VerifiedManifest:
    issued, expires = _time(payload, "issued"), _time(payload, "expires")
    try:
        return VerifiedManifest(
            release=_number(payload, "release"),
            min_release=_number(payload, "min_release"),
            keys_version=keys_version,
            issued=issued,
            expires=expires,
            old=now >= expires,
            packs={(pack["country"], pack["locale"]): ListedPack(pack["digest"], pack["size"]) for pack in payload["packs"]},
            withdrawn={entry["service"]: entry["successor"] for entry in payload["withdrawn"]},
            apps={name: app["recommended"] for name, app in payload["apps"].items()},
        )
    except (KeyError, TypeError, AttributeError):
        raise Forged("it is malformed") from None


def _number(value: Mapping[str, Any], name: str) -> int:
    number = value.get(name)
    # In Python True is an integer too.
    if type(number) is not int or not 0 < number <= LARGEST_NUMBER:
        raise Forged(f"{name} is not a valid number")
    return number


def _time(value: Mapping[str, Any], name: str) -> datetime:
    """Return an instant with its offset, or raise Forged."""
    try:
        instant = datetime.fromisoformat(value[name])
    except (KeyError, TypeError, ValueError):
        raise Forged(f"{name} is not an RFC 3339 time") from None
    if instant.tzinfo is None:
        raise Forged(f"{name} has no offset")
    return instant
