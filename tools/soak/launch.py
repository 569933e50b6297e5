"""./run soak: campaigns and reads for hours, with restarts at random in the first part; what is missed, doubled or grows.

In the first 40 % of the time one thing is done at random to each campaign while it is sent; the rest is calm, so that a slope can
be measured. The bars are counts and slopes, not times: it can run beside other work.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from tools.bench.push import page
from tools.lint.documents import wrap
from tools.sandbox import demo, postgres
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths, read_json
from tools.sandbox.ports import any_free_port
from tools.sandbox.published import begin_with_copy, publish_all
from tools.sandbox.run_folders import remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say
from tools.soak.acts import ACTS
from tools.soak.database import Database
from tools.soak.readers import Reader
from tools.soak.samples import Samples, files_of_all
from tools.soak.verdict import READERS_WAIT, CampaignCounts, Verdict, judge, tables

#: The part of the time in which something is done to each campaign.
RESTLESS = 0.4
#: The part of the time after which nothing is sent for a while, as at the end: every process has sent since its last restart.
IDLE_AFTER = 0.5
#: Seconds for which nothing is sent then, more than `IDLE_CONNECTION` of notifications/delivery/fcm.py, and looks at open files.
IDLE, LOOKS = 45, 10
#: Seconds in which a campaign is sent at the given pace; seconds between two samples; longest pause between two campaigns.
SENDING, EVERY, PAUSE = 20, 5.0, 20.0
#: A soak of fewer seconds than these is for the tests: campaigns are sent in fewer seconds, and leases end at once.
QUICK, QUICK_SENDING = 120, 5
#: Seconds for which a campaign's counts may stand still.
STILL = 300
_PAGE = Path("docs") / "measurements" / "soak.md"
_HEAD = """# Soak: hours of campaigns, reads and restarts

**Command.** `./run soak --hours N --write`; `--minutes N` for a short one, `--seed N` to repeat one.
Everything that `./run` starts runs in a folder of its own. Campaigns follow each other, each to all
devices, and a reader reads manifest, pack and feed once a second. In the first 40 % of the time one
thing is done to each campaign while it is sent: the worker, the beat or the web process is killed, the
worker is stopped, or all connections of the database are ended. The rest is calm.

