"""What grows with the audience and what does not: each step of delivery at millions of registrations, with its query plan."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.bench.push import page, planning, plans, records
from tools.bench.push.tables import shown, table

TITLE = "Steps of delivery by size"
PAGE = page.PAGE.with_name("scale.md")
#: Segments with registrations, and further ones without.
SEGMENTS, EMPTY_SEGMENTS = 10_000, 20_000
#: Campaigns that begin 20 hours later, while the scheduler runs.
SCHEDULED = 5
#: Times that each short step is repeated; the median counts.
REPEATS = 9
#: The three of --quick, which shows that each step is measured, and not how long it takes.
QUICK_SEGMENTS, QUICK_EMPTY_SEGMENTS, QUICK_REPEATS = 1_000, 2_000, 3
_REPEATS = {REPEATS: "nine", QUICK_REPEATS: "three"}
_COUNT = "SELECT count(*) FROM notifications_registration WHERE gone_at IS NULL"


def heading(devices: int) -> str:
    """Return the heading of the section for so many registrations."""
    return f"{devices:,} registrations in {SEGMENTS:,} segments"


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Fill the tables, freeze one campaign to all, and measure each step; return seconds, sizes, plans and faults."""
    from django.utils import timezone

    from notifications.campaigns import audience
    from notifications.delivery import batch_rows, canaries, claims, maintenance, planner, scheduler
    from notifications.delivery.canaries import CanaryCandidate
    from notifications.delivery.verified_campaign import VerifiedCampaign
    from notifications.models import Batch, Campaign, SegmentCount, Wave

    segments, empty, repeats = (
        (QUICK_SEGMENTS, QUICK_EMPTY_SEGMENTS, QUICK_REPEATS) if quick else (SEGMENTS, EMPTY_SEGMENTS, REPEATS)
    )
    filled = planning.fill(devices, segments=segments)
    SegmentCount.objects.fold(at_least=1)
    seconds: dict[str, float] = {}
    found: dict[str, list[str]] = {}

    def repeat(name: str, step: Callable[[], object], what: str = "") -> None:
        with plans.explained(found, what or name):
            step()
        seconds[name] = median(step)

    def median(step: Callable[[], object]) -> float:
        return sorted(_timed(step) for _ in range(repeats))[repeats // 2]

    sizes = {"registrations": _size("notifications_registration")}
    log_before = _log_position()
    # A count that has to look at each row: what it writes is no work of the freeze.
    seconds["first reading of the new rows, by a count"] = _timed(lambda: _value(_COUNT))
    sizes["log of the first reading of the new rows"] = _log_position() - log_before
    campaign = records.create_campaign()
    with plans.explained(found, "daily jobs"):
        seconds["daily jobs, once a day"] = _timed(lambda: maintenance.run_due_jobs(at=timezone.now()))
    repeat("reach on the approval page", lambda: audience.reach(campaign))
    _freeze(seconds, sizes, found)
    campaign = Campaign.objects.get(pk=campaign.pk)
    wave = Wave.objects.order_by("-devices").first()
    faults = [] if wave is not None and campaign.devices == devices else [f"frozen: {campaign.devices} of {devices}"]
    if wave is None:
        return {"devices": devices, "seconds": seconds, "sizes": sizes, "plans": found, "faults": faults}
    candidates = [CanaryCandidate(segment, 1 + segment % 50, str(segment % 9)) for segment in wave.segments]
    size, highest = planner._canary_size(), campaign.ticket_watermark or 0
    repeat("draw of a canary", lambda: canaries.draw(candidates, size=size, watermark=highest))
    verified = VerifiedCampaign.load(campaign.pk)
    first = claims.claim_batch(records.PROJECT)
    if first is None:
        return {"devices": devices, "seconds": seconds, "sizes": sizes, "plans": found, "faults": [*faults, "nothing to claim"]}
    seconds["search while all wait for the canary"] = median(lambda: claims.claim_batch(records.PROJECT))
    repeat("read of a canary", lambda: batch_rows.read(first, verified))
    Batch.objects.filter(canary=True).update(canary=False)
    # The second group of the wave, which lists its tickets too, is claimed before a range.
    with plans.explained(found, "claim of a batch"):
        second = claims.claim_batch(records.PROJECT)
    while second is not None and not second.fresh:
        second = claims.claim_batch(records.PROJECT)
    if second is None:
        return {"devices": devices, "seconds": seconds, "sizes": sizes, "plans": found, "faults": [*faults, "no second batch"]}
    seconds["claim of a batch"] = median(lambda: claims.release(claims.claim_batch(records.PROJECT) or first))
    repeat("read of a batch", lambda: batch_rows.read(second, verified))
    _schedule_for_later()
    planning.create_segments(empty, first=segments)
    tick = f"tick, {empty:,} empty segments and {SCHEDULED} campaigns of the next day"
    repeat(tick, lambda: scheduler.tick(at=scheduler.database_now()), "tick")
    return {
        "devices": devices,
        "repeats": repeats,
        "fill_seconds": filled,
        "seconds": seconds,
        "sizes": sizes,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "plans": found,
        "faults": faults,
    }


def _freeze(seconds: dict[str, float], sizes: dict[str, int], found: dict[str, list[str]]) -> None:
    """Freeze the audience of the approved campaign; add its time, log, table and plan."""
    from notifications.delivery import scheduler

    log_before, own_before = _log_position(), _own_log()
    with plans.explained(found, "freeze of the audience"):
        seconds["freeze of the audience"] = _timed(lambda: scheduler.tick(at=scheduler.database_now()))
    sizes["log of the freeze"] = _log_position() - log_before
    for name, after in _own_log().items():
        sizes[f"of it, {name}"] = after - own_before[name]
    sizes["batches"] = _size("notifications_batch")


def _schedule_for_later() -> None:
    for _ in range(SCHEDULED):
        records.create_campaign(at=datetime.now(UTC) + timedelta(hours=20))


def _timed(step: Callable[[], object]) -> float:
    began = time.monotonic()
    step()
    return time.monotonic() - began


def _size(relation: str) -> int:
    return int(_value("SELECT pg_total_relation_size(%s)", relation))


def _log_position() -> int:
    """Return how many bytes of write-ahead log were ever written."""
    return int(_value("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"))


def _own_log() -> dict[str, int]:
    """Return the bytes of write-ahead log that this session ever wrote, by kind; nothing before PostgreSQL 18."""
    if _value("SELECT to_regproc('pg_stat_get_backend_wal')") is None:
        return {}
    _value("SELECT pg_stat_force_next_flush()")
    _value("SELECT pg_stat_clear_snapshot()")
    figures = "wal_bytes::bigint || ' ' || wal_fpi * current_setting('block_size')::bigint"
    written, images = _value(f"SELECT {figures} FROM pg_stat_get_backend_wal(pg_backend_pid())").split()
    return {"by the session of the freeze": int(written), "images of whole pages, at most": int(images)}


def _value(sql: str, *parameters: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def report(figures: dict[str, Any]) -> str:
    """Return tables of the results and the query plans."""
    steps = [(name, shown(value * 1000)) for name, value in figures["seconds"].items()]
    sizes = [(name, shown(number // 1024**2)) for name, number in figures["sizes"].items()]
    shown_plans = [plans.report(name, found) for name, found in figures["plans"].items() if found]
    return "\n\n".join(
        [
            f"Milliseconds of each step, the median of {_REPEATS[figures.get('repeats', REPEATS)]} for those that are repeated:",
            table(("step", "ms"), steps),
            "Megabytes of tables with their indexes, and of the write-ahead log:",
            table(("what", "MB"), [*sizes, ("memory of the process", shown(figures.get("memory", 0) // 1024**2))]),
            *shown_plans,
        ]
    )
