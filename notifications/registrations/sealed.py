"""Push addresses at rest: sealed with AES-256-GCM under a key outside the database, and looked up by a keyed digest."""

from __future__ import annotations

import hashlib
import hmac
import os
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_NONCE_BYTES = 12


class KeyMissing(Exception):
    """ADDRESS_KEYS lacks the key of a sealed address; the argument says so in a sentence."""


def digest(project: str, address: str, key_id: str | None = None) -> str:
    """Return the keyed digest of an address, as "key-id.43 characters".

    It covers the Firebase project, so that an address is unique within a project. Without the key nobody can find out whether
    a given address is registered.
    """
    key_id = key_id or _current()
    mac = hmac.digest(_keys(key_id, _master(key_id))[1], f"{project}\0{address}".encode(), hashlib.sha256)
    return f"{key_id}.{_encode(mac)}"


def unregistered_digest(identity: uuid.UUID, key_id: str | None = None) -> str:
    """Return the keyed digest under which it is recorded that a registration was deleted by its holder."""
    key_id = key_id or _current()
    return f"{key_id}.{_encode(hmac.digest(_keys(key_id, _master(key_id))[2], identity.bytes, hashlib.sha256))}"


def older_digests(project: str, address: str) -> list[str]:
    """Return the digests under earlier keys, for rows that were not refreshed since the key was changed."""
    return [digest(project, address, key_id) for key_id in list(settings.ADDRESS_KEYS)[1:]]


def seal(address: str, *, row_digest: str) -> str:
    """Return "key-id.base64url(nonce, ciphertext, tag)", bound to the row's digest so that it cannot be moved to another row."""
    key_id = _current()
    nonce = os.urandom(_NONCE_BYTES)
    return f"{key_id}.{_encode(nonce + _cipher(key_id).encrypt(nonce, address.encode(), row_digest.encode()))}"


def unseal_all(rows: Iterable[tuple[str, str]]) -> list[str | None]:
    """Return the address of each (sealed address, digest of its row), None for a damaged one.

    Raises KeyMissing where ADDRESS_KEYS lacks the key that sealed one of them.
    """
    ciphers: dict[str, AESGCM] = {}
    addresses: list[str | None] = []
    for sealed, row_digest in rows:
        key_id, _, encoded = sealed.partition(".")
        cipher = ciphers.get(key_id)
        if cipher is None:
            if key_id not in settings.ADDRESS_KEYS:
                raise KeyMissing(f"ADDRESS_KEYS lacks the key {key_id} of a stored address. No phone was removed.")
            cipher = ciphers[key_id] = _cipher(key_id)
        try:
            data = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            addresses.append(cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], row_digest.encode()).decode())
        except (InvalidTag, ValueError):
            addresses.append(None)
    return addresses


def _current() -> str:
    if not settings.ADDRESS_KEYS:
        raise ImproperlyConfigured("ADDRESS_KEYS is not set; without it no address can be stored or read.")
    return str(next(iter(settings.ADDRESS_KEYS)))


def _master(key_id: str) -> bytes:
    return bytes(settings.ADDRESS_KEYS[key_id])


def _cipher(key_id: str) -> AESGCM:
    return _keys(key_id, _master(key_id))[0]


@lru_cache(maxsize=16)
def _keys(key_id: str, master: bytes) -> tuple[AESGCM, bytes, bytes]:
    """Derive the three keys of one master key, one for each purpose."""
    sealing, finding, unregistered = (
        HKDF(algorithm=SHA256(), length=32, salt=None, info=f"fingerpost:{use}:{key_id}".encode()).derive(master)
        for use in ("address-sealing", "address-digest", "unregistered")
    )
    return AESGCM(sealing), finding, unregistered


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
