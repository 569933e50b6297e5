"""The keys of the manifest: the root key, kept offline, authorizes release keys, with which workers sign."""

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

#: File name of the root's key document, which is kept beside the release key.
DOCUMENT = "keys.jws"


class KeyUnusable(Invalid):
    """This file does not contain an Ed25519 key in PEM."""


class KeyExists(Conflict):
    """This file already exists. Keys are never overwritten."""

    code = "exists"


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key pair; its id is the start of the digest of its public key."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The 32 raw bytes of the public key."""
        return self.private.public_key().public_bytes_raw()

    @property
    def kid(self) -> str:
        """The id that names the key in headers and key sets."""
        return key_id(self.public)

    def sign(self, payload: Any, *, kind: str, **header: Any) -> str:
        """Return a compact JWS over the payload as canonical JSON; `kind` becomes its `typ`."""
        protected = canonical_json({"alg": "EdDSA", "typ": kind, "kid": self.kid, **header})
        signed = f"{encode(protected)}.{encode(canonical_json(payload))}"
        return f"{signed}.{encode(self.private.sign(signed.encode()))}"


def key_id(public: bytes) -> str:
    """Return the id of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return digest(public)[:16]


def read_key(path: Path) -> SigningKey:
    """Read a private key; raise KeyUnusable where the file is missing or contains something else."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise KeyUnusable(f"{path} does not contain a readable Ed25519 key in PEM.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} contains a key that is not Ed25519.")
    return SigningKey(key)


def new_key(path: Path) -> SigningKey:
    """Create a key and write it to a file that only its owner can read (0600); raise KeyExists where the file exists."""
    key = SigningKey(Ed25519PrivateKey.generate())
    pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyExists(f"{path} already exists. Keys are never overwritten.") from None
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return key


def write_document(path: Path, document: str) -> None:
    """Replace the root's key document in one step, so that a reader sees the old one or the new one."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(document)
    draft.replace(path)


def public_from_text(text: str) -> bytes:
    """Decode a public key of 32 bytes from base64url, as `signing new-key` prints it."""
    try:
        public = decode(text)
    except Forged:
        public = b""
    if len(public) != 32:
        raise Invalid("A public key must be 32 bytes in base64url, as `signing new-key` prints it.")
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
    """Return the root's next key document: the current keys without the retired ones, and the new keys, valid for `days`.

    Clients that have seen it accept nothing more from a retired key. Raises Invalid for a document of another root, for a
    key id that cannot be retired, for a key that is listed already, and where no key would be left.
    """
    version, kept = (0, []) if document is None else _read(document, root)
    unknown = sorted(set(retire) - {key["kid"] for key in kept})
    if unknown:
        raise Invalid(f"The current key document does not list {', '.join(unknown)}.", code="unknown-key")
    keys = [key for key in kept if key["kid"] not in retire]
    for public in add:
        if key_id(public) in {key["kid"] for key in keys}:
            raise Invalid(f"The key document already lists {key_id(public)}.", code="known-key")
        keys.append(
            {
                "kid": key_id(public),
                "x": encode(public),
                # The clocks of the root machine and of the workers may differ.
                "not_before": rfc3339(at - timedelta(days=1)),
                "not_after": rfc3339(at + timedelta(days=days)),
            }
        )
    if not keys:
        raise Invalid("No key would be left. Add one with --key.", code="no-key")
    # The root's public key tells workers which root it is. Clients use only the one that they have pinned.
    return root.sign({"version": version + 1, "issued": rfc3339(at), "keys": keys}, kind=KEYS, x=encode(root.public))


def _read(document: str, root: SigningKey) -> tuple[int, list[dict[str, Any]]]:
    try:
        return read_keys(document, root.public)
    except Forged as error:
        raise Invalid(f"The current key document was not signed by this root: {error}.", code="document") from None
