"""kill -9 of the sending worker at full rate, 20 times, while another one starts: no device is missed, and repeats are few."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from subprocess import Popen
from typing import TYPE_CHECKING, Any

from tools.bench.push import claims, records
from tools.bench.push.campaign_under_way import CampaignUnderWay
from tools.bench.push.faults import finished_faults, interrupted_faults, repeat_faults
from tools.bench.push.tables import shown, table
from tools.bench.push.testbed import Testbed, finish, register, wait

if TYPE_CHECKING:
    from notifications.models import Campaign

TITLE = "kill -9"
SEED = 11
_SLOW: list[dict[str, Any]] = [{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200}]


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Kill workers at random moments; return what each kill left unsettled, the repeats of each campaign, and faults."""
    register(devices)
    kills: list[dict[str, Any]] = []
    seen: set[tuple[int, int]] = set()
    #: For each campaign, the number of kills that found an address claimed and unsettled; each of them may repeat it once.
    unsettled: dict[int, Counter[str]] = {}
    with Testbed(folder) as testbed:
        testbed.emulator.plan(_SLOW if quick else [])
        worker = testbed.start()
        sending = CampaignUnderWay(testbed, devices, Random(SEED))
        for _ in range(2 if quick else 20):
            campaign = sending.any()
            killed = time.monotonic()
            worker, found = _kill(testbed, worker, seen)
            before = sending.messages()
            for claim in found:
                seen.add((claim.batch, claim.fence))
                unsettled.setdefault(claim.campaign, Counter()).update(claim.addresses)
            if quick:
                claims.expire_leases()

            def continues(before: int = before) -> bool:
                return sending.messages() > before

            wait(continues, 60, "no other worker continued", pause=0.01)
            kills.append(
                {
                    "campaign": campaign.pk,
                    "batches": len(found),
                    "unsettled": sum(len(claim.addresses) for claim in found),
                    "again_after": time.monotonic() - killed,
                }
            )
        ends = [_end(testbed, campaign, devices, unsettled.get(campaign.pk, Counter())) for campaign in sending.campaigns]
    faults = [fault for end in ends for fault in end.pop("faults")]
    return {"devices": devices, "kills": kills, "campaigns": ends, "faults": faults}


def _kill(testbed: Testbed, worker: Popen[bytes], seen: set[tuple[int, int]]) -> tuple[Popen[bytes], list[claims.UnsettledClaim]]:
    """Start another worker and kill the sending one; return the other one and the unsettled claims."""
    before = claims.backends()
    other = testbed.processes.start()
    testbed.processes.kill(worker)
    # The database may still finish the killed worker's last statements, but not for as long as the other worker takes to start.
    wait(lambda: not before & claims.backends(), 10, "the killed worker's connections did not end", pause=0.01)
    return other, claims.unsettled(seen)


def _end(testbed: Testbed, campaign: Campaign, devices: int, unsettled: Counter[str]) -> dict[str, Any]:
    """Wait for the end of a campaign; return its figures and faults."""
    from notifications.campaigns import lifecycle

    progress, halts = finish(campaign, 300), 0
    while progress["halted"] and not progress["finished_at"]:
        # After three unsettled claims of a batch, a person has to decide that sending continues.
        halts += 1
        campaign.refresh_from_db()
        lifecycle.resume(campaign, by=records.staff()[1], at=datetime.now(UTC))
        progress = finish(campaign, 300)
    tag = str(campaign.pk)
    seen, name = testbed.emulator.counts(tag), f"campaign {campaign.pk}"
    faults = finished_faults(name, devices, progress)
    faults += interrupted_faults(name, devices, seen, unsettled=unsettled.total())
    faults += repeat_faults(name, testbed.emulator.each(alert=tag), tag=tag, unsettled=unsettled)
    return {
        "campaign": campaign.pk,
        "missed": devices - seen["addresses"],
        "repeats": seen["repeats"],
        "unsettled": unsettled.total(),
        "halts": halts,
        "faults": faults,
    }


def report(figures: dict[str, Any]) -> str:
    """Return a table of the campaigns and one of the kills."""
    kills = [
        (number, one["campaign"], one["batches"], one["unsettled"], one["again_after"])
        for number, one in enumerate(figures["kills"], 1)
    ]
    ends = [(one["campaign"], one["missed"], one["repeats"], one["unsettled"], one["halts"]) for one in figures["campaigns"]]
    return "\n\n".join(
        [
            f"{len(kills)} kills (`Random({SEED})`) during campaigns to {shown(figures['devices'])} devices, without a quota. "
            "The next worker starts when the sending one is killed; most of the time without sending is its start. Then it "
            "takes up the batches of the killed one.",
            table(("campaign", "missed", "repeats", "claimed and unsettled at its kills", "halted after three claims"), ends),
            table(("kill", "campaign", "claimed batches", "unsettled devices", "s until sending continues"), kills),
            "The measurement fails if an address is reached again more often than kills found it claimed and unsettled, or with "
            "another tag than that of the first message, which it would not replace on the phone.",
        ]
    )
