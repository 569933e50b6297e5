"""What a registration is made of before it is stored: its address, sealed, its secret, and the segment that it belongs to."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, models

from content.terms import Recipient
from core.errors import Conflict
from notifications.models.app import App, PushMode
from notifications.models.segment import Platform
from notifications.registrations import sealed, values

#: How long after its last refresh an app should refresh its registration.
REFRESH_AFTER = timedelta(days=14)
_UPSERT = """
    INSERT INTO notifications_registration
        (id, segment_id, address_kind, address_sealed, address_digest, app_version, secret_digest, seen_on, unproven_since)
    VALUES (%(id)s, %(segment_id)s, %(address_kind)s, %(address_sealed)s, %(address_digest)s, %(app_version)s, %(secret_digest)s,
        %(seen_on)s, %(unproven_since)s)
    ON CONFLICT (address_digest) DO UPDATE SET
        segment_id = EXCLUDED.segment_id, address_kind = EXCLUDED.address_kind, address_sealed = EXCLUDED.address_sealed,
        app_version = EXCLUDED.app_version, secret_digest = EXCLUDED.secret_digest, seen_on = EXCLUDED.seen_on, gone_at = NULL,
        gone_because = '',
        unproven_since = CASE WHEN EXCLUDED.unproven_since IS NULL THEN NULL ELSE notifications_registration.unproven_since END
    RETURNING id
"""


def refresh_after(seen_on: date) -> datetime:
    """Return from when on the app should refresh a registration that was last seen on a day; only the day is stored."""
    return datetime.combine(seen_on, time(), tzinfo=UTC) + REFRESH_AFTER


class StoresNoAddress(Conflict):
    """This app stores no addresses."""

    code = "push-mode"


class NoTeens(Conflict):
    """This app stores no addresses of teenagers."""

    code = "no-teens"


class AddressKind(models.TextChoices):
    """The kind of address under which FCM knows an installation."""

    #: Firebase installation ID.
    FID = "fid"
    #: Registration token, which Google deprecated in 2026.
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True)
class Registered:
    """The response to a registration. The secret is shown this once; only its digest is stored."""

    id: uuid.UUID
    secret: str
    refresh_after: datetime
    push_mode: str


def new_row(
    app: App,
    *,
    address_kind: str,
    address: str,
    platform: str,
    locale: str,
    country: str,
    region: str | None,
    time_zone: str | None,
    audience: str,
    app_version: str,
    at: datetime,
) -> tuple[dict[str, Any], dict[str, str], str]:
    """Return the columns of a new registration with its address sealed, those of its segment, and its secret.

    Raises as `register` does.
    """
    place = place_of(app, platform=platform, locale=locale, country=country, region=region, zone=time_zone, audience=audience)
    require_storable(app, place)
    values.address(address_kind, address)
    key = sealed.digest(app.project, address)
    secret = secrets.token_urlsafe(32)
    row = {
        "id": uuid.uuid4(),
        "address_kind": address_kind,
        "address_sealed": sealed.seal(address, row_digest=key),
        "address_digest": key,
        "app_version": values.app_version(app_version),
        "secret_digest": secret_digest(secret),
        "seen_on": at.date(),
    }
    return row, place, secret


def place_of(
    app: App, *, platform: str, locale: str, country: str, region: str | None, zone: str | None, audience: str
) -> dict[str, str]:
    """Return the canonical columns of a segment; raises Invalid."""
    if platform not in Platform.values:
        raise values.InvalidValue("platform", f"platform must be one of {', '.join(Platform.values)}.")
    if audience not in Recipient.values:
        raise values.InvalidValue("audience", f"audience must be one of {', '.join(Recipient.values)}.")
    return {
        "app_id": app.name,
        "country": values.country(country),
        "region": values.region(country, region),
        "locale": values.locale(locale),
        "audience": audience,
        "zone": values.time_zone(country, zone),
        "platform": platform,
    }


def require_storable(app: App, place: dict[str, str]) -> None:
    """Raise StoresNoAddress or NoTeens where the app may not store the address of such an installation."""
    country = place["country"]
    mode = app.mode_in(country)
    if mode != PushMode.REGISTRATIONS:
        detail = f"The app {app.name} stores no addresses in {country}; its push mode there is {mode}."
        raise StoresNoAddress(detail, push_mode=str(mode))
    if place["audience"] == Recipient.TEEN and country not in app.basis_for_teens:
        raise NoTeens(
            f"The app {app.name} stores no addresses of teenagers in {country}. Missing: a legal basis for {country}, which two "
            "administrators record in the console under Apps. Until then, use the feed.",
            missing=["legal-basis"],
            country=country,
        )


def upsert(row: dict[str, Any]) -> uuid.UUID:
    """Insert a row, or update the one with this address; return its id.

    One statement, so that simultaneous first registrations of one address make one row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, row)
        identity: uuid.UUID = cursor.fetchone()[0]
    return identity


def secret_digest(secret: str) -> str:
    """Return what is stored of the secret of a registration."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
