"""The command line needs no settings, protects its key files, and reports errors in one line."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fcm_emulator.credentials import InvalidProject, write_credentials

from tests.processes import EMULATOR, ROOT, free_port, start_emulator
from tools.sandbox.environment import EMULATOR_SOURCE


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*EMULATOR, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_the_emulator_needs_neither_django_nor_settings() -> None:
    code = (
        "import sys, fcm_emulator.__main__\n"
        "banned = {'django', 'rest_framework', 'celery', 'firebase_admin', 'pyreqwest', 'psycopg', 'core', 'content'}\n"
        "print(sorted(banned & {name.partition('.')[0] for name in sys.modules}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(EMULATOR_SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_key_file_is_new_each_time_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"

    first = json.loads(write_credentials(folder, project="fingerpost-test", url="http://127.0.0.1:1/").read_text())
    second = json.loads(write_credentials(folder, project="fingerpost-test", url="http://127.0.0.1:1").read_text())

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "fingerpost-test.json": 0o600,
        "public.json": 0o600,
    }
    assert first["private_key"] != second["private_key"]
    assert (second["type"], second["token_uri"]) == ("service_account", "http://127.0.0.1:1/token")


def test_the_public_file_has_one_account_per_project_and_no_secret(tmp_path: Path) -> None:
    for project in ("project-one", "project-two", "project-one"):
        write_credentials(tmp_path, project=project, url="http://127.0.0.1:1")

    public = (tmp_path / "public.json").read_text()

    assert sorted(account["project_id"] for account in json.loads(public)["accounts"]) == ["project-one", "project-two"]
    assert "PRIVATE" not in public


@pytest.mark.parametrize("project", ["", "short", "../../etc/x", "Upper-Case", "ends-with-", "1-digit-first", "a" * 31])
def test_an_invalid_project_id_is_rejected(tmp_path: Path, project: str) -> None:
    with pytest.raises(InvalidProject, match="6 to 30"):
        write_credentials(tmp_path / "keys", project=project, url="http://127.0.0.1:1")

    assert not (tmp_path / "keys").exists()


def test_serving_without_credentials_names_the_command(tmp_path: Path) -> None:
    done = run("serve", "--credentials", str(tmp_path), "--port", str(free_port()))

    assert done.returncode == 1
    assert "Run the credentials command first." in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_reported_in_one_line(tmp_path: Path) -> None:
    emulator = start_emulator(tmp_path)
    try:
        done = run("serve", "--credentials", str(emulator.credentials_file.parent), "--port", emulator.url.rpartition(":")[2])
    finally:
        emulator.stop()

    assert done.returncode == 1
    assert "in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_even_with_an_open_connection(tmp_path: Path, number: signal.Signals) -> None:
    emulator = start_emulator(tmp_path)

    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), timeout=5) as wire:
        wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\n")
        assert wire.recv(4096).startswith(b"HTTP/1.1 200 OK")
        emulator.process.send_signal(number)

        assert emulator.process.wait(timeout=5) == 0
