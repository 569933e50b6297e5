"""The keys of the manifest: the root, kept offline, names the release keys; workers sign with one of those."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from content.publishing.verify import KEYS, Forged, decode, encode, read_keys
from core.canonical import canonical_json, digest
from core.errors import Conflict, Invalid
from core.instants import rfc3339

#: The root's document lies beside the release key, under this name.
DOCUMENT = "keys.jws"


class KeyUnusable(Invalid):
    """This file holds no Ed25519 key in PEM."""


class KeyThere(Conflict):
    """There is a file under this name already; a key is never written over."""

    code = "exists"


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key with its id, which is the beginning of the digest of its public half."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 raw bytes of the public half."""
        return self.private.public_key().public_bytes_raw()

    @property
    def kid(self) -> str:
        """The id that names the key in headers and key sets."""
        return key_id(self.public)

    def sign(self, payload: Any, *, kind: str, **header: Any) -> str:
        """Return a compact JWS of the payload as canonical JSON."""
        protected = canonical_json({"alg": "EdDSA", "typ": kind, "kid": self.kid, **header})
        signed = f"{encode(protected)}.{encode(canonical_json(payload))}"
        return f"{signed}.{encode(self.private.sign(signed.encode()))}"


def key_id(public: bytes) -> str:
    """Return the short id of a public key."""
    return digest(public)[:16]


def read_key(path: Path) -> SigningKey:
    """Read a private key; KeyUnusable where the file is missing or holds something else."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise KeyUnusable(f"{path} holds no Ed25519 key in PEM that can be read here.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds a key of another kind than Ed25519.")
    return SigningKey(key)


def new_key(path: Path) -> SigningKey:
    """Make a key and write it for its owner alone (0600); KeyThere where the file exists."""
    key = SigningKey(Ed25519PrivateKey.generate())
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyThere(f"{path} is there already; a key is never written over.") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return key


def write_document(path: Path, document: str) -> None:
    """Write the root's document so that a reader sees the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(document)
    draft.replace(path)


def public_from_text(text: str) -> bytes:
    """Return the 32 bytes of a public key in base64url, as `signing new-key` prints it."""
    try:
        public = decode(text)
    except Forged:
        public = b""
    if len(public) != 32:
        raise Invalid("A public key is 32 bytes in base64url, as `signing new-key` prints it.")
    return public


def rotate(
    root: SigningKey,
    document: str | None,
    *,
    add: Iterable[bytes],
    retire: Collection[str],
    at: datetime,
    days: int,
) -> str:
    """Return the root's next document: the keys of the present one without those retired, and the new ones, good for `days`.

    A key that is left out signs nothing more that a client accepts, once the client has seen this document.
    """
    version, kept = (0, []) if document is None else _read(document, root)
    unknown = sorted(set(retire) - {key["kid"] for key in kept})
    if unknown:
        raise Invalid(f"The present document does not name {', '.join(unknown)}.", code="unknown-key")
    keys = [key for key in kept if key["kid"] not in retire]
    for public in add:
        if key_id(public) in {key["kid"] for key in keys}:
            raise Invalid(f"The document names {key_id(public)} already.", code="known-key")
        keys.append(
            {
                "kid": key_id(public),
                "x": encode(public),
                # Worker and root machine need not agree on the minute.
                "not_before": rfc3339(at - timedelta(days=1)),
                "not_after": rfc3339(at + timedelta(days=days)),
            }
        )
    if not keys:
        raise Invalid("No key would be left that could sign; add one with --key.", code="no-key")
    # The root's own public half says to its workers which root it is; a client takes it from nowhere but itself.
    return root.sign({"version": version + 1, "issued": rfc3339(at), "keys": keys}, kind=KEYS, x=encode(root.public))


def _read(document: str, root: SigningKey) -> tuple[int, list[dict[str, Any]]]:
    try:
        return read_keys(document, root.public)
    except Forged as error:
        raise Invalid(f"The present document is not this root's: {error}.", code="document") from None
