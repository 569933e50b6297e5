"""How soon a campaign starts, and how soon the last request is sent after pause and stop, at full rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tools.bench.push import records
from tools.bench.push.campaign_under_way import CampaignUnderWay
from tools.bench.push.faults import exactly_once_faults, finished_faults, stopped_faults
from tools.bench.push.tables import all_of, shown, table
from tools.bench.push.testbed import Testbed, finish, register, wait

if TYPE_CHECKING:
    from notifications.models import Campaign

TITLE = "Start, pause, resume and stop"
#: Devices of a campaign that only has to start, and their country, in which there are no others.
FEW, ELSEWHERE = 40, "IE"
#: Seconds between two starts, and seconds for which the emulator is watched after a brake.
APART, WATCHED = 2, 3.0
STARTS_PER_BEAT = 4
#: The required delays in seconds.
REQUIRED = {"start": 1.0, "pause": 2.0, "stop": 2.0, "stop_hanging": 2.0}
#: Seconds for which no response has come when a campaign is stopped while FCM hangs.
HANGING = 1.0
_SLOW: list[dict[str, Any]] = [{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200}]


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Try every brake 20 times on campaigns to all `devices`; return every delay in seconds, and faults."""
    tries = 1 if quick else 20
    register(devices)
    for number in range(FEW):
        records.register_device(number, country=ELSEWHERE)
    everyone = devices + FEW
    with Testbed(folder) as testbed:
        # Without latency, a campaign to a few thousand devices would be over before the brake.
        testbed.emulator.plan(_SLOW if quick else [])
        testbed.start()
        random = Random(7)
        starts, start_faults = _starts(testbed, tries)
        pauses, resumes, pause_faults = _pauses(testbed, CampaignUnderWay(testbed, everyone, random), tries, everyone)
        stops, stop_faults = _stops(testbed, CampaignUnderWay(testbed, everyone, random), tries)
        hanging, hang_faults = _stops_while_hanging(testbed, CampaignUnderWay(testbed, everyone, random), tries, quick=quick)
    delays = {"start": starts, "pause": pauses, "resume": resumes, "stop": stops, "stop_hanging": hanging}
    return {"devices": everyone, **delays, "faults": start_faults + pause_faults + stop_faults + hang_faults}


def _starts(testbed: Testbed, tries: int) -> tuple[list[float], list[str]]:
    """Approve small campaigns for exact seconds; return the delay of each one's first message in seconds, and faults."""
    few = {"countries": [ELSEWHERE], "audiences": ["parent"]}
    delays: list[float] = []
    faults: list[str] = []
    while len(delays) < tries:
        # Every beat ticks at its own fraction of a second, so with one beat all starts would have the same delay.
        testbed.restart_beat()
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5)
        seconds = [first + timedelta(seconds=APART * number) for number in range(min(STARTS_PER_BEAT, tries - len(delays)))]
        campaigns = [records.create_campaign(audience=few, at=second) for second in seconds]
        for campaign, second in zip(campaigns, seconds, strict=True):
            faults += finished_faults(f"start {campaign.pk}", FEW, finish(campaign, 120))
            delays.append(testbed.emulator.counts(str(campaign.pk))["first_at"] - second.timestamp())
    faults += [f"a campaign started {-delay:.2f} s early" for delay in delays if delay < 0]
    return delays, faults


def _pauses(testbed: Testbed, sending: CampaignUnderWay, tries: int, devices: int) -> tuple[list[float], list[float], list[str]]:
    """Pause and resume; return the delays until the last request and until the next one in seconds, and faults."""
    from notifications.campaigns import lifecycle

    approver = records.staff()[1]
    pauses, resumes = [], []
    for _ in range(tries):
        campaign = sending.any()

        def pause(at: datetime, campaign: Campaign = campaign) -> None:
            lifecycle.pause(campaign, by=approver, at=at)

        pauses.append(_last_request(testbed, campaign, pause))
        before, decided = sending.messages(), time.time()
        lifecycle.resume(campaign, by=approver, at=_instant(decided))

        def continues(before: int = before) -> bool:
            return sending.messages() > before

        wait(continues, 30, "nothing was sent after resuming", pause=0.01)
        resumes.append(time.time() - decided)
    faults = []
    for campaign in sending.campaigns:
        name = f"campaign {campaign.pk}, paused and resumed"
        faults += finished_faults(name, devices, finish(campaign, 300))
        faults += exactly_once_faults(name, devices, testbed.emulator.counts(str(campaign.pk)))
    return pauses, resumes, faults


