"""Freezing an audience of ten million: seconds, and rows written."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tools.bench.push import verdict
from tools.bench.push.stage import PROJECT, to_everybody
from tools.bench.push.tables import shown, table

TITLE = "Planning ten million"
SEGMENTS = 2_000
#: Rows a transaction: the tickets' lock is held for no longer than one of them takes.
AT_ONCE = 100_000
MOST_ROWS, MOST_SECONDS = 25_000, 60

#: Countries of different sizes, with zones and languages as a list that repeats: 2,000 segments differ in it all.
_ZONES = ("Europe/London", "Asia/Kolkata", "America/New_York", "America/Los_Angeles", "Europe/Paris", "Pacific/Auckland", "")
_COUNTRIES = ("GB", "IN", "US", "FR", "NZ", "BD", "DE", "BR", "MX", "AU")
_LOCALES = ("en", "cy", "hi", "es", "fr", "mi", "bn", "ar", "de", "pt")
_PLATFORMS = ("android", "ios", "web")

# Sealed text and digests are made up, as long as real ones: planning reads neither. A segment's share falls with its number, so
# that the largest holds some per cent and the smallest a few hundred; tickets come in order of arrival, as in life.
_FILL = """
    INSERT INTO notifications_registration
        (id, segment_id, address_kind, address_sealed, address_digest, app_version, secret_digest, seen_on)
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        (%(segments)s::integer[])[1 + floor(cardinality(%(segments)s::integer[]) * power(random(), 2.5))::integer],
        'fid', rpad('t1:', 90, 'x'), 't1:' || lpad(to_hex(n), 64, '0'), '1.2.0', repeat('0', 64), current_date
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Freeze one campaign to all of `devices` in this process; return seconds, rows and faults."""
    from django.utils import timezone

    from notifications.campaigns.progress import progress_of
    from notifications.delivery import planner
    from notifications.models import Batch, Campaign, Wave
    from tests import make

    filled = fill(devices)
    campaign = make.campaign(**to_everybody())
    rows, began = _written(), time.monotonic()
    frozen = planner.plan_audience(campaign, at=timezone.now())
    seconds = time.monotonic() - began
    written = {name: number for name, after in _written().items() if (number := after - rows.get(name, 0))}
    campaign = Campaign.objects.get(pk=campaign.pk)
    counts = progress_of(campaign)
    faults = [] if frozen else [f"the campaign was not frozen: {campaign.reason}"]
    faults += verdict.adds_up(counts)
    if counts["devices"] != devices or counts["pending"] != devices:
        faults.append(f"{devices} registered, {counts['devices']} in the audience, {counts['pending']} pending")
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


def fill(devices: int) -> float:
    """Write so many registrations into many segments; return the seconds that took. Their addresses cannot be read."""
    from django.db import connection

    from tests import make

    make.app(project=PROJECT)
    segments, began = _segments(), time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for first in range(1, devices + 1, AT_ONCE):
            cursor.execute(_FILL, {"segments": segments, "first": first, "last": min(first + AT_ONCE - 1, devices)})
        # What autovacuum does in life, at a time of its own.
        cursor.execute("ANALYZE notifications_registration")
    return time.monotonic() - began


def _segments() -> list[int]:
    from notifications.models import Segment

    made = Segment.objects.bulk_create(
        Segment(
            app_id="parent",
            country=_COUNTRIES[number % 10],
            region="",
            locale=_LOCALES[number // 10 % 10],
            zone=_ZONES[number // 100 % 7],
            platform=_PLATFORMS[number // 700 % 3],
            audience="parent",
        )
        for number in range(SEGMENTS)
    )
    return [segment.pk for segment in made]


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
    """Return what planning took, and whether that is what was asked."""
    written = ", ".join(f"{shown(number)} {name.removeprefix('notifications_')}" for name, number in figures["written"].items())
    rows = [
        ("seconds to freeze the audience", figures["plan_seconds"], f"< {MOST_SECONDS}"),
        ("rows written (inserted, updated or deleted)", figures["rows"], f"< {shown(MOST_ROWS)}"),
        ("batches", figures["batches"], ""),
        ("waves", figures["waves"], ""),
        ("seconds to fill the table beforehand", figures["fill_seconds"], ""),
    ]
    return "\n\n".join(
        [
            f"{shown(figures['devices'])} registrations in {shown(figures['segments'])} segments of unequal size, one campaign "
            "to all of them; the freeze runs as in a worker, in one transaction.",
            table(("", "measured", "asked"), rows),
            f"Rows written by table: {written}. The registrations were made by `INSERT … SELECT`, 100,000 a transaction, with "
            "made-up sealed text, which planning does not read; then `ANALYZE`.",
        ]
    )
