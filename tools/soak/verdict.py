"""What a soak has shown, and what of it must not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from tools.bench.push.tables import shown, table
from tools.soak.samples import JUDGED_FROM, PART, Samples

#: By how many MiB a process may grow in an hour, and in all after its warm-up; and by how many open files, sockets or sessions
#: between two idle moments.
MOST_MEMORY, MOST_FILES, MOST_SOCKETS, MOST_SESSIONS = 5.0, 10, 3, 2
#: Seconds after a web process was killed in which reads may fail, until the next one is up.
READERS_WAIT = 30.0


@dataclass
class CampaignCounts:
    """What the FCM emulator counted of one campaign, and what was done meanwhile."""

    number: str
    devices: int
    state: str
    missed: int
    doubled: int
    #: Devices that were in claimed batches at the moment of the act: as many may be reached twice.
    in_flight: int
    act: str = ""


@dataclass
class Verdict:
    """The figures of a soak; `faults` says in words what must not be."""

    seed: int
    minutes: float = 0.0
    campaigns: list[CampaignCounts] = field(default_factory=list)
    reads: int = 0
    #: Reads that failed while no web process had just been killed.
    failed_reads: list[str] = field(default_factory=list)
    processes: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return everything as an object."""
        return asdict(self)


def judge(verdict: Verdict, samples: Samples) -> None:
    """Complete a verdict by the samples, and name its faults."""
    for one in samples.longest():
        verdict.processes.append(
            {
                "name": one.name, "pid": one.pid, "minutes": one.memory.minutes(), "mib_per_hour": one.memory.per_hour(),
                "mib_more": one.memory.growth(), "mib": one.memory.parts(),
                "most_files": max(value for _, value in one.files.samples),
                "idle_files": [files for files, _ in one.idle], "idle_sockets": [sockets for _, sockets in one.idle],
            }
        )  # fmt: skip
    sessions = samples.sessions
    verdict.sessions = {
        "most": max((value for _, value in sessions.samples), default=0),
        "minutes": sessions.minutes(), "more": sessions.growth(),
    }  # fmt: skip
    verdict.faults = [*_of_campaigns(verdict), *_of_processes(verdict)]
    if verdict.failed_reads:
        verdict.faults.append(f"{len(verdict.failed_reads)} reads failed: {verdict.failed_reads[0]}")
    if not verdict.sessions["most"]:
        verdict.faults.append("no session of the database was seen")
    if not verdict.reads:
        verdict.faults.append("nothing was read")


def _of_campaigns(verdict: Verdict) -> list[str]:
    found = [] if verdict.campaigns else ["no campaign was sent"]
    for one in verdict.campaigns:
        name = f"campaign {one.number} ({one.act or 'nothing done'})"
        if one.state != "done":
            found.append(f"{name} is {one.state}")
        if one.missed:
            found.append(f"{name} missed {one.missed} of {one.devices} devices")
        if one.doubled > one.in_flight:
            found.append(f"{name} reached {one.doubled} devices twice, and {one.in_flight} were in flight")
    return found


def _of_processes(verdict: Verdict) -> list[str]:
    found = []
    for one in verdict.processes:
        if one["minutes"] < JUDGED_FROM:
            continue
        if one["mib_per_hour"] > MOST_MEMORY:
            found.append(f"{one['name']} ({one['pid']}) grows by {one['mib_per_hour']:.1f} MiB an hour")
        if one["mib_more"] > MOST_MEMORY:
            found.append(f"{one['name']} ({one['pid']}) has {one['mib_more']:.1f} MiB more at its end than after its warm-up")
        for name, most in (("files", MOST_FILES), ("sockets", MOST_SOCKETS)):
            idle = one[f"idle_{name}"]
            if idle and idle[-1] - idle[0] > most:
                found.append(
                    f"{one['name']} ({one['pid']}) has {idle[-1] - idle[0]} more open {name} than when it was idle before"
                )
    if verdict.sessions["minutes"] >= JUDGED_FROM and verdict.sessions["more"] > MOST_SESSIONS:
        found.append(f"the database has {verdict.sessions['more']:.0f} more sessions than at first")
    return found


def tables(verdict: Verdict) -> str:
    """Return the figures as Markdown."""
    by_act: dict[str, list[CampaignCounts]] = {}
    for one in verdict.campaigns:
        by_act.setdefault(one.act or "nothing", []).append(one)
    campaigns = [
        (act, len(of), sum(one.devices for one in of), sum(one.missed for one in of), sum(one.doubled for one in of),
         sum(one.in_flight for one in of))
        for act, of in sorted(by_act.items())
    ]  # fmt: skip
    processes = [
        (one["name"], one["minutes"], one["mib_per_hour"] if one["minutes"] >= JUDGED_FROM else "too short", one["mib_more"],
         ", ".join(map(shown, one["mib"])), int(one["most_files"]), _in_order(one["idle_files"]), _in_order(one["idle_sockets"]))
        for one in verdict.processes
    ]  # fmt: skip
    sessions = verdict.sessions
    return "\n\n".join(
        [
            f"{verdict.minutes:.0f} minutes, seed {verdict.seed}. {shown(verdict.reads)} reads, of which "
            f"{len(verdict.failed_reads)} failed apart from those within {READERS_WAIT:.0f} s of the end of a web process. "
            f"At most {sessions['most']:.0f} sessions in the database; {sessions['more']:+.0f} from their first fifth to their "
            "last.",
            table(("done meanwhile", "campaigns", "messages due", "missed", "doubled", "in flight"), campaigns),
            table(
                (
                    "process",
                    "minutes",
                    "MiB an hour",
                    "MiB more",
                    f"MiB, each {PART:.0f} minutes",
                    "most open files",
                    "idle",
                    "sockets, idle",
                ),
                processes,
            ),
        ]
    )


def _in_order(counts: list[int]) -> str:
    return ", ".join(map(str, counts)) or "none seen"
