"""The manifest: what it says, when it is due again, and its signature. Workers sign; the web has no key and only serves."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from content.models import Manifest, Release, Withdrawal
from content.publishing.signing_keys import DOCUMENT, SigningKey, read_key
from content.publishing.verify import MANIFEST, Refused, VerifiedManifest, decode, verify_manifest
from core.canonical import canonical_json, digest
from core.errors import Invalid
from core.instants import rfc3339

log = logging.getLogger(__name__)

FORMAT = 1
#: How long a client may take a manifest for the newest, and how often it is signed anew.
VALID, AGAIN_AFTER = timedelta(days=7), timedelta(days=1)
#: At half its validity somebody must be told: three more days, and clients hold only an old one.
ALARM_AFTER = VALID / 2
#: Signers at the same moment wait for each other under this number.
_LOCK = 7_305_810


class NoKey(Invalid):
    """PACK_SIGNING_KEY names no key here; only workers hold one."""

    code = "no-key"


def sign_if_due(*, at: datetime) -> Manifest | None:
    """Sign a manifest where the newest says something else than holds now, or is a day old; return it, or None.

    Does nothing before the first release. Any number of workers may call this at any time.
    """
    if Release.objects.current_number() is None:
        return None
    key, document = _load_key()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        return _sign(key, document, at=at)


def alarm(*, at: datetime) -> bool:
    """Log an error where what readers get was signed too long ago, and tell whether it was."""
    newest = Manifest.objects.order_by("-pk").first()
    if newest is None or at - newest.issued_at < ALARM_AFTER:
        return False
    left = (newest.expires_at - at) / timedelta(days=1)
    log.error("the manifest was last signed on %s and is good for %.1f more days", newest.issued_at.date(), max(left, 0.0))
    return True


def content_of(release: Release, *, at: datetime) -> dict[str, Any]:
    """Return what a manifest says of the release now, its dates left out."""
    packs = release.release_packs.order_by("country_id", "locale_id").values_list(
        "country_id", "locale_id", "pack_id", "pack__size"
    )
    # Whatever is older still holds something that was taken away.
    least = Withdrawal.objects.exclude(release=None).order_by("-release_id").values_list("release_id", flat=True).first()
    return {
        "v": FORMAT,
        "release": release.number,
        "min_release": least or 1,
        "packs": [{"country": country, "locale": locale, "digest": pack, "size": size} for country, locale, pack, size in packs],
        "withdrawn": Withdrawal.objects.manifest_entries(at=at),
        "apps": {name: {"recommended": version} for name, version in sorted(settings.APP_VERSIONS.items())},
    }


def jwks(body: str) -> dict[str, Any]:
    """Return the release keys that a manifest carries, as a JWK set, with the document by which the root names them."""
    header = json.loads(decode(body.partition(".")[0]))
    document = json.loads(decode(header["keys"].split(".")[1]))
    keys = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": k["kid"], "x": k["x"]} for k in document["keys"]
    ]
    return {"keys": keys, "fingerpost_keys": header["keys"]}


def read_back(body: str, *, at: datetime, last_number: int | None = None) -> VerifiedManifest:
    """Read a manifest as a client does that has pinned the root it carries: what is damaged is Refused, not what is forged."""
    document = json.loads(decode(body.partition(".")[0]))["keys"]
    root = json.loads(decode(document.partition(".")[0])).get("x", "")
    return verify_manifest(body, decode(root), last_number=last_number, now=at)


def _load_key() -> tuple[SigningKey, str]:
    if not settings.PACK_SIGNING_KEY:
        raise NoKey()
    path = Path(settings.PACK_SIGNING_KEY)
    key = read_key(path)
    try:
        return key, path.with_name(DOCUMENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        raise NoKey(f"Beside {path} there must be {DOCUMENT}, by which the root names that key.") from None


def _sign(key: SigningKey, document: str, *, at: datetime) -> Manifest | None:
    release = Release.objects.current()
    content = content_of(release, at=at)
    # A new list of keys must reach clients as fast as anything else: it may take a stolen key away.
    fingerprint = digest(canonical_json([content, document, key.kid]))
    newest = Manifest.objects.order_by("-pk").first()
    if newest is not None and newest.content_digest == fingerprint and at - newest.issued_at < AGAIN_AFTER:
        return None
    issued = at.replace(microsecond=0)
    expires = issued + VALID
    body = key.sign(content | {"issued": rfc3339(issued), "expires": rfc3339(expires)}, kind=MANIFEST, keys=document)
    _prove(body, release.number, at=issued)
    signed = Manifest.objects.create(release=release, content_digest=fingerprint, body=body, issued_at=issued, expires_at=expires)
    Manifest.objects.delete_old(at=at)
    return signed


def _prove(body: str, number: int, *, at: datetime) -> None:
    """Read it as a client does, so that a key that the root does not name, or names no longer, stops here."""
    try:
        read_back(body, at=at, last_number=number)
    except Refused as error:
        raise NoKey(f"Clients would refuse what this key signs: {error}.") from None
