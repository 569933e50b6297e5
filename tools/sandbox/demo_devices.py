"""The demo's 300 sample devices: parents' phones in many countries and languages, the same ones at every start.

Teens' phones are not registered. They only request the names of topics.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from itertools import cycle, islice

#: Country, region, locale, time zone, and how many of every 60 devices.
HOMES: tuple[tuple[str, str | None, str, str, int], ...] = (
    ("GB", "GB-ENG", "en", "Europe/London", 14),
    ("GB", "GB-WLS", "cy", "Europe/London", 6),
    ("GB", None, "ar", "Europe/London", 2),
    ("IN", None, "hi", "Asia/Kolkata", 6),
    ("IN", None, "mr", "Asia/Kolkata", 3),
    ("IN", None, "ml", "Asia/Kolkata", 2),
    ("US", None, "en", "America/New_York", 6),
    ("US", None, "es", "America/Chicago", 4),
    ("NZ", None, "mi", "Pacific/Auckland", 3),
    ("PH", None, "fil", "Asia/Manila", 3),
    ("CI", None, "fr", "Africa/Abidjan", 2),
    ("DE", None, "de", "Europe/Berlin", 3),
    ("BR", None, "pt-BR", "America/Sao_Paulo", 2),
    ("BD", None, "bn", "Asia/Dhaka", 2),
    ("PK", None, "ur", "Asia/Karachi", 2),
)
PLATFORMS = ("android", "android", "ios", "android", "web")


def registrations(count: int, seed: str) -> Iterator[dict[str, str | None]]:
    """Yield `count` request bodies for POST /v1/registrations; the push addresses depend on the seed."""
    homes = [home for home in HOMES for _ in range(home[4])]
    # Interleaved, so that the first few devices are of different countries too.
    mixed = [homes[index * 7 % len(homes)] for index in range(len(homes))]
    for index, (country, region, locale, zone, _) in enumerate(islice(cycle(mixed), count)):
        kind = "token" if index % 6 == 5 else "fid"
        yield {
            "app": "parent",
            "address_kind": kind,
            "address": _address(kind, f"{seed}/{index}"),
            "platform": PLATFORMS[index % len(PLATFORMS)],
            "locale": locale,
            "country": country,
            "region": region,
            "time_zone": zone,
            "audience": "parent",
            "app_version": "1.2.0",
        }


def topic_queries() -> Iterator[dict[str, str]]:
    """Yield the query parameters of GET /v1/topics for one teen in each of the homes."""
    for country, region, locale, zone, _ in HOMES:
        known = {"region": region} if region else {}
        yield {"app": "teen", "country": country, **known, "locale": locale, "audience": "teen", "time_zone": zone}


def _address(kind: str, seed: str) -> str:
    """Return an address in Firebase's form: an installation ID of 22 characters, or a token of about 160."""
    digest = hashlib.shake_256(seed.encode()).digest(105)
    installation = base64.urlsafe_b64encode(bytes([0x70 | digest[0] & 0x0F]) + digest[1:17]).decode()[:22]
    if kind == "fid":
        return installation
    return f"{installation}:APA91b{base64.urlsafe_b64encode(digest[17:]).decode().rstrip('=')}"
