"""Several management commands in one process: each has its own output, and the first that fails is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection

from core.models import User
from tests.tools.sandbox.runs import ROOT, plain_environment, usual_signals
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.supervisor import CommandFailed, Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADD = ("staff", "add", "amina", "--role", "campaign-author", "--password-stdin")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Return a sandbox of which nothing runs, and whose commands use the database of the tests."""
    given = connection.settings_dict
    url = f"postgresql://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    paths = Paths(ROOT, tmp_path / "run")
    paths.create()
    endpoints = {
        "database_url": url, "owner_url": url, "broker_url": "memory://", "web_port": 1, "console_port": 2,
        "fcm_endpoint": "http://127.0.0.1:1", "firebase_projects": "{}",
    }  # fmt: skip
    (paths.run / "endpoints.json").write_text(json.dumps(endpoints))
    with usual_signals():
        made = Sandbox(paths, Interrupts(), plain_environment(), database_url=url)
        made.attach()
        yield made


def test_each_command_has_its_own_input_and_output(sandbox: Sandbox) -> None:
    added, listed = sandbox.json_commands(ADD, ("staff", "list"), texts=["a-long-demo-password\n", ""])

    # Not by the hasher of the tests, which the commands do not have.
    assert PBKDF2PasswordHasher().verify("a-long-demo-password", User.objects.get(username="amina").password)
    assert added["name"] == "amina"
    assert "amina" in [row["name"] for row in listed["staff"]]


def test_the_first_command_that_fails_is_named_and_ends_them(sandbox: Sandbox) -> None:
    wrong = ("staff", "roles", "nobody")

    with pytest.raises(CommandFailed, match=r"^staff roles: .*nobody") as failed:
        sandbox.json_commands(wrong, ADD, texts=["", "a-long-demo-password\n"])

    assert "batch" not in str(failed.value)
    assert not User.objects.filter(username="amina").exists()
