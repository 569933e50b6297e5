"""The link checker as it runs: a real beat wakes a real worker, which visits one due URL and moves the assurance queue."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection

from content.assurance import queue
from content.assurance.queue import Priority
from content.assurance.record import record_assurance
from content.compiling.facts import Policy, Snapshot
from content.compiling.snapshot import read_snapshot
from content.models import LinkCheck
from content.models.assurance import Method
from content.models.link import LinkResult
from tests import make
from tests.certificate import self_signed
from tests.content.assurance.isolated_network import HERE, can_be_made
from tests.faults.workers import Workers, until

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
TASK = "content.tasks.check_link"
#: Settings of a server that is not a sandbox and has no Firebase project.
NO_SANDBOX = {
    "FINGERPOST_SANDBOX": "0",
    "SERVE_UNREVIEWED": "0",
    "FCM_ENDPOINT": "https://fcm.invalid",
    "SECRET_KEY": "only-for-the-tests-of-a-server-that-is-no-sandbox-at-all",
    "FIREBASE_PROJECTS": "{}",
}


def listed(**urls: str) -> None:
    """List a service for each URL, with a check that is valid for two months."""
    make.world()
    for name, url in urls.items():
        channel = make.channel(make.service(name, channels=0), type="url", address=url)
        record_assurance(
            channel, by=make.checker(), at=now(), method=Method.OPENED, until=(now() + timedelta(days=60)).date(), note="Seen."
        )


def now() -> datetime:
    return datetime.now(UTC)


def priorities() -> list[tuple[str, Priority]]:
    return [(entry.service.id, entry.priority) for entry in queue.queue_entries(at=now())]


def served() -> Snapshot:
    return read_snapshot(Policy(now().date()))


def test_a_worker_refuses_a_private_name_and_moves_the_queue(workers: Workers) -> None:
    # A name that is refused before it is resolved, so that nothing leaves this machine.
    listed(inside="https://wiki.internal/report", line="https://line.internal/")
    before = served()
    workers.environment |= NO_SANDBOX

    workers.start()
    workers.start_beat()
    until(LinkCheck.objects.exists, seconds=60)

    check = LinkCheck.objects.get()
    assert (check.result, check.http_status, check.revision.service_id) == (LinkResult.BLOCKED, None, "inside")
    assert priorities() == [("inside", Priority.NOW), ("line", Priority.LATER)]
    assert served() == before


def test_a_worker_in_a_sandbox_visits_no_server(workers: Workers) -> None:
    listed(inside="https://wiki.internal/report")

    workers.start()
    workers.start_beat()
    until(lambda: f"Task {TASK}" in workers.log() and "succeeded" in workers.log().partition(f"Task {TASK}")[2], seconds=60)

    assert not LinkCheck.objects.exists()
    assert priorities() == [("inside", Priority.LATER)]


@pytest.fixture
def database_socket(tmp_path: Path) -> Iterator[str]:
    """Return the folder of a Unix socket that leads to the test's database from another network namespace."""
    given = connection.settings_dict
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / ".s.PGSQL.5432"))
        listener.listen()

        def carry(one: socket.socket, other: socket.socket) -> None:
            with suppress(OSError):
                while part := one.recv(65536):
                    other.sendall(part)
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)

        def lead(line: socket.socket) -> None:
            with line, socket.create_connection((given["HOST"], int(given["PORT"]))) as server:
                back = threading.Thread(target=carry, args=[server, line])
                back.start()
                carry(line, server)
                back.join()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=lead, args=[listener.accept()[0]], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield str(tmp_path)
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.skipif(not can_be_made(), reason="this machine does not let its user make a network namespace")
def test_a_worker_visits_due_urls_and_no_private_address(workers: Workers, tmp_path: Path, database_socket: str) -> None:
    hosts = {"works.example.org": HERE, "gone.example.org": HERE, "inside.example.org": "127.0.0.1"}
    listed(**{name.partition(".")[0]: f"https://{name}/report" for name in hosts})
    before = served()
    secret, certificate = self_signed(*hosts)
    (tmp_path / "server.pem").write_bytes(secret + certificate)
    (tmp_path / "trusted.pem").write_bytes(certificate)
    (tmp_path / "hosts").write_text("".join(f"{address} {name}\n" for name, address in hosts.items()))
    statuses = {"works.example.org": 200, "gone.example.org": 410, "inside.example.org": 200}
    (tmp_path / "answers.json").write_text(json.dumps(statuses))
    given = connection.settings_dict
    workers.environment |= NO_SANDBOX | {
        "DATABASE_URL": f"postgresql://{given['USER']}:{given['PASSWORD']}@:5432/{given['NAME']}?host={database_socket}",
        "SSL_CERT_FILE": str(tmp_path / "trusted.pem"),
    }

    worker = workers.start(
        str(shutil.which("unshare")), "-rnm", sys.executable, "-m", "tests.faults.isolated_worker", str(tmp_path)
    )

    def all_visited() -> bool:
        # A process drops a wake-up that comes less than half an interval after the last one, as the beat's never do.
        workers.wake(TASK)
        time.sleep(1)
        return LinkCheck.objects.count() == len(hosts)

    until(all_visited, seconds=120)
    workers.stop(worker)

    found = LinkCheck.objects.values_list("revision__service", "result", "http_status", "host")
    assert set(found) == {
        ("works", LinkResult.WORKS, 200, ""),
        ("gone", LinkResult.GONE, 410, ""),
        ("inside", LinkResult.BLOCKED, None, ""),
    }
    assert dict(priorities()) == {"gone": Priority.NOW, "inside": Priority.NOW, "works": Priority.LATER}
    assert priorities()[2][0] == "works"
    assert set(json.loads((tmp_path / "packets.json").read_text())) == {HERE}
    assert served() == before
