"""Freezing an audience of ten million: the time, and the rows that are written."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path
from typing import Any

from tools.bench.push import records
from tools.bench.push.faults import sum_faults
from tools.bench.push.tables import shown, table

TITLE = "Planning ten million"
SEGMENTS = 2_000
#: Rows per transaction: the lock on the tickets is held for as long as one transaction takes.
BATCH = 100_000
MAX_ROWS, MAX_SECONDS = 25_000, 60

_ZONES = ("Europe/London", "Asia/Kolkata", "America/New_York", "America/Los_Angeles", "Europe/Paris", "Pacific/Auckland", "")
#: Each has a service in `records.SERVICES`: a campaign without help for a country of its audience cannot be submitted.
_COUNTRIES = ("GB", "IN", "US", "FR", "NZ", "BD", "DE", "IE")
_LOCALES = ("en", "cy", "hi", "es", "fr", "mi", "bn", "ar", "de", "pt", "ga", "pa", "ur")
_PLATFORMS = ("android", "ios", "web")
#: The 2,000 segments differ in these values; larger numbers of segments differ in their regions too.
_VALUES = tuple(product(_PLATFORMS, _ZONES, _LOCALES, _COUNTRIES))

# Sealed addresses and digests are made up, but as long as real ones: planning reads neither. Segments with a lower number get
# more registrations: the largest gets some per cent, the smallest a few hundred. Tickets are in the order of arrival.
_FILL = """
    INSERT INTO notifications_registration
        (id, segment_id, address_kind, address_sealed, address_digest, app_version, secret_digest, seen_on)
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        (%(segments)s::integer[])[1 + floor(cardinality(%(segments)s::integer[]) * power(random(), 2.5))::integer],
        'fid', rpad('t1:', 90, 'x'), 't1:' || lpad(to_hex(n), 64, '0'), '1.2.0', repeat('0', 64), current_date
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Freeze a campaign to all `devices` in this process; return times, rows and faults."""
    from django.utils import timezone

    from notifications.campaigns.progress import progress_of
    from notifications.delivery import planner
    from notifications.models import Batch, Campaign, Wave

    filled = fill(devices)
    campaign = records.create_campaign()
    rows, began = _written(), time.monotonic()
    frozen = planner.plan_audience(campaign, at=timezone.now())
    seconds = time.monotonic() - began
    written = {name: number for name, after in _written().items() if (number := after - rows.get(name, 0))}
    campaign = Campaign.objects.get(pk=campaign.pk)
    progress = progress_of(campaign)
    faults = [] if frozen else [f"the campaign was not frozen: {campaign.reason}"]
    faults += sum_faults(progress)
    if progress["devices"] != devices or progress["pending"] != devices:
        faults.append(f"{devices} registered, {progress['devices']} in the audience, {progress['pending']} pending")
    return {
        "devices": devices,
        "segments": SEGMENTS,
        "fill_seconds": filled,
        "plan_seconds": seconds,
        "rows": sum(written.values()),
        "written": written,
        "batches": Batch.objects.count(),
        "waves": Wave.objects.count(),
        "faults": faults,
    }


def fill(devices: int, *, segments: int = SEGMENTS) -> float:
    """Create the app and insert so many registrations; return the seconds that the insertion took."""
    records.create_app()
    return add(devices, segments=segments)


def add(devices: int, *, segments: int = SEGMENTS) -> float:
    """Insert so many more registrations, with addresses that cannot be unsealed; return the seconds that took."""
    from django.db import connection

    from notifications.models import Registration, Segment

    into = list(Segment.objects.exclude(platform="").values_list("pk", flat=True)) or create_segments(segments)
    began, there = time.monotonic(), Registration.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for first in range(there + 1, there + devices + 1, BATCH):
            cursor.execute(_FILL, {"segments": into, "first": first, "last": min(first + BATCH - 1, there + devices)})
        # In production autovacuum does this.
        cursor.execute("ANALYZE notifications_registration")
    return time.monotonic() - began


def settle() -> None:
    """Bring the table of registrations into the state in which autovacuum leaves it.

    The first look at a row that was just inserted changes its page, and with checksums, which PostgreSQL 18 has by default, that
    can write the whole page to the log. A campaign in an installation of some days does not find such rows.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) notifications_registration")


def create_segments(number: int, *, first: int = 0) -> list[int]:
    """Create so many segments, from the given one of a fixed sequence on; return their ids."""
    from notifications.models import Segment

    created = []
    for place in range(first, first + number):
        round_, index = divmod(place, len(_VALUES))
        platform, zone, locale, country = _VALUES[index]
        region = f"{country}-{round_:03d}" if round_ else ""
        created.append(
            Segment(
                app_id="parent", country=country, region=region, locale=locale, zone=zone, platform=platform, audience="parent"
            )
        )
    return [segment.pk for segment in Segment.objects.bulk_create(created)]


def _written() -> dict[str, int]:
    """Return how many rows were ever inserted, updated or deleted in each table of notifications."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            r"""
            SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname LIKE 'notifications\_%'
            """
        )
        return {name: int(number) for name, number in cursor.fetchall()}


def report(figures: dict[str, Any]) -> str:
    """Return a table of the results beside the required ones."""
    written = ", ".join(f"{shown(number)} {name.removeprefix('notifications_')}" for name, number in figures["written"].items())
    rows = [
        ("seconds to freeze the audience", figures["plan_seconds"], f"< {MAX_SECONDS}"),
        ("rows written (inserted, updated or deleted)", figures["rows"], f"< {shown(MAX_ROWS)}"),
        ("batches", figures["batches"], ""),
        ("waves", figures["waves"], ""),
        ("seconds to fill the table beforehand", figures["fill_seconds"], ""),
    ]
    return "\n\n".join(
        [
            f"{shown(figures['devices'])} registrations in {shown(figures['segments'])} segments of unequal size, one campaign "
            "to all of them. The audience is frozen as in a worker, in one transaction.",
            table(("", "measured", "required"), rows),
            f"Rows written, by table: {written}. The registrations were inserted by `INSERT … SELECT`, 100,000 per "
            "transaction, with made-up sealed addresses, which planning does not read; then `ANALYZE`.",
        ]
    )
