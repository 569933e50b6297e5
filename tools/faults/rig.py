"""The rig of the fault runs: real servers, an FCM emulator, Celery workers, and a campaign to everybody. Loopback only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Any, Protocol

from fcm_emulator.testing import start_emulator

from tools.bench.push import claims, records
from tools.bench.push.celery_processes import CeleryProcesses, end_connections
from tools.bench.push.testbed import TimedOut
from tools.faults import crash_points
from tools.faults.debian_servers import DebianServices
from tools.faults.postgres_server import PostgresServer
from tools.faults.verdict import Verdict, judge
from tools.faults.watch import WORDS_WITHIN, Watch, longest_silence

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Devices and messages a minute: sending takes long enough for a fault in its middle.
DEVICES, RATE = 10_000, 20_000
QUICK_DEVICES, QUICK_RATE = 3_000, 24_000
#: Seconds after the return of a broker, or of the network to it, within which workers take wake-ups again.
RESUMED_WITHIN = 15.0


class Broker(Protocol):
    """The message broker of a rig, which a run can end and start again."""

    name: str
    url: str

    def kill(self) -> None:
        """Kill it."""

    def start_again(self) -> None:
        """Start it again after `kill`."""

    def fill_up(self) -> None:
        """Let it refuse messages because its memory is used up."""

    def free(self) -> None:
        """Let it accept messages again."""

    def doubling(self) -> AbstractContextManager[str]:
        """Return a context that yields the URL under which each message is delivered twice."""

    def empty(self) -> None:
        """Remove all messages."""


class Rig:
    """Servers that live for all runs, and the processes of one run."""

    def __init__(
        self, folder: Path, postgres: PostgresServer, broker: Broker, servers: DebianServices, *, quick: bool,
        minutes_away: float = 0,
    ) -> None:  # fmt: skip
        self._folder, self.postgres, self.broker, self.quick = folder, postgres, broker, quick
        #: For how long the broker is away, if that was chosen.
        self.minutes_away = minutes_away
        self._servers = servers
        self.devices = QUICK_DEVICES if quick else DEVICES
        self.emulator = start_emulator(folder, records.PROJECT)
        self.processes = self._new_processes()
        self.approved_at = 0.0
        self._watch: Watch | None = None
        #: What the page said about the fault, and after how many seconds; and what it did not say.
        self._said, self._said_after = "", 0.0
        self._not_said: list[str] = []

    def stop(self) -> None:
        """End the processes of the rig; the servers are others' business."""
        self.end_watch()
        self.processes.end()
        self.emulator.stop()

    def seconds(self, full: float, quick: float) -> float:
        """Return how long a fault lasts, in seconds."""
        return quick if self.quick else full

    def readable(self, name: str) -> Path:
        """Return the path of a file that the servers' own user can read."""
        return self._servers.home / name

    def database(self) -> str:
        """Return the URL of the database, and let go of the rig's own connection to it."""
        _forget_connection()
        return self.processes.environment["DATABASE_URL"].partition("?")[0]

    def pooler(self, url: str) -> str:
        """Start PgBouncer before the database of a URL; return the URL through it."""
        return self._servers.pgbouncer(url)

    def prepare(self) -> None:
        """End everything of an earlier run, and make all devices reachable."""
        from notifications.models import App, Registration

        self.end_watch()
        self._watch, self._said, self._not_said = None, "", []
        self.processes.end()
        self.processes = self._new_processes()
        end_connections()
        self.broker.empty()
        self.emulator.plan([])
        self.emulator.reset()
        execute(
            "TRUNCATE notifications_quota, notifications_workernote, notifications_schedulerrun, notifications_campaign CASCADE"
        )
        if not App.objects.exists():
            records.create_app()
        execute("UPDATE notifications_registration SET gone_at = NULL WHERE gone_at IS NOT NULL")
        if missing := self.devices - Registration.objects.count():
            records.register_devices(missing)

    @contextmanager
    def repointed(self, port: int) -> Iterator[None]:
        """Let the rig itself use the database at another port."""
        from django.db import connection

        _forget_connection()
        given = connection.settings_dict
        before, given["PORT"] = given["PORT"], str(port)
        try:
            yield
        finally:
            _forget_connection()
            given["PORT"] = before

    def stop_database(self) -> None:
        """Shut PostgreSQL down in order."""
        self.postgres.stop()
        _forget_connection()

    def kill_database(self) -> None:
        """Kill all processes of PostgreSQL."""
        self.postgres.kill()
        _forget_connection()

    def worker(self, *within: str, **environment: str) -> Popen[bytes]:
        """Start a worker; `within` is a command that runs it. It begins to poll the database when it has loaded."""
        with self._environment(environment):
            return self.processes.start(*within)

    def doomed_worker(self, point: str) -> Popen[bytes]:
        """Start a worker that dies with all its processes at one of `crash_points.POINTS`."""
        with self._environment({crash_points.VARIABLE: point}):
            return self.processes.start(include=crash_points.__name__)

    def beat(self, *within: str, **environment: str) -> Popen[bytes]:
        """Start a beat; `within` is a command that runs it."""
        with self._environment(environment):
            return self.processes.start_beat(*within)

    def campaign(self, **changes: Any) -> Campaign:
        """Approve a campaign to everybody that is due at once."""
        campaign = records.create_campaign(**changes)
        self.approved_at = time.time()
        self._watch = Watch(self.emulator, campaign.pk)
        return campaign

    def says(self, pattern: str, *, within: float = WORDS_WITHIN) -> None:
        """Wait until the page of the campaign says why nothing is sent; the verdict has a fault if that takes too long.

        It is called right after something began to fail. `pattern` is a regular expression.
        """
        watch, began = self._watch, time.monotonic()
        assert watch is not None, "there is no campaign"
        try:
            until(lambda: watch.find(pattern, since=began) is not None, within, "no words", pause=0.2)
        except TimedOut:
            last = watch.samples[-1].words if watch.samples else ""
            self._not_said.append(f"after {within:.0f} s the page did not say {pattern!r}, but {last!r}")
            return
        if found := watch.find(pattern, since=began):
            self._said, self._said_after = found.words, found.at - began

    def has_said(self, pattern: str) -> bool:
        """Return whether the page of the campaign has said something at any time."""
        return self._watch is not None and self._watch.find(pattern, since=0.0) is not None

    def end_watch(self) -> None:
        """Take no more samples of what the page says."""
        if self._watch is not None:
            self._watch.stop()

    def messages(self, campaign: Campaign) -> int:
        """Return how many messages of a campaign the emulator has received."""
        return int(self.emulator.counts(str(campaign.pk))["messages"])

    def messages_at_rest(self, still: float = 3) -> int:
        """Wait until no message has reached the emulator for `still` seconds; return how many have."""
        count, since = -1, time.monotonic()

        def is_still() -> bool:
            nonlocal count, since
            now = int(self.emulator.counts()["messages"])
            if now != count:
                count, since = now, time.monotonic()
            return time.monotonic() - since >= still

        until(is_still, 30, "messages did not cease while nothing may be sent")
        return count

    def under_way(self, campaign: Campaign, share: float = 0.3) -> None:
        """Wait until this share of a campaign has been sent."""
        until(lambda: self.messages(campaign) >= self.devices * share, 90, "sending did not begin")

    def goes_on(self, campaign: Campaign, more: int = 100, seconds: float = 60) -> None:
        """Wait until more messages have left than now."""
        before = self.messages(campaign)
        until(lambda: self.messages(campaign) >= before + more, seconds, "sending did not go on")

    def claimed(self) -> int:
        """Return how many devices are in batches that workers hold: each of them may be sent to again when these end."""
        rows = execute("SELECT coalesce(sum(size), 0) FROM notifications_batch WHERE state = 'claimed'")
        return int(rows[0][0])

    def leases_end(self) -> None:
        """End the leases of workers that are gone, in a quick run; otherwise their 45 s pass."""
        if self.quick:
            claims.expire_leases()

    def finish(self, campaign: Campaign, seconds: float = 240) -> str:
        """Wait until a campaign has ended or stands until a person resumes it; return the reason if it stands, else ""."""
        ended: list[str] = []

        def over() -> bool:
            progress = progress_of(campaign)
            if progress["finished_at"] or progress["halted"]:
                ended.append(progress["halted"] or "")
            return bool(ended)

        until(over, seconds, f"campaign {campaign.pk} did not end", pause=0.3)
        return ended[0]

    def judge(self, campaign: Campaign, halted: str, *, within: float, **expected: Any) -> Verdict:
        """Return the verdict about a campaign by the emulator's counts."""
        self.end_watch()
        tag = str(campaign.pk)
        seen = self.emulator.counts(alert=tag)
        tags = {one["tag"] for one in self.emulator.each(alert=tag)}
        erased = execute("SELECT count(*) FROM notifications_registration WHERE gone_at IS NOT NULL")[0][0]
        verdict = judge(
            seen, tags, tag=tag, devices=self.devices, erased=erased, halted=halted, approved_at=self.approved_at,
            within=within, **expected,
        )  # fmt: skip
        counted = progress_of(campaign)
        parts = sum(counted["rejected"].values()) + sum(counted[name] for name in ("accepted", "unknown", "pending", "skipped"))
        if counted["devices"] != parts:
            verdict.faults.append(f"{counted['devices']} devices, and outcomes or pending ones for {parts}")
        verdict.said, verdict.said_after = self._said, self._said_after
        verdict.faults += self._not_said
        silent = longest_silence(self._watch.samples) if self._watch else 0.0
        if silent > WORDS_WITHIN:
            verdict.faults.append(f"nothing was sent for {silent:.0f} s, and the page did not say why")
        return verdict

    def _new_processes(self) -> CeleryProcesses:
        made = CeleryProcesses(self._folder, self.emulator)
        rate = QUICK_RATE if self.quick else RATE
        made.environment |= {
            "BROKER_URL": self.broker.url, "FCM_MESSAGES_PER_MINUTE": str(rate), "FCM_QUOTA_SHARE": "1.0",
        }  # fmt: skip
        return made

    @contextmanager
    def _environment(self, changes: dict[str, str]) -> Iterator[None]:
        before = self.processes.environment
        self.processes.environment = before | changes
        yield
        self.processes.environment = before


def _forget_connection() -> None:
    from django.db import connection

    connection.close()


def progress_of(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign's progress."""
    from notifications.campaigns import progress

    return dict(progress.progress_of(campaign))


def resume(campaign: Campaign) -> None:
    """Resume a campaign as a member of staff."""
    from notifications.campaigns import lifecycle

    campaign.refresh_from_db()
    lifecycle.resume(campaign, by=records.staff()[1], at=datetime.now(UTC))


def until(happened: Callable[[], bool], seconds: float, trouble: str, pause: float = 0.05) -> None:
    """Wait until something has happened, also while the database is away. TimedOut with the text `trouble` if it does not."""
    from django.db import InterfaceError, OperationalError, connection

    deadline = time.monotonic() + seconds
    while True:
        try:
            if happened():
                return
        except (OperationalError, InterfaceError):
            connection.close()
        if time.monotonic() > deadline:
            raise TimedOut(f"{trouble} within {seconds:.0f} s")
        time.sleep(pause)


def execute(sql: str, *parameters: int | str) -> list[tuple[Any, ...]]:
    """Run a statement; return its rows, if it has any."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall()) if cursor.description else []
