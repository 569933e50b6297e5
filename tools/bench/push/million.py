"""One campaign to a million made-up installations, end to end, at FCM's default quota for a project."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tools.bench import usage
from tools.bench.push import records
from tools.bench.push.faults import exactly_once_faults, finished_faults
from tools.bench.push.tables import chart, shown, table
from tools.bench.push.testbed import DEFAULT_QUOTA, Testbed, finish, register

TITLE = "A million, end to end"
SHARES = (1.0, 0.8)
#: Seconds in which the rate ramps up, and the number of devices above which it does: see `notifications.models.quota`.
RAMP_SECONDS, RAMP_ABOVE = 60, 10_000


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Send one campaign to all `devices` with the whole quota and one with 80 % of it; return figures and faults."""
    figures: dict[str, Any] = {"devices": devices, "register_seconds": register(devices), "runs": []}
    faults: list[str] = []
    for share in SHARES:
        where = folder / f"share-{share}"
        where.mkdir()
        with Testbed(where, quota=DEFAULT_QUOTA, rate=DEFAULT_QUOTA, share=share) as testbed:
            run, wrong = send(testbed, devices, share)
        figures["runs"].append(run)
        faults += wrong
        print(f"  FCM_QUOTA_SHARE={share}: last response {shown(run['last_after'])} s after the first", flush=True)
    return figures | {"faults": faults}


def send(testbed: Testbed, devices: int, share: float) -> tuple[dict[str, Any], list[str]]:
    """Send one campaign to all devices with this share of the quota; return its figures and faults."""
    worker = testbed.start()
    campaign = records.submit_campaign()
    before, approved = testbed.sender_cpu(worker), time.time()
    records.approve_campaign(campaign)
    shortest = shortest_seconds(devices, DEFAULT_QUOTA * share / 60)
    progress = finish(campaign, 120 + 10 * shortest)
    folded = time.time() - approved
    used = testbed.sender_cpu(worker) - before
    seen = testbed.emulator.counts(str(campaign.pk), seconds="1")
    quota = json.loads(testbed.emulator.get("/emulator/quota"))["projects"][records.PROJECT]
    run = {
        "share": share,
        "start_after": seen["first_at"] - approved,
        "last_after": seen["last_at"] - seen["first_at"],
        "folded_after": folded,
        "shortest": shortest,
        "busiest_minute": quota["highest"],
        "refused": quota["refused"],
        "missed": devices - seen["addresses"],
        "doubled": seen["doubled"],
        "cpu_ms": used / devices * 1000,
        "peaks_mb": usage.peak_memory(worker.pid),
        "beat_mb": usage.peak_memory(testbed.beat.pid),
        "by_second": seen["seconds"],
    }
    name = f"FCM_QUOTA_SHARE={share}"
    faults = finished_faults(name, devices, progress) + exactly_once_faults(name, devices, seen)
    if quota["highest"] > DEFAULT_QUOTA:
        faults.append(f"{name}: {quota['highest']} messages in 60 seconds, the limit is {DEFAULT_QUOTA}")
    return run, faults


def shortest_seconds(devices: int, rate: float) -> float:
    """Return the shortest possible time in seconds, given the ramp and the rate (messages per second)."""
    if devices <= RAMP_ABOVE:
        return devices / rate
    within_ramp = rate * RAMP_SECONDS / 2
    if devices <= within_ramp:
        return float((2 * devices * RAMP_SECONDS / rate) ** 0.5)
    return RAMP_SECONDS + (devices - within_ramp) / rate


def database_sizes() -> dict[str, float]:
    """Return megabytes of the write-ahead log ever written, and of the tables that a campaign writes, with their indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), pg_total_relation_size('notifications_batch'),
                pg_total_relation_size('notifications_registration'), pg_total_relation_size('notifications_campaign')
            """
        )
        return {
            name: float(size) / 1024**2
            for name, size in zip(("log_mb", "batches_mb", "registrations_mb", "campaigns_mb"), cursor.fetchone(), strict=True)
        }


def report(figures: dict[str, Any]) -> str:
    """Return a table with one column per share of the quota, and a chart of each run."""
    runs = figures["runs"]
    rows: list[list[object]] = [[name, *[cell(run, figure) for run in runs]] for name, figure in ROWS]
    head = ["", *[f"`FCM_QUOTA_SHARE={run['share']}`" for run in runs]]
    parts = [
        f"{shown(figures['devices'])} installations (registered in {shown(figures['register_seconds'])} s), one worker with two "
        f"processes, an emulator with a quota of {shown(DEFAULT_QUOTA)} messages per minute and project.",
        table(head, rows),
        "The emulator counts missed and doubled addresses: those without a message, and those that accepted the alert twice. "
        "*Calculated* is the shortest time that the ramp of 60 s and the rate allow.",
    ]
    for run in runs:
        parts.append(f"Messages per second with `FCM_QUOTA_SHARE={run['share']}`:\n\n```\n{chart(run['by_second'])}\n```")
    return "\n\n".join(parts)


def cell(run: dict[str, Any], figure: str) -> str:
    """Return one figure of a run as text."""
    value = run[figure]
    return " + ".join(map(str, value)) if isinstance(value, list) else shown(value)


#: Each figure of a run with its name.
ROWS = (
    ("approval to the first message, s", "start_after"),
    ("first to last message, s", "last_after"),
    ("the same, calculated, s", "shortest"),
    ("approval to the last folded count, s", "folded_after"),
    ("most messages in any 60 s", "busiest_minute"),
    ("responses 429", "refused"),
    ("missed", "missed"),
    ("doubled", "doubled"),
    ("CPU of worker and beat, ms per message", "cpu_ms"),
    ("peak MB of each worker process", "peaks_mb"),
    ("peak MB of the beat", "beat_mb"),
)
