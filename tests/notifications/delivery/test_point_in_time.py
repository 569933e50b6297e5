"""A recovery to a point in time, by PostgreSQL's own programs: it is found, held, checked, and goes on once a person resumes."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import restores, worker
from notifications.models import Campaign
from tests import make
from tests.notifications.steps import tick
from tests.processes import ROOT, Emulator
from tools.faults.postgres_server import PostgresServer
from tools.sandbox import postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import ManagedProcesses
from tools.sandbox.temporary_database import FAST_OPTIONS, RUNTIME_ROLE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """Yield a running PostgreSQL of its own, with an empty database."""
    before = {number: signal.getsignal(number) for number in Interrupts.SIGNALS}
    checkout = Path(sys.prefix).parent
    paths = Paths(root=checkout if (checkout / ".venv").exists() else ROOT, run=tmp_path / "run")
    paths.create()
    processes = ManagedProcesses(paths, Interrupts())
    cluster = replace(postgres.cluster(paths, FAST_OPTIONS), grants=RUNTIME_ROLE)
    made = PostgresServer(cluster, processes, paths.logs / "postgres.log")
    made.start()
    yield made
    processes.stop()
    postgres.remove(paths)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def folder(server: PostgresServer) -> Iterator[Path]:
    """Yield a folder that the server's own user can read and that goes with the test."""
    made = Path(tempfile.mkdtemp(prefix="fingerpost-archive-", dir="/var/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def moved(server: PostgresServer, tmp_path: Path) -> Iterator[None]:
    """Copy this test's database with an app and thirty phones to that server, and connect this process with the copy."""
    make.app()
    make.installations(30)
    given = connection.settings_dict
    own = {name: given[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**own)
    connection.close()
    server.dump(tmp_path / "dump", url)
    server.restore_in_place(tmp_path / "dump", server.url)
    there = psycopg.conninfo.conninfo_to_dict(server.url)
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    given.update({name: there[key] for name, key in names.items()})
    try:
        yield
    finally:
        connection.close()
        given.update(own)
        restores._seen_by.cache_clear()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_recovery_to_a_point_in_time_is_held_until_a_person_resumes(
    fcm_emulator: Emulator, server: PostgresServer, folder: Path, moved: None
) -> None:
    connection.close()
    server.stop()
    server.start_again(options=server.new_archive(folder / "archive"))
    server.base_backup(folder / "base")
    campaign = make.campaign()
    tick()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()::text")
        (instant,) = cursor.fetchone()
    worker.run(seconds=10)
    tick()
    sent = fcm_emulator.counts()["messages"]

    connection.close()
    server.stop()
    server.recover(folder / "base", folder / "archive", until=instant)
    # No worker was running meanwhile that could remember.
    restores._seen_by.cache_clear()
    _until_it_takes_writes()
    before_any_tick = worker.run(seconds=1)
    tick()
    held = progress_of(Campaign.objects.get(pk=campaign.pk))
    out = StringIO()
    call_command("restore_check", stdout=out)
    tick()
    worker.run(seconds=1)

    assert (sent, before_any_tick, fcm_emulator.counts()["messages"]) == (30, 0, 30)
    assert (held["state"], held["accepted"]) == ("held", 0)
    assert "The database was restored or failed over. More may have been sent than it records." in held["halted"]
    assert "Every constraint, trigger and index is there." in out.getvalue()

    lifecycle.resume(Campaign.objects.get(pk=campaign.pk), by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick()
    worker.run(seconds=10)
    tick()

    assert progress_of(campaign)["state"] == "done"
    # Once more to each, with the tag by which the second message replaces the first.
    assert fcm_emulator.counts()["messages"] == 60
    assert {one["tag"] for one in fcm_emulator.each()} == {str(campaign.pk)}


def _until_it_takes_writes() -> None:
    deadline = time.monotonic() + 60
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_is_in_recovery()")
            if cursor.fetchone() == (False,):
                return
        assert time.monotonic() < deadline, "the recovery did not end"
        time.sleep(0.1)
