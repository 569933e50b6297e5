"""How soon an urgent alert to a few devices is sent: alone, and beside a campaign to all others that is under way."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from tools.bench.push import records
from tools.bench.push.faults import exactly_once_faults, finished_faults, stopped_faults
from tools.bench.push.tables import all_of, shown, table
from tools.bench.push.testbed import DEFAULT_QUOTA, Testbed, finish, register, wait

TITLE = "An urgent alert beside a large one"
#: Devices of an urgent campaign, and their country, in which there are no others.
FEW, ELSEWHERE = 220, "IE"
#: Messages per minute of the project: FCM's default, and a low quota of which 155 messages a second remain.
QUOTAS = (DEFAULT_QUOTA, 12_000)
SHARE = 0.8
#: Messages of the large campaign after which it counts as under way.
UNDER_WAY = 500
#: The longest time in seconds from the approval to the first request.
REQUIRED = 2.0


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Send urgent campaigns to FEW devices with and without one to all `devices`; return the delays in seconds, and faults."""
    tries = 1 if quick else 10
    register(devices)
    for number in range(FEW):
        records.register_device(number, country=ELSEWHERE)
    figures: dict[str, Any] = {"devices": devices + FEW, "tries": tries, "runs": []}
    faults: list[str] = []
    for quota in QUOTAS:
        where = folder / f"quota-{quota}"
        where.mkdir()
        with Testbed(where, quota=quota, rate=quota, share=SHARE) as testbed:
            run, wrong = _compare(testbed, tries)
        figures["runs"].append({"quota": quota, **run})
        faults += [f"quota {quota}: {fault}" for fault in wrong]
        print(f"  {quota} a minute: first request after {max(run['beside_first']):.2f} s beside the large one", flush=True)
    return figures | {"faults": faults}


def _compare(testbed: Testbed, tries: int) -> tuple[dict[str, Any], list[str]]:
    from notifications.campaigns import lifecycle

    testbed.start()
    faults: list[str] = []
    figures: dict[str, Any] = {}
    figures["alone_first"], figures["alone_last"] = _urgent(testbed, tries, faults)
    large = records.create_campaign()

    def messages() -> int:
        return int(testbed.emulator.counts(str(large.pk))["messages"])

    wait(lambda: messages() >= UNDER_WAY, 300, "the large campaign did not begin")
    before, began = messages(), time.monotonic()
    figures["beside_first"], figures["beside_last"] = _urgent(testbed, tries, faults)
    figures["others_per_second"] = (messages() - before) / (time.monotonic() - began)
    large.refresh_from_db()
    if large.finished_at is not None:
        faults.append("the large campaign ended before the last urgent one")
    else:
        lifecycle.stop(large, by=records.staff()[1], at=datetime.now(UTC))
        faults += stopped_faults("the large campaign", finish(large, 120), testbed.emulator.counts(str(large.pk)))
    return figures, faults


def _urgent(testbed: Testbed, tries: int, faults: list[str]) -> tuple[list[float], list[float]]:
    """Send so many urgent campaigns; return the seconds from each approval to the first and to the last request."""
    first, last = [], []
    audience = {"countries": [ELSEWHERE], "audiences": ["parent"]}
    for _ in range(tries):
        campaign = records.submit_campaign(audience=audience, severity="Severe")
        approved = records.approve_campaign(campaign)
        progress, seen = finish(campaign, 120), testbed.emulator.counts(str(campaign.pk))
        name = f"urgent campaign {campaign.pk}"
        faults += finished_faults(name, FEW, progress) + exactly_once_faults(name, FEW, seen)
        first.append(seen["first_at"] - approved)
        last.append(seen["last_at"] - approved)
    return first, last


def report(figures: dict[str, Any]) -> str:
    """Return a table with one row per quota, and all delays."""
    rows, lines = [], []
    for run in figures["runs"]:
        rows.append(
            [
                shown(run["quota"]),
                *[f"{median(run[name]):.2f} ({max(run[name]):.2f})" for name in _DELAYS],
                shown(run["others_per_second"]),
            ]
        )
        lines += [f"- {shown(run['quota'])} a minute, {title}: {all_of(run[name])}" for name, title in _DELAYS.items()]
    head = ("messages per minute", *[f"{title}, s" for title in _DELAYS.values()], "others a second meanwhile")
    return "\n\n".join(
        [
            f"*Severe* alerts to {FEW} devices, {figures['tries']} each, alone and beside a *Moderate* one to all "
            f"{shown(figures['devices'])}; `FCM_QUOTA_SHARE={SHARE}`. Seconds from the approval, median (longest). Required is "
            f"at most {REQUIRED:.0f} s to the first request, beside the large campaign too.",
            table(head, rows),
            "All delays in seconds:\n\n" + "\n".join(lines),
        ]
    )


_DELAYS = {
    "alone_first": "alone, first request",
    "alone_last": "alone, last request",
    "beside_first": "beside, first request",
    "beside_last": "beside, last request",
}
