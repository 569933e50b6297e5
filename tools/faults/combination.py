"""Carry out fault runs on one PostgreSQL with one broker: `python -m tools.faults.combination`, which ./run faults calls."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.bench.push.testbed import database
from tools.faults import page
from tools.faults.brokers import RabbitBroker, RedisBroker
from tools.faults.debian_servers import DebianServices
from tools.faults.postgres_server import PostgresServer
from tools.faults.rig import Broker, Rig
from tools.faults.runs import RUNS
from tools.faults.verdict import Verdict
from tools.sandbox import kept_database, postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths

#: The PostgreSQL of the system, and the one in .venv.
DATABASES = ("debian", "wheel")
BROKERS: dict[str, Callable[[DebianServices], Broker]] = {"redis": RedisBroker, "rabbitmq": RabbitBroker}
#: Quick runs are about processes that end, not about power that fails.
_QUICK_OPTIONS = {"fsync": "off", "full_page_writes": "off"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the runs, print a line for each, and write all verdicts as JSON; return 1 if one has a fault."""
    options = _parser().parse_args(arguments)
    verdicts: dict[str, Verdict] = {}
    with rig(options) as (made, major):
        print(f"PostgreSQL {major}, {options.broker}", flush=True)
        for name in options.runs or RUNS:
            if reason := RUNS[name].prevented(made):
                print(f"  {name:<20} left out: {reason}", flush=True)
                continue
            verdicts[name] = carry_out(made, name)
            print(_line(name, verdicts[name]), flush=True)
            if options.write:
                # At once, so that an hour of runs is not lost with the one that does not end.
                figures = {"postgresql": major, "runs": {name: verdicts[name].as_json()}}
                page.update(figures, options.broker, load=os.getloadavg()[0])
    if options.json:
        document = {"postgresql": major, "runs": {name: verdict.as_json() for name, verdict in verdicts.items()}}
        options.json.write_text(json.dumps(document))
    return 1 if any(verdict.faults for verdict in verdicts.values()) else 0


@contextmanager
def rig(options: argparse.Namespace) -> Iterator[tuple[Rig, str]]:
    """Start the servers and a migrated database; yield the rig and the major version of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-faults-") as folder:
        servers = DebianServices(Path(folder), Interrupts())
        try:
            server = _server(options.database, servers, quick=options.quick)
            os.environ["DATABASE_URL"] = server.start()
            broker = BROKERS[options.broker](servers)
            with database():
                made = Rig(Path(folder), server, broker, servers, quick=options.quick, minutes_away=options.minutes)
                try:
                    yield made, server.major()
                finally:
                    made.stop()
                    server.start_if_down()
        finally:
            servers.stop()
            postgres.remove(servers.paths)


def carry_out(made: Rig, name: str) -> Verdict:
    """Carry out one run; what it does not finish is a fault too."""
    began = time.monotonic()
    try:
        made.postgres.start_if_down()
        made.prepare()
        return RUNS[name].carry_out(made)
    except Exception as error:
        print("\n".join(made.processes.log().splitlines()[-15:]), file=sys.stderr, flush=True)
        return Verdict(made.devices, 0, 0, 0, 0, "", time.monotonic() - began, [f"{type(error).__name__}: {error}"])
    finally:
        made.processes.end()


def _server(chosen: str, servers: DebianServices, *, quick: bool) -> PostgresServer:
    options = _QUICK_OPTIONS if quick else {}
    if chosen == "debian":
        return servers.database(options)
    # Its programs are in this checkout's .venv.
    paths = Paths(root=Paths.from_environment(os.environ).root, run=servers.paths.run)
    cluster, log = postgres.cluster(paths, options), servers.paths.logs / "postgres.log"
    if kept := os.environ.get(kept_database.KEPT):
        # Tests have migrated a database for this PostgreSQL already.
        os.environ[kept_database.TEMPLATE] = kept_database.DATABASE
        return PostgresServer(cluster, servers.processes, log, passwords=kept_database.copy(cluster, Path(kept)))
    return PostgresServer(cluster, servers.processes, log)


def _line(name: str, verdict: Verdict) -> str:
    figures = (
        f"missed {verdict.missed}, doubled {verdict.doubled} of {verdict.may_double}, erased {verdict.wrongly_erased}, "
        f"{'held' if verdict.halted else 'never halted'}, last after {verdict.seconds:.0f} s"
    )
    said = f"\n    the page, after {verdict.said_after:.0f} s: {verdict.said}" if verdict.said else ""
    counted = f"\n    {verdict.counted}" if verdict.counted else ""
    return f"  {name:<20} {'FAILED: ' + '; '.join([*verdict.faults, figures]) if verdict.faults else figures}{said}{counted}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.faults.combination", description=__doc__)
    parser.add_argument("runs", nargs="*", choices=[[], *RUNS], metavar="RUN", help="the runs, by name; all without")
    parser.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    parser.add_argument("--broker", choices=list(BROKERS), default="redis")
    parser.add_argument("--quick", action="store_true", help="fewer devices, and shorter faults")
    parser.add_argument("--minutes", type=float, default=0, help="how long the broker is away in the run broker-away")
    parser.add_argument("--write", action="store_true", help="write each run that passes into docs/measurements/faults.md")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts into this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
