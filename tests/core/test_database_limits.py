"""Workers' database sessions have limits, from their beginning and in each of their threads."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection, connections

from core import database_limits
from tests.processes import ROOT


@pytest.fixture
def limited(transactional_db: None) -> Any:
    options = connections.settings["default"]["OPTIONS"]
    before = dict(options)
    connection.close()
    database_limits.apply()
    yield connection
    connection.close()
    options.clear()
    options.update(before)


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def test_a_session_waits_for_no_lock_and_no_statement_for_ever(limited: Any) -> None:
    assert {name: setting(name) for name in database_limits.LIMITS} == database_limits.LIMITS


def test_what_the_operator_sets_stays(limited: Any) -> None:
    connections.settings["default"]["OPTIONS"]["options"] = "-c lock_timeout=2s"
    connection.close()

    database_limits.apply()

    assert (setting("lock_timeout"), setting("statement_timeout")) == ("2s", "15min")


def test_the_network_is_given_up_within_seconds(limited: Any) -> None:
    connection.ensure_connection()
    with socket.socket(fileno=connection.connection.fileno()) as line:
        keepalive = line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        unanswered = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        line.detach()

    assert keepalive == 1
    assert 0 < unanswered <= 20_000


@pytest.mark.slow
def test_every_worker_process_applies_them() -> None:
    code = (
        "import django; django.setup()\n"
        "from celery.signals import worker_process_init\nfrom django.db import connections\n"
        "import notifications.tasks as tasks\ntasks.Poller = lambda *steps: type('P', (), {'start': lambda self: None})()\n"
        "worker_process_init.send(None)\nprint(connections.settings['default']['OPTIONS']['options'])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "lock_timeout=5s" in said
