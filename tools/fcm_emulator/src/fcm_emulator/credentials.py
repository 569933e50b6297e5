"""Service-account key files for the emulator: the private key for the sender, the public key for the server."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from fcm_emulator.tls import ensure_certificate

#: Google's rule for project ids; it also makes the id a safe file name.
PROJECT_ID = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")


class InvalidProject(Exception):
    """A project id has 6 to 30 lower-case letters, digits and hyphens; it begins with a letter and does not end with a hyphen."""


def write_credentials(folder: Path, *, project: str, url: str) -> Path:
    """Write folder/<project>.json with a new RSA key and `token_uri` at `url`, and add its public key to folder/public.json.

    All files have mode 0600. For an https `url`, also write folder/server.pem for the server and folder/ca.pem for its clients.
    InvalidProject if Google would not accept the project id.
    """
    if not PROJECT_ID.fullmatch(project):
        raise InvalidProject(InvalidProject.__doc__)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if url.startswith("https:"):
        ensure_certificate(folder)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_id = secrets.token_hex(20)
    email = f"fcm-emulator@{project}.iam.gserviceaccount.com"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    token_uri = url.rstrip("/") + "/token"
    path = folder / f"{project}.json"
    _write(
        path,
        {
            "type": "service_account",
            "project_id": project,
            "private_key_id": key_id,
            "private_key": private,
            "client_email": email,
            "client_id": str(secrets.randbelow(10**20) + 10**20),
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        },
    )
    entry = {"project_id": project, "client_email": email, "private_key_id": key_id, "public_key": public, "token_uri": token_uri}
    others = [account for account in _known_accounts(folder) if account["project_id"] != project]
    _write(folder / "public.json", {"accounts": [*others, entry]})
    return path


def _known_accounts(folder: Path) -> list[dict[str, Any]]:
    try:
        accounts: list[dict[str, Any]] = json.loads((folder / "public.json").read_text(encoding="utf-8"))["accounts"]
    except FileNotFoundError:
        return []
    return accounts


def _write(path: Path, document: dict[str, Any]) -> None:
    """Replace the file atomically; at no time can anyone but its owner read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
    draft.replace(path)