**What fails it.** By the emulator's counts, a device that was missed, or more devices reached twice
than were in flight at that moment; a campaign that does not end; a read that fails while no web
process had just ended; a process that grows by more than 5 MiB an hour, apart from one step, or by
more than 5 MiB in all (its own memory, without libraries and other files; what it shares with its
parent counts as its own; the first quarter of its life is left out, and less than 15 minutes are not
judged). Twice, after half of the time and at the end, nothing is sent for 45 s: a process that then
has more than 10 further open files, or 3 further sockets, has leaked them. So have more than two
further sessions of the database."""


def run(outer: Paths, rest: list[str]) -> int:
    """Soak, print the figures and, with --write, write the page; return 1 if there is a fault."""
    options = _parser().parse_args(rest)
    seconds = (options.minutes or options.hours * 60) * 60
    paths = Paths(outer.root, outer.run / "soak")
    remove_run(paths)
    paths.create()
    begin_with_copy(paths)
    verdict, load = Verdict(options.seed), os.getloadavg()[0]
    quick = seconds < QUICK
    rate = options.devices * 60 // (QUICK_SENDING if quick else SENDING)
    pace = {"FCM_MESSAGES_PER_MINUTE": str(max(600, rate)), "FCM_QUOTA_SHARE": "1.0"}
    with hold_run_folder(paths, "soak"):
        sandbox = Sandbox(paths, Interrupts(), {**os.environ, **pace})
        try:
            sandbox.start(any_free_port())
            publish_all(sandbox)
            sandbox.json_command("simulate_registrations", str(options.devices))
            soak = Soak(sandbox, verdict, devices=options.devices, quick=quick)
            soak.carry_out(seconds)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The soak failed: {error} (seed {options.seed}, logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    say(f"\n{tables(verdict)}")
    if options.json:
        say(json.dumps(verdict.as_json()))
    if options.write and not verdict.faults:
        measured = page.circumstances(0, load).partition("; this part")[0] + ".*"
        _write(paths.root / _PAGE, wrap("\n\n".join([_HEAD, measured, tables(verdict)]) + "\n"))
    for fault in verdict.faults:
        say(f"FAILED: {fault}")
    say(f"soak: {'failed' if verdict.faults else 'ok'}, seed {options.seed}")
    return 1 if verdict.faults else 0


def _write(page: Path, text: str) -> None:
    """Write the figures into the page; its sections, which people write, stay."""
    _, heading, sections = page.read_text("utf-8").partition("\n## ")
    page.write_text(text + heading + sections, "utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0, help="how long (%(default)s)")
    parser.add_argument("--minutes", type=float, help="how long, for a short one")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="repeats the acts of an earlier soak")
    parser.add_argument("--devices", type=int, default=2_000, help="of each campaign (%(default)s)")
    parser.add_argument(
        "--write", action="store_true", help="write the figures into docs/measurements/soak.md, if nothing failed"
    )
    parser.add_argument("--json", action="store_true", help="print all figures as one JSON object")
    return parser


def _superuser_url(sandbox: Sandbox) -> str:
    """Return the URL of the database for the superuser: any other role sees no sessions but its own, and can end no others."""
    port = urlsplit(str(read_json(sandbox.paths.run / "endpoints.json")["owner_url"])).port or 0
    return postgres.cluster(sandbox.paths).url(port, sandbox.secrets.postgres_password, role=postgres.SUPERUSER)


class Soak:
    """The campaigns of a soak, one after the other."""

    def __init__(self, sandbox: Sandbox, verdict: Verdict, *, devices: int, quick: bool) -> None:
        self._sandbox, self._verdict, self._devices, self._quick = sandbox, verdict, devices, quick
        self._random = random.Random(verdict.seed)
        self._samples = Samples()
        self._database = Database(_superuser_url(sandbox))
        self._emulator = Client(str(sandbox.emulator_url))
        self._sampled = 0.0
        #: When web processes were killed, on the clock of time.monotonic().
        self._web_ended: list[float] = []

    def carry_out(self, seconds: float) -> None:
        """Send campaigns for so long, and complete the verdict."""
        begun = time.monotonic()
        calm_from, idle_from, until = begun + RESTLESS * seconds, begun + IDLE_AFTER * seconds, begun + seconds
        reader = Reader(self._sandbox.web, 0.2 if self._quick else 1.0)
        reader.start()
        try:
            while time.monotonic() < until or not self._verdict.campaigns:
                restless = time.monotonic() < calm_from or (self._quick and not self._verdict.campaigns)
                self._campaign(self._random.choice(list(ACTS)) if restless else "")
                if not restless and time.monotonic() < until:
                    self._rest(self._random.uniform(0, 1.0 if self._quick else PAUSE))
                if time.monotonic() >= idle_from:
                    self._idle()
                    idle_from = float("inf")
            self._idle()
        finally:
            reader.end()
            self._emulator.close()
        self._verdict.minutes = (time.monotonic() - begun) / 60
        self._verdict.reads = reader.reads
        self._verdict.failed_reads = [why for at, why in reader.failures if not self._is_excused(at)]
        judge(self._verdict, self._samples)

    def _campaign(self, act: str) -> None:
        sandbox = self._sandbox
        number, fingerprint = demo.submit_campaign(sandbox)
        demo.approve_campaign(sandbox, number, fingerprint)
        in_flight = 0
        if act:
            wanted = self._random.uniform(0.1, 0.8) * self._devices
            self._wait(lambda: self._counts(number)["messages"] >= wanted, number)
            in_flight = self._act(act, number)
        state = ""

        def over() -> bool:
            nonlocal state
            state = self._database.ended(number) or ""
            return bool(state)

        self._wait(over, number)
        seen = self._counts(number)
        self._verdict.campaigns.append(
            CampaignCounts(
                number, self._devices, state, missed=self._devices - seen["addresses"], doubled=seen["repeats"],
                in_flight=in_flight, act=act,
            )
        )  # fmt: skip
        say(f"  campaign {number}: {act or 'calm'}, {self._devices - seen['addresses']} missed, {seen['repeats']} doubled")

    def _act(self, act: str, number: str) -> int:
        """Do something to the product; return how many devices were in flight."""
        before = self._database.claimed(number)
        if "web" in act:
            self._web_ended.append(time.monotonic())
        ACTS[act]({process.name: process for process in self._sandbox.processes.running}, self._database)
        in_flight = max(before, self._database.claimed(number))
        if self._quick and act == "kill the worker":
            self._database.expire_leases()
        return in_flight

    def _counts(self, number: str) -> dict[str, int]:
        return dict(self._emulator.get(f"/emulator/counts?alert={number}").json())

    def _wait(self, happened: Callable[[], bool], number: str) -> None:
        """Wait while the counts move, and sample."""

        def seen() -> bool:
            self._rest(0.2 if self._quick else 1.0)
            return happened()

        if not self._sandbox.wait_for(seen, progress=lambda: self._counts(number)["messages"], patience=STILL):
            raise demo.DemoFailed(f"campaign {number} has not moved for {STILL} s")

    def _rest(self, seconds: float) -> None:
        self._sandbox.pause(seconds)
        now = time.monotonic()
        if now - self._sampled >= (0.5 if self._quick else EVERY):
            self._sampled = now
            self._samples.take(now, self._sandbox.processes.running, self._database.sessions())

    def _idle(self) -> None:
        """Send nothing until idle connections are closed, and look at the open files then."""
        for _ in range(1 if self._quick else IDLE):
            self._rest(1.0)
        looks = []
        for _ in range(LOOKS):
            self._sandbox.pause(0.1 if self._quick else 1.0)
            looks.append(files_of_all(self._sandbox.processes.running))
        self._samples.take_idle(looks)

    def _is_excused(self, at: float) -> bool:
        return any(ended <= at <= ended + READERS_WAIT for ended in self._web_ended)
