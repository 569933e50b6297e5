"""Simulated installations in bulk, with real sealing: for the sandbox and for measurements, never for a real database."""

from __future__ import annotations

import hashlib
import random
import secrets
import uuid
from datetime import datetime

from django.db import connection, transaction

from content.terms import Recipient
from core.errors import Invalid, NotFound
from notifications.models.app import App, PushMode
from notifications.models.registration_row import AddressKind
from notifications.models.segment import Platform, Segment
from notifications.registrations import sealed, values

#: Country, locale, zone and share of the simulated installations.
PLACES = (
    ("GB", "en", "Europe/London", 40), ("GB", "cy", "Europe/London", 10), ("IN", "hi", "Asia/Kolkata", 12),
    ("US", "es", "America/New_York", 8), ("US", "en", "America/Los_Angeles", 8), ("FR", "fr", "Europe/Paris", 8),
    ("NZ", "mi", "Pacific/Auckland", 4), ("BD", "bn", "Asia/Dhaka", 4), ("GB", "ar", "", 3), ("DE", "de", "Europe/Berlin", 3),
)  # fmt: skip
_PLATFORMS = ((Platform.ANDROID, 70), (Platform.IOS, 25), (Platform.WEB, 5))
#: Rows of one transaction, which holds the lock of the tickets while it runs.
_ROWS_PER_TRANSACTION = 10_000
_COLUMNS = "id, segment_id, address_kind, address_sealed, address_digest, app_version, secret_digest, seen_on"


def register_many(number: int, *, app: str, country: str | None, at: datetime) -> int:
    """Add that many installations of an app; return how many were added. Nobody knows their secrets."""
    found = App.objects.filter(name=app).first()
    if found is None:
        raise NotFound(f"There is no app called {app}. The command load_apps creates the packaged apps.")
    places = [place for place in PLACES if country in (None, place[0])]
    if not places:
        raise Invalid(f"There are no simulated installations for {country}.")
    if any(found.mode_in(place[0]) != PushMode.REGISTRATIONS for place in places):
        raise Invalid(f"The app {app} stores no addresses.")
    segments = [(_segment(found, place, platform), place[3] * share) for place in places for platform, share in _PLATFORMS]
    made = 0
    while made < number:
        made += _copy(min(_ROWS_PER_TRANSACTION, number - made), found, segments, at)
    with connection.cursor() as cursor:
        # Autovacuum would do this a minute later; until then the planner would assume an empty table.
        cursor.execute("ANALYZE notifications_registration")
    return made


def _segment(app: App, place: tuple[str, str, str, int], platform: str) -> int:
    country, locale, zone, _ = place
    audience = Recipient.PARENT
    return Segment.objects.of(
        app_id=app.name,
        country=country,
        region="",
        locale=locale,
        audience=audience,
        zone=values.time_zone(country, zone),
        platform=platform,
    ).pk


def _copy(number: int, app: App, segments: list[tuple[int, int]], at: datetime) -> int:
    ids, weights = zip(*segments, strict=True)
    chosen = random.choices(ids, weights, k=number)  # noqa: S311
    # The digest of a secret that nobody has: these installations cannot be changed through the API.
    unusable = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
    into = f"COPY notifications_registration ({_COLUMNS}) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(into) as copy:
        for segment in chosen:
            address = secrets.token_urlsafe(16)[:22]
            digest = sealed.digest(app.project, address)
            row = (uuid.uuid4(), segment, AddressKind.FID, sealed.seal(address, row_digest=digest), digest, "1.2.0", unusable)
            copy.write_row((*row, at.date()))
    return number
