"""Our path beside fcm-django, send_each and send_each_async: one after the other, in rounds, with one emulator."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tools.bench import usage
from tools.bench.push import records
from tools.bench.push.celery_processes import ROOT
from tools.bench.push.faults import exactly_once_faults, finished_faults
from tools.bench.push.million import shortest_seconds
from tools.bench.push.tables import shown, spread, table
from tools.bench.push.testbed import DEFAULT_QUOTA, NO_LIMIT, Testbed, finish, postmaster, register

if TYPE_CHECKING:
    from notifications.models import Campaign

TITLE = "Beside the other ways to send with Python"
OURS = "Fingerpost"
#: Not a way to send: what the HTTP client alone costs in one process, with 512 requests at once.
BARE = "bare loop"
PEERS = ("fcm-django", "send_each", "send_each_async")
NAMES = {
    OURS: "Fingerpost, the whole path",
    "fcm-django": "fcm-django, `send_message`",
    "send_each": "firebase-admin, `send_each`",
    "send_each_async": "firebase-admin, `send_each_async`",
    BARE: "a bare loop of our HTTP client",
}
#: The others need four seconds for these. Ours needs many more messages to show its sustained rate.
MAX_MESSAGES_OF_PEERS = 3_000
#: The stages of a campaign, one after the other.
STAGES = {
    "to_freeze": "approval → the scheduler begins to freeze",
    "to_first": "→ first request (freeze, wake-up, canary)",
    "sending": "→ last request",
    "to_fold": "→ last count folded",
}
Run = dict[str, float]


def measure(devices: int, folder: Path, *, quick: bool = False) -> dict[str, Any]:
    """Send to `devices` by our path and some thousand messages by each other; return all rounds of all settings, and faults."""
    rounds = 1 if quick else 3
    settings = [(True, 70)] if quick else [(tls, latency) for tls in (False, True) for latency in (0, 70)]
    register(devices)
    figures: dict[str, Any] = {
        "devices": devices,
        "peers": min(devices // 20, MAX_MESSAGES_OF_PEERS),
        "rounds": rounds,
        "settings": [],
    }
    faults: list[str] = []
    for tls, latency in settings:
        where = folder / f"{'tls' if tls else 'plain'}-{latency}"
        where.mkdir()
        with Testbed(where, tls=tls) as testbed, _fcm_django_devices(testbed, figures["peers"]):
            runs: dict[str, list[Run]] = {name: [] for name in NAMES}
            for _ in range(rounds):
                for name, title in NAMES.items():
                    testbed.emulator.reset()
                    testbed.emulator.plan([_ACCEPT | {"latency_ms": latency}] if latency else [])
                    run, wrong = _send(testbed, name, devices if name in {OURS, BARE} else figures["peers"])
                    runs[name].append(run)
                    faults += wrong
                    print(f"  {_setting(tls, latency)}: {title} {shown(run['rate'])} a second", flush=True)
            figures["settings"].append({"tls": tls, "latency_ms": latency, "runs": runs})
    return figures | {"faults": faults}


def _send(testbed: Testbed, name: str, messages: int) -> tuple[Run, list[str]]:
    """Send by one path; return its figures and its faults."""
    server, database, phones = postmaster(), usage.cpu_seconds(postmaster()), usage.cpu_seconds(testbed.emulator.process.pid)
    run, faults = _ours(testbed, messages) if name == OURS else _peer(testbed, name, messages)
    run |= {
        "rate": messages / run["seconds"],
        "sustained": _sustained(testbed) or messages / run["seconds"],
        "cpu_10k": run["cpu"] / messages * 10_000,
        "database_cpu_10k": (usage.cpu_seconds(server) - database) / messages * 10_000,
        "emulator_cpu_10k": (usage.cpu_seconds(testbed.emulator.process.pid) - phones) / messages * 10_000,
    }
    return run, faults + exactly_once_faults(NAMES[name], messages, testbed.emulator.counts())


def _sustained(testbed: Testbed) -> float:
    """Return the median messages per second in the emulator, without the first and last two seconds; 0 if that is too short."""
    middle = testbed.emulator.counts(seconds="1")["seconds"][2:-2]
    return float(median(middle)) if len(middle) > 2 else 0.0


def _ours(testbed: Testbed, devices: int) -> tuple[Run, list[str]]:
    """Send by worker and beat. The time runs from the approval until every count is folded."""
    worker = testbed.start()
    try:
        campaign = records.submit_campaign()
        _end_ramp()
        before, began = testbed.sender_cpu(worker), time.monotonic()
        approved = records.approve_campaign(campaign)
        progress = finish(campaign, 600)
        run = {"seconds": time.monotonic() - began, "cpu": testbed.sender_cpu(worker) - before}
        run |= _stages(testbed, campaign, approved)
        peaks = usage.peak_memory(worker.pid)
        run |= {"peak_mb": max(peaks), "all_mb": sum(peaks) + sum(usage.peak_memory(testbed.beat.pid))}
    finally:
        testbed.processes.end()
    return run, finished_faults(NAMES[OURS], devices, progress)


def _end_ramp() -> None:
    """Let the rate begin at its full height, as within a minute after another campaign: these runs have no quota."""
    from notifications.models import Quota
    from notifications.models.quota import RAMP_SECONDS

    now = datetime.now(UTC)
    full = {"rate": NO_LIMIT / 60, "booked_until": now, "ramp_from": now - timedelta(seconds=2 * RAMP_SECONDS), "changed_at": now}
    Quota.objects.update_or_create(project=records.PROJECT, defaults=full)


def _stages(testbed: Testbed, campaign: Campaign, approved: float) -> Run:
    """Return the seconds of each stage of a finished campaign; together they are the time from approval to the last count."""
    campaign.refresh_from_db()
    seen = testbed.emulator.counts(str(campaign.pk))
    instants = [approved, *(one.timestamp() for one in (campaign.frozen_at, campaign.finished_at) if one is not None)]
    frozen, folded = instants[1:]
    ends = (approved, frozen, seen["first_at"], seen["last_at"], folded)
    return {name: end - begin for name, (begin, end) in zip(STAGES, pairwise(ends), strict=True)}


def _peer(testbed: Testbed, path: str, messages: int) -> tuple[Run, list[str]]:
    run = _job(testbed, path, messages, message=records.android_message())
    accepted = run.pop("accepted")
    return run | {"all_mb": run["peak_mb"]}, [] if accepted == messages else [f"{NAMES[path]}: {accepted} of {messages} accepted"]


def _job(testbed: Testbed, path: str, messages: int, **more: object) -> dict[str, Any]:
    emulator = testbed.emulator
    job = {"path": path, "messages": messages, "url": emulator.url, "credentials": str(emulator.credentials_file), **more}
    environment = {name: value for name, value in testbed.processes.environment.items() if not name.upper().endswith("_PROXY")}
    environment |= {"DJANGO_SETTINGS_MODULE": "tools.bench.push.peer_settings"}
    if authority := environment.get("FCM_CA_BUNDLE"):
        # requests reads the first variable, httpx the second.
        environment |= {"REQUESTS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority}
    answer = subprocess.run(
        [sys.executable, "-m", "tools.bench.push.peers"],
        cwd=ROOT, env=environment, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True, timeout=300,
    )  # fmt: skip
    return dict(json.loads(answer.stdout.splitlines()[-1]))


@contextmanager
def _fcm_django_devices(testbed: Testbed, number: int) -> Iterator[None]:
    _job(testbed, "fill", number)
    try:
        yield
    finally:
        _job(testbed, "drop", 0)


_ACCEPT: dict[str, Any] = {"match": {"any": True}, "answer": "ACCEPT"}


def _setting(tls: bool, latency: int) -> str:
    return f"{'TLS, HTTP/2' if tls else 'plain HTTP/1.1'}, {latency} ms"


def report(figures: dict[str, Any]) -> str:
    """Return one table per setting: medians of the rounds, and ratios of rate and processor time."""
    parts = [
        f"{figures['rounds']} rounds, median (least–most); {shown(figures['devices'])} messages by our path and the bare loop, "
        f"{shown(figures['peers'])} by each other in every round; every address has to accept its message exactly once. "
        "*All in* is from the approval (or the call) to the last count (or its return); *sustained* is the median of the "
        "messages per second in the emulator, without the first and last two seconds. The *bare loop* posts ready bodies with "
        "the HTTP client of our path, 512 at once in one process, and reads the answers: without latency it shows what this "
        "client costs, and with latency it only shows what 512 requests at once allow."
    ]
    for setting in figures["settings"]:
        middle = _middle(setting["runs"])
        rows = [_row(name, runs, middle) for name, runs in setting["runs"].items()]
        parts.append(f"**{_setting(setting['tls'], setting['latency_ms'])} of server latency**\n\n{table(_HEAD, rows)}")
    ramp = shortest_seconds(figures["devices"], DEFAULT_QUOTA / 60)
    stages = [
        [STAGES[stage], *[spread([run[stage] for run in setting["runs"][OURS]]) for setting in figures["settings"]]]
        for stage in STAGES
    ]
    head = ["seconds of our path", *[_setting(setting["tls"], setting["latency_ms"]) for setting in figures["settings"]]]
    parts += [
        table(head, stages),
        f"These runs have no quota, and our path begins at its full rate, so that they compare ways of sending and not quotas. "
        f"Google advises to ramp up over 60 s: "
        f"at the default quota {shown(figures['devices'])} messages take at least {ramp:.0f} s, in whichever way they are sent: "
        f"{shown(round(figures['devices'] / ramp))} a second. *A million, end to end* shows that.",
    ]
    return "\n\n".join(parts)


_HEAD = (
    "path",
    "messages per second, all in",
    "sustained",
    "ours ÷ this",
    "CPU s for 10,000",
    "this ÷ ours",
    "peak MB",
    "PostgreSQL CPU s for 10,000",
)


def _row(name: str, runs: list[Run], middle: Callable[[str, str], float]) -> list[object]:
    def all_runs(figure: str) -> list[float]:
        return [run[figure] for run in runs]

    ours = name == OURS
    return [
        NAMES[name],
        spread([round(rate) for rate in all_runs("rate")]),
        spread([round(rate) for rate in all_runs("sustained")]),
        "" if ours else f"{middle(OURS, 'rate') / middle(name, 'rate'):.1f}",
        spread(all_runs("cpu_10k")),
        "" if ours else f"{middle(name, 'cpu_10k') / middle(OURS, 'cpu_10k'):.1f}",
        spread(all_runs("all_mb")) + (f", largest process {shown(max(all_runs('peak_mb')))}" if ours else ""),
        spread(all_runs("database_cpu_10k")),
    ]


def _middle(runs: dict[str, list[Run]]) -> Callable[[str, str], float]:
    return lambda name, figure: median(run[figure] for run in runs[name])