def _stops(testbed: Testbed, sending: CampaignUnderWay, tries: int) -> tuple[list[float], list[str]]:
    """Stop campaigns; return the delays until the last request in seconds, and faults."""
    from notifications.campaigns import lifecycle

    approver = records.staff()[1]
    stops, faults = [], []
    for _ in range(tries):
        campaign = sending.new()

        def stop(at: datetime, campaign: Campaign = campaign) -> None:
            lifecycle.stop(campaign, by=approver, at=at)

        stops.append(_last_request(testbed, campaign, stop))
        progress = finish(campaign, 120)
        faults += stopped_faults(f"campaign {campaign.pk}, stopped", progress, testbed.emulator.counts(str(campaign.pk)))
        if not progress["skipped"]:
            faults.append(f"campaign {campaign.pk} had sent everything before it was stopped")
    return stops, faults


def _stops_while_hanging(
    testbed: Testbed, sending: CampaignUnderWay, tries: int, *, quick: bool
) -> tuple[list[float], list[str]]:
    """Stop campaigns while FCM answers nothing; return the delays until the last request in seconds, and faults."""
    from notifications.campaigns import lifecycle
    from notifications.models import Quota

    approver = records.staff()[1]
    stops, faults = [], []
    for _ in range(tries):
        campaign = sending.new()
        testbed.emulator.plan([{"match": {"any": True}, "answer": "HANG"}])
        time.sleep(HANGING)

        def stop(at: datetime, campaign: Campaign = campaign) -> None:
            lifecycle.stop(campaign, by=approver, at=at)

        stops.append(_last_request(testbed, campaign, stop))
        # The requests under way end with their timeout.
        progress = finish(campaign, 120)
        faults += stopped_faults(f"campaign {campaign.pk}, stopped", progress, testbed.emulator.counts(str(campaign.pk)))
        testbed.emulator.plan(_SLOW if quick else [])
        # The project is blocked and slowed down now, which the next try would wait for.
        Quota.objects.all().delete()
    return stops, faults


def _last_request(testbed: Testbed, campaign: Campaign, brake: Callable[[datetime], None]) -> float:
    """Apply a brake; return the seconds from the instant in its row until the last request, or 0 if there was none."""
    decided = time.time()
    brake(_instant(decided))
    time.sleep(WATCHED)
    return max(0.0, float(testbed.emulator.counts(str(campaign.pk))["last_at"]) - decided)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def report(figures: dict[str, Any]) -> str:
    """Return a table of the longest delays beside the required ones, and a list of all delays."""
    rows = [
        (_LABELS[name], len(figures[name]), max(figures[name]), f"≤ {REQUIRED[name]:.0f}" if name in REQUIRED else "")
        for name in _LABELS
    ]
    every = "\n".join(f"- {name.replace('_', ' while ')}: {all_of(figures[name])}" for name in _LABELS)
    return "\n\n".join(
        [
            f"Campaigns to {shown(figures['devices'])} devices, without a quota. Starts are of campaigns to {FEW} devices, "
            f"{APART} s apart, with an idle worker and a new beat for every {STARTS_PER_BEAT}. Pause and stop are counted from "
            f"the instant in the brake's row; the emulator is watched for {WATCHED:.0f} s. FCM hangs: it has not responded for "
            f"{HANGING:.0f} s.",
            table(("", "tries", "longest, s", "required, s"), rows),
            f"All delays in seconds:\n\n{every}",
        ]
    )


_LABELS = {
    "start": "its second → first request",
    "pause": "pause → last request",
    "resume": "resume → next request",
    "stop": "stop → last request",
    "stop_hanging": "stop while FCM hangs → last request",
}
