"""One campaign to a million made-up installations, end to end, at the quota that FCM gives a project."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from tools.bench import usage
from tools.bench.push import verdict
from tools.bench.push.stage import DEFAULT_QUOTA, PROJECT, Stage, finish, register, to_everybody
from tools.bench.push.tables import chart, shown, table

TITLE = "A million, end to end"
SHARES = (1.0, 0.8)
#: How long the rate grows, and from how many devices on: see `notifications.models.quota`.
RAMP_SECONDS, RAMP_ABOVE = 60, 10_000


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Send one campaign to all of `devices` with all of the quota and one with 80 % of it; return figures and faults."""
    figures: dict[str, Any] = {"devices": devices, "register_seconds": register(devices), "runs": []}
    faults: list[str] = []
    for share in SHARES:
        where = folder / f"share-{share}"
        where.mkdir()
        with Stage(where, quota=DEFAULT_QUOTA, rate=DEFAULT_QUOTA, share=share) as stage:
            run, wrong = _send(stage, devices, share)
        figures["runs"].append(run)
        faults += wrong
        print(f"  FCM_QUOTA_SHARE={share}: last answer {shown(run['last_after'])} s after the first", flush=True)
    return figures | {"faults": faults}


def _send(stage: Stage, devices: int, share: float) -> tuple[dict[str, Any], list[str]]:
    from django.utils import timezone

    from notifications.campaigns import lifecycle
    from tests import make

    worker = stage.start()
    campaign = make.campaign(state="submitted", **to_everybody())
    _, approver = make.campaign_staff()
    before, approved = stage.sender_cpu(worker), time.time()
    lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=approver, at=timezone.now())
    least = least_seconds(devices, DEFAULT_QUOTA * share / 60)
    counts = finish(campaign, 120 + 10 * least)
    folded = time.time() - approved
    used = stage.sender_cpu(worker) - before
    seen = stage.emulator.counts(str(campaign.pk), seconds="1")
    quota = json.loads(stage.emulator.get("/emulator/quota"))["projects"][PROJECT]
    run = {
        "share": share,
        "start_after": seen["first_at"] - approved,
        "last_after": seen["last_at"] - seen["first_at"],
        "folded_after": folded,
        "least": least,
        "busiest_minute": quota["highest"],
        "refused": quota["refused"],
        "missed": devices - seen["addresses"],
        "doubled": seen["doubled"],
        "cpu_ms": used / devices * 1000,
        "peaks_mb": usage.peak_memory(worker.pid),
        "beat_mb": usage.peak_memory(stage.beat.pid),
        "by_second": seen["seconds"],
    }
    name = f"FCM_QUOTA_SHARE={share}"
    faults = verdict.finished(name, devices, counts) + verdict.everybody_once(name, devices, seen)
    if quota["highest"] > DEFAULT_QUOTA:
        faults.append(f"{name}: {quota['highest']} messages in 60 seconds, where {DEFAULT_QUOTA} are allowed")
    return run, faults


def least_seconds(devices: int, rate: float) -> float:
    """Return the seconds that ramp and rate (messages a second) leave at the least, by arithmetic alone."""
    if devices <= RAMP_ABOVE:
        return devices / rate
    within_ramp = rate * RAMP_SECONDS / 2
    if devices <= within_ramp:
        return float((2 * devices * RAMP_SECONDS / rate) ** 0.5)
    return RAMP_SECONDS + (devices - within_ramp) / rate


def report(figures: dict[str, Any]) -> str:
    """Return one column for each share of the quota, and the course of each run."""
    runs = figures["runs"]
    rows: list[list[object]] = [[name, *[_cell(run, figure) for run in runs]] for name, figure in _ROWS]
    head = ["", *[f"`FCM_QUOTA_SHARE={run['share']}`" for run in runs]]
    parts = [
        f"{shown(figures['devices'])} installations (made in {shown(figures['register_seconds'])} s), one worker of two "
        f"processes, emulator with the quota of {shown(DEFAULT_QUOTA)} a minute and project.",
        table(head, rows),
        "Missed and doubled are the emulator's: addresses that no message reached, and addresses that took the alert twice. "
        "*By arithmetic* is what the ramp of 60 s and the rate leave at the least.",
    ]
    for run in runs:
        parts.append(f"Messages a second with `FCM_QUOTA_SHARE={run['share']}`:\n\n```\n{chart(run['by_second'])}\n```")
    return "\n\n".join(parts)


def _cell(run: dict[str, Any], figure: str) -> str:
    value = run[figure]
    return " + ".join(map(str, value)) if isinstance(value, list) else shown(value)


_ROWS = (
    ("approval to the first message, s", "start_after"),
    ("first to last message, s", "last_after"),
    ("the same by arithmetic, s", "least"),
    ("approval to the last count folded, s", "folded_after"),
    ("most messages in any 60 s", "busiest_minute"),
    ("answers 429", "refused"),
    ("missed", "missed"),
    ("doubled", "doubled"),
    ("worker and beat CPU, ms a message", "cpu_ms"),
    ("peak MB of each worker process", "peaks_mb"),
    ("peak MB of the beat", "beat_mb"),
)
