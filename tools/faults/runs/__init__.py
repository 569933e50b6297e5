"""The fault runs. Each sends one campaign, does one thing wrong in its middle, and returns the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.faults import namespace
from tools.faults.rig import Rig
from tools.faults.runs import broker, clocks, database, disk, distance, fcm, network, pauses, processes, restores
from tools.faults.verdict import Verdict


@dataclass(frozen=True)
class Run:
    """One run, as the table names it."""

    title: str
    carry_out: Callable[[Rig], Verdict]
    #: Returns why it cannot be carried out on this machine or with these servers, or "".
    prevented: Callable[[Rig], str] = lambda rig: ""


RUNS: dict[str, Run] = {
    "worker-killed": Run("kill -9 of a worker; another takes over", processes.worker_killed),
    "crash-points": Run("kill -9 of workers at 18 named instants of one campaign", processes.crash_points),
    "random-kills": Run("300 times kill -9 of a worker's process, drawn at random", processes.random_kills),
    "worker-terminated": Run("SIGTERM of a worker; another takes over", processes.worker_terminated),
    "worker-frozen": Run("a worker is stopped for longer than its lease, beside another", processes.worker_frozen),
    "beat-killed": Run("kill -9 of the beat", processes.beat_killed),
    "database-killed": Run("kill -9 of PostgreSQL, with recovery", database.killed),
    "approvals": Run("kill -9 of PostgreSQL right after 100 approvals, and during 100", database.approvals),
    "connections-ended": Run("all connections to PostgreSQL ended, again and again", database.connections_ended),
    "read-only": Run("PostgreSQL is read-only", database.read_only),
    "log-disk-full": Run("the disk of PostgreSQL's write-ahead log is full", disk.log_disk_full, lambda rig: disk.prevented()),
    "failing-write": Run("one batch's outcomes are refused", database.failing_write),
    "locked-campaign": Run("the campaign's row is locked; another campaign begins", database.locked_campaign),
    "resume-and-settle": Run("pause and resume, again and again, while batches are settled", database.resume_and_settle),
    "paused": Run("a campaign is paused while something else fails, eight times", pauses.paused),
    "pgbouncer": Run("through PgBouncer in transaction mode, two workers", database.through_pgbouncer),
    "200-ms-away": Run("PostgreSQL is 200 ms away", distance.of_200_ms),
    "400-ms-away": Run("PostgreSQL is 400 ms away", distance.of_400_ms),
    "800-ms-away": Run("PostgreSQL is 800 ms away", distance.of_800_ms),
    "clock-forward": Run("PostgreSQL's clock is set forward by an hour", clocks.database_forward),
    "clock-back": Run("PostgreSQL's clock is set back by an hour", clocks.database_back),
    "failover-ahead": Run("PostgreSQL fails and comes back with its clock 20 s ahead", clocks.failover_ahead),
    "nothing-for-two-hours": Run("nothing runs for two hours; then everything is started", clocks.nothing_runs),
    "worker-clock": Run("one worker's clock is 4 minutes ahead, another's 4 minutes behind", clocks.workers_off),
    "beat-clock": Run("the beat's clock is set back and forward by an hour", clocks.beat_steps),
    "black-hole": Run(
        "the worker's network drops all packets to database, broker and FCM",
        network.black_hole,
        lambda rig: namespace.prevented(),
    ),
    "hosts-partitioned": Run(
        "two of four machines, with a worker and with the beat, are cut off from the others",
        network.hosts_partitioned,
        lambda rig: namespace.prevented(),
    ),
    "broker-killed": Run("kill -9 of the broker, again and again", broker.killed),
    "broker-away": Run("the broker is away", broker.away),
    "broker-full": Run("the broker is out of memory", broker.full),
    "broker-slow": Run("2 s to the broker and back, and each twentieth packet is lost", broker.slow),
    "broker-doubling": Run("the broker delivers each wake-up twice, to two workers", broker.doubling),
    "snapshot": Run("a snapshot of PostgreSQL's disk is put back", restores.snapshot_put_back),
    "snapshot-all-stopped": Run(
        "the same with all workers stopped and the broker emptied; they start again", restores.snapshot_all_stopped
    ),
    "dump-in-place": Run(
        "a dump is restored in place, with all workers stopped and the broker emptied",
        restores.dump_in_place,
        restores.no_pg_restore,
    ),
    "point-in-time": Run(
        "PostgreSQL is recovered to an instant in mid-campaign, with all workers stopped and the broker emptied",
        restores.point_in_time,
    ),
    "standby-promoted": Run(
        "PostgreSQL fails, and its standby is promoted in its place", restores.standby_promoted, restores.no_base_backup
    ),
    "single-failures": Run("FCM answers 500 to one message in 64", fcm.single_failures),
    "fcm-down": Run("FCM answers 503", fcm.down),
    "quota-used-up": Run("FCM answers 429 with Retry-After", fcm.quota_used_up),
    "all-unregistered": Run("FCM calls everybody unregistered", fcm.all_unregistered),
}
