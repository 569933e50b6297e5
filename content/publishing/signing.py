"""Sign the manifest. Workers hold a release key and sign; web processes have no key and only serve the result."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.db import connection, transaction

from content.models import Manifest, Release, Withdrawal
from content.models.withdrawal import WithdrawnService
from content.publishing.signing_keys import DOCUMENT, SigningKey, read_key
from content.publishing.verify import COUNTRY_MANIFEST, MANIFEST, Refused, VerifiedManifest, decode, verify_manifest
from core.canonical import canonical_json, digest
from core.errors import Invalid
from core.instants import rfc3339

log = logging.getLogger(__name__)

FORMAT = 1
#: How long clients may trust a manifest, and after how long it is signed again.
VALIDITY, RENEW_AFTER = timedelta(days=7), timedelta(days=1)
#: Age at which staff are alerted: half the validity, which leaves them three days.
ALARM_AFTER = VALIDITY / 2
#: Advisory lock that lets one worker sign at a time.
_LOCK = 7_305_810


class ManifestPack(TypedDict):
    """A pack of the release; size in bytes."""

    country: str
    locale: str
    digest: str
    size: int


class AppVersion(TypedDict):
    """The recommended version of an app."""

    recommended: str


class ManifestContent(TypedDict):
    """The payload of a manifest, without its dates."""

    v: int
    release: int
    min_release: int
    packs: list[ManifestPack]
    withdrawn: list[WithdrawnService]
    apps: dict[str, AppVersion]


class CountryPack(TypedDict):
    """A pack of the country that a country manifest is of; size in bytes."""

    locale: str
    digest: str
    size: int


class CountryManifestContent(TypedDict):
    """The payload of a country manifest, without its dates."""

    v: int
    country: str
    #: The countries with packs of their own: any other one is served the worldwide manifest, and none of these is.
    countries: list[str]
    release: int
    min_release: int
    packs: list[CountryPack]
    withdrawn: list[WithdrawnService]
    apps: dict[str, AppVersion]
    #: The root's key document.
    keys: str


class ReleaseKey(TypedDict):
    """A release key as a JWK (RFC 8037)."""

    kty: str
    crv: str
    use: str
    alg: str
    kid: str
    x: str


class KeySet(TypedDict):
    """The release keys, and the root's key document."""

    keys: list[ReleaseKey]
    fingerpost_keys: str


class NoKey(Invalid):
    """PACK_SIGNING_KEY is not set. Only workers hold a signing key."""

    code = "no-key"


def sign_if_due(*, at: datetime) -> Manifest | None:
    """Sign and return a manifest where the newest is out of date or a day old; else return None.

    Returns None before the first release. Any number of workers may call this concurrently.
    """
    if Release.objects.current_number() is None:
        return None
    key, document = _load_key()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        return _sign(key, document, at=at)


def alarm(*, at: datetime) -> bool:
    """Log an error where the newest manifest is older than ALARM_AFTER, and tell whether it is."""
    newest = Manifest.objects.order_by("-pk").first()
    if newest is None or at - newest.issued_at < ALARM_AFTER:
        return False
    left = (newest.expires_at - at) / timedelta(days=1)
    log.error("the manifest was last signed on %s and expires in %.1f days", newest.issued_at.date(), max(left, 0.0))
    return True


def content_of(release: Release, *, at: datetime) -> ManifestContent:
    """Return the payload of a manifest of the release, without its dates."""
    packs = release.release_packs.order_by("country_id", "locale_id").values_list(
        "country_id", "locale_id", "pack_id", "pack__size"
    )
    # Every older release offers a service that was withdrawn since.
    least = Withdrawal.objects.exclude(release=None).order_by("-release_id").values_list("release_id", flat=True).first()
    return {
        "v": FORMAT,
        "release": release.number,
        "min_release": least or 1,
        "packs": [{"country": country, "locale": locale, "digest": pack, "size": size} for country, locale, pack, size in packs],
        "withdrawn": Withdrawal.objects.manifest_entries(at=at),
        "apps": {name: {"recommended": version} for name, version in sorted(settings.APP_VERSIONS.items())},
    }


def by_country(content: ManifestContent, document: str) -> dict[str, CountryManifestContent]:
    """Return the payload of each country's manifest, without its dates; all say the same of release, withdrawals and apps."""
    packs: dict[str, list[CountryPack]] = {}
    for pack in content["packs"]:
        packs.setdefault(pack["country"], []).append({"locale": pack["locale"], "digest": pack["digest"], "size": pack["size"]})
    return {
        country: {
            "v": FORMAT,
            "country": country,
            "countries": sorted(packs),
            "release": content["release"],
            "min_release": content["min_release"],
            "packs": listed,
            "withdrawn": content["withdrawn"],
            "apps": content["apps"],
            "keys": document,
        }
        for country, listed in packs.items()
    }


def by_locale(content: CountryManifestContent) -> dict[str, CountryManifestContent]:
    """Return the payload of a country's manifest for each locale: the same with the pack of that locale alone."""
    return {pack["locale"]: {**content, "packs": [pack]} for pack in content["packs"]}


def jwks(body: str) -> KeySet:
    """Return the release keys of a manifest as a JWK set, with the root's key document under `fingerpost_keys`."""
    header = json.loads(decode(body.partition(".")[0]))
    document = json.loads(decode(header["keys"].split(".")[1]))
    keys: list[ReleaseKey] = [
        {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": k["kid"], "x": k["x"]} for k in document["keys"]
    ]
    return {"keys": keys, "fingerpost_keys": header["keys"]}


def read_back(body: str, *, at: datetime, last_number: int | None = None) -> VerifiedManifest:
    """Verify a manifest against the root that it names itself: raises Refused where it is damaged, but cannot tell a forgery."""
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
        raise NoKey(f"There is no {DOCUMENT} beside {path}. The root key signs it to authorize the release key.") from None


def _sign(key: SigningKey, document: str, *, at: datetime) -> Manifest | None:
    release = Release.objects.current()
    content = content_of(release, at=at)
    # A new key document is published at once, because it may retire a stolen key.
    countries = by_country(content, document)
    fingerprint = digest(canonical_json([content, sorted(countries), document, key.kid]))
    newest = Manifest.objects.order_by("-pk").first()
    if newest is not None and newest.content_digest == fingerprint and at - newest.issued_at < RENEW_AFTER:
        return None
    issued = at.replace(microsecond=0)
    expires = issued + VALIDITY
    dates = {"issued": rfc3339(issued), "expires": rfc3339(expires)}
    body = key.sign({**content, **dates}, kind=MANIFEST, keys=document)
    _require_accepted(body, release.number, at=issued)
    signed = Manifest.objects.create(
        release=release,
        content_digest=fingerprint,
        body=body,
        country_bodies={country: key.sign({**listed, **dates}, kind=COUNTRY_MANIFEST) for country, listed in countries.items()},
        locale_bodies={
            country: {tag: key.sign({**one, **dates}, kind=COUNTRY_MANIFEST) for tag, one in by_locale(listed).items()}
            for country, listed in countries.items()
        },
        issued_at=issued,
        expires_at=expires,
    )
    Manifest.objects.delete_old(at=at)
    return signed


def _require_accepted(body: str, number: int, *, at: datetime) -> None:
    """Raise NoKey where clients would refuse the manifest, such as for a key that the root has not authorized or has retired."""
    try:
        read_back(body, at=at, last_number=number)
    except Refused as error:
        raise NoKey(f"Clients would refuse a manifest signed with this key: {error}.") from None
