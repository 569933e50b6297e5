"""kill -9 of the sending worker at full rate, 20 times, while another is started: nobody is missed, and repeats are few."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from random import Random
from subprocess import Popen
from typing import Any

from tools.bench.push import claims, verdict
from tools.bench.push.stage import Stage, finish, register, wait
from tools.bench.push.tables import shown, table
from tools.bench.push.underway import UnderWay

TITLE = "kill -9"
SEED = 11
_SLOW: list[dict[str, Any]] = [{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200}]


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Kill at random moments; return what each kill left unsettled, repeats and missed of each campaign, and faults."""
    register(devices)
    kills: list[dict[str, Any]] = []
    seen: set[tuple[int, int]] = set()
    #: For each campaign: address to the number of kills that found it claimed and unsettled, each of which may repeat it once.
    held: dict[int, Counter[str]] = {}
    with Stage(folder) as stage:
        stage.emulator.plan(_SLOW if quick else [])
        worker = stage.start()
        sending = UnderWay(stage, devices, Random(SEED))
        for _ in range(2 if quick else 20):
            campaign = sending.any()
            killed = time.monotonic()
            worker, found = _kill(stage, worker, seen)
            before = sending.messages()
            for claim in found:
                seen.add((claim.batch, claim.fence))
                held.setdefault(claim.campaign, Counter()).update(claim.addresses)
            if quick:
                claims.end_leases()

            def goes_on(before: int = before) -> bool:
                return sending.messages() > before

            wait(goes_on, 60, "nobody took over", pause=0.01)
            kills.append(
                {
                    "campaign": campaign.pk,
                    "batches": len(found),
                    "unsettled": sum(len(claim.addresses) for claim in found),
                    "again_after": time.monotonic() - killed,
                }
            )
        ends = [_end(stage, campaign, devices, held.get(campaign.pk, Counter())) for campaign in sending.campaigns]
    faults = [fault for end in ends for fault in end.pop("faults")]
    return {"devices": devices, "kills": kills, "campaigns": ends, "faults": faults}


def _kill(stage: Stage, worker: Popen[bytes], seen: set[tuple[int, int]]) -> tuple[Popen[bytes], list[claims.Claimed]]:
    """Start another worker, kill the one that sends, and return the other with what was claimed and unsettled then."""
    before = claims.backends()
    other = stage.workers.start()
    stage.workers.kill(worker)
    # What the killed one had asked of the database may still be done; the other one takes longer than that to start.
    wait(lambda: not before & claims.backends(), 10, "the killed worker's connections did not end", pause=0.01)
    return other, claims.unsettled(seen)


def _end(stage: Stage, campaign: Any, devices: int, held: Counter[str]) -> dict[str, Any]:
    """Wait for the end of a campaign; return what became of it, with its faults."""
    from django.utils import timezone

    from notifications.campaigns import lifecycle
    from tests import make

    counts, halts = finish(campaign, 300), 0
    while counts["halted"] and not counts["finished_at"]:
        # A batch that three kills met takes a person to go on, as it should.
        halts += 1
        campaign.refresh_from_db()
        lifecycle.resume(campaign, by=make.campaign_staff()[1], at=timezone.now())
        counts = finish(campaign, 300)
    tagged = stage.emulator.counts(str(campaign.pk))
    name = f"campaign {campaign.pk}"
    faults = verdict.finished(name, devices, counts) + verdict.everybody(name, devices, tagged, held=held.total())
    faults += verdict.repeated_only(name, stage.emulator.each(alert=str(campaign.pk)), tag=str(campaign.pk), held=held)
    return {
        "campaign": campaign.pk,
        "missed": devices - tagged["addresses"],
        "repeats": tagged["repeats"],
        "unsettled": held.total(),
        "halts": halts,
        "faults": faults,
    }


def report(figures: dict[str, Any]) -> str:
    """Return what each kill left, and what became of each campaign."""
    kills = [
        (number, one["campaign"], one["batches"], one["unsettled"], one["again_after"])
        for number, one in enumerate(figures["kills"], 1)
    ]
    ends = [(one["campaign"], one["missed"], one["repeats"], one["unsettled"], one["halts"]) for one in figures["campaigns"]]
    return "\n\n".join(
        [
            f"{len(kills)} kills (`Random({SEED})`) during campaigns to {shown(figures['devices'])} devices, quota lifted. The "
            "next worker is started as the sending one is killed; its start is most of the time without sending. Batches of "
            "the killed one wait for the end of their lease of 45 s.",
            table(("campaign", "missed", "repeats", "claimed and unsettled at its kills", "halted by three claims"), ends),
            table(("kill", "campaign", "batches claimed", "devices unsettled", "s until sending goes on"), kills),
            "The bench fails for an address told again that no kill found claimed and unsettled, or more often than that, and "
            "for a repeat by another tag than the first message's, which it would not replace on the phone.",
        ]
    )
