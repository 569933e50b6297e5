"""How soon a campaign starts at its second, and how soon the last request has left after pause and stop, at full rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tools.bench.push import verdict
from tools.bench.push.stage import Stage, finish, register, wait
from tools.bench.push.tables import all_of, shown, table
from tools.bench.push.underway import UnderWay

if TYPE_CHECKING:
    from notifications.models import Campaign

TITLE = "Start, pause, resume and stop"
#: Devices of a campaign that is only to start: the one country in which nobody else is made up.
FEW, ELSEWHERE = 40, "IE"
#: Seconds between two starts, and seconds for which the emulator is watched after a brake.
APART, WATCHED = 2, 3.0
#: Starts for each beat.
A_BEAT = 4
ASKED = {"start": 1.0, "pause": 2.0, "stop": 2.0}
_SLOW: list[dict[str, Any]] = [{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200}]


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Try each brake 20 times on campaigns to all of `devices`; return every delay in seconds, and faults."""
    from tests import make

    tries = 1 if quick else 20
    register(devices)
    for number in range(FEW):
        make.installation(number, country=ELSEWHERE, at=datetime.now(UTC))
    everybody = devices + FEW
    with Stage(folder) as stage:
        # A few thousand would be over before anybody could pull a brake.
        stage.emulator.plan(_SLOW if quick else [])
        stage.start()
        random = Random(7)
        starts, early = _starts(stage, tries)
        pauses, resumes, torn = _pauses(stage, UnderWay(stage, everybody, random), tries, everybody)
        stops, wrong = _stops(stage, UnderWay(stage, everybody, random), tries)
    return {
        "devices": everybody, "start": starts, "pause": pauses, "resume": resumes, "stop": stops, "faults": early + torn + wrong,
    }  # fmt: skip


def _starts(stage: Stage, tries: int) -> tuple[list[float], list[str]]:
    """Approve small campaigns for exact seconds; return how long after its second each sent its first message."""
    from tests import make

    few = {"countries": [ELSEWHERE], "audiences": ["parent"]}
    delays: list[float] = []
    faults: list[str] = []
    while len(delays) < tries:
        # Each beat ticks at its own fraction of the second; one alone would make all starts late by the same.
        stage.restart_beat()
        first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=5)
        seconds = [first + timedelta(seconds=APART * number) for number in range(min(A_BEAT, tries - len(delays)))]
        campaigns = [make.campaign(audience=few, schedule={"at": second.isoformat()}) for second in seconds]
        for campaign, second in zip(campaigns, seconds, strict=True):
            faults += verdict.finished(f"start {campaign.pk}", FEW, finish(campaign, 120))
            delays.append(stage.emulator.counts(str(campaign.pk))["first_at"] - second.timestamp())
    faults += [f"a campaign started {-delay:.2f} s before its second" for delay in delays if delay < 0]
    return delays, faults


def _pauses(stage: Stage, sending: UnderWay, tries: int, devices: int) -> tuple[list[float], list[float], list[str]]:
    """Pause and resume; return how long after the decision the last request came, and how long until the next one."""
    from notifications.campaigns import lifecycle

    stopper = _stopper()
    pauses, resumes = [], []
    for _ in range(tries):
        campaign = sending.any()

        def pause(at: datetime, campaign: Campaign = campaign) -> None:
            lifecycle.pause(campaign, by=stopper, at=at)

        pauses.append(_last_request(stage, campaign, pause))
        quiet, decided = sending.messages(), time.time()
        lifecycle.resume(campaign, by=stopper, at=_instant(decided))

        def goes_on(quiet: int = quiet) -> bool:
            return sending.messages() > quiet

        wait(goes_on, 30, "nothing was sent after resuming", pause=0.01)
        resumes.append(time.time() - decided)
    faults = []
    for campaign in sending.campaigns:
        name = f"campaign {campaign.pk}, paused and resumed"
        faults += verdict.finished(name, devices, finish(campaign, 300))
        faults += verdict.everybody_once(name, devices, stage.emulator.counts(str(campaign.pk)))
    return pauses, resumes, faults


def _stops(stage: Stage, sending: UnderWay, tries: int) -> tuple[list[float], list[str]]:
    """Stop for good; return how long after the decision the last request came."""
    from notifications.campaigns import lifecycle

    stopper = _stopper()
    stops, faults = [], []
    for _ in range(tries):
        campaign = sending.fresh()

        def stop(at: datetime, campaign: Campaign = campaign) -> None:
            lifecycle.stop(campaign, by=stopper, at=at)

        stops.append(_last_request(stage, campaign, stop))
        counts = finish(campaign, 120)
        faults += verdict.nobody_twice(f"campaign {campaign.pk}, stopped", counts, stage.emulator.counts(str(campaign.pk)))
        if not counts["skipped"]:
            faults.append(f"campaign {campaign.pk} had sent everything before it was stopped")
    return stops, faults


def _last_request(stage: Stage, campaign: Any, brake: Callable[[datetime], None]) -> float:
    """Pull a brake and return how many seconds after the instant that stands in its row the last request came; 0 for none."""
    decided = time.time()
    brake(_instant(decided))
    time.sleep(WATCHED)
    return max(0.0, float(stage.emulator.counts(str(campaign.pk))["last_at"]) - decided)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _stopper() -> Any:
    from tests import make

    return make.campaign_staff()[1]


def report(figures: dict[str, Any]) -> str:
    """Return the worst of each beside what was asked, and every single figure."""
    rows = [
        (_WORDS[name], len(figures[name]), max(figures[name]), f"≤ {ASKED[name]:.0f}" if name in ASKED else "") for name in _WORDS
    ]
    every = "\n".join(f"- {name}: {all_of(figures[name])}" for name in _WORDS)
    return "\n\n".join(
        [
            f"Campaigns to {shown(figures['devices'])} devices, quota lifted; starts are of campaigns to {FEW} devices, "
            f"{APART} s apart, worker idle, a new beat for each {A_BEAT}. Pause and stop are counted from the instant "
            f"in the brake's row, and watched for {WATCHED:.0f} s.",
            table(("", "tries", "longest, s", "asked, s"), rows),
            f"Every one, in seconds:\n\n{every}",
        ]
    )


_WORDS = {
    "start": "its second → first request",
    "pause": "pause → last request",
    "resume": "resume → next request",
    "stop": "stop → last request",
}
