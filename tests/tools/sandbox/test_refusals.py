"""The demo refuses to run where settings name a real database, a real Firebase project or real phones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from core.sandbox import is_loopback, refusal
from tests.tools.sandbox.runs import ROOT, plain_environment

REAL_DATABASE = {"DATABASE_URL": "postgresql://fingerpost:secret@db.internal:5432/fingerpost"}
REAL_PROJECT = {"FIREBASE_PROJECTS": '{"real-project": "/etc/fingerpost/real-project.json"}'}
REAL_PHONES = {"FCM_ENDPOINT": "https://fcm.googleapis.com"}
OWN_FCM = {"FINGERPOST_SANDBOX": "1", "FCM_ENDPOINT": "http://127.0.0.1:9099"}


def run(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**plain_environment(), "FINGERPOST_RUN_DIR": str(tmp_path / "run"), **settings}
    return subprocess.run([ROOT / "run", *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "arguments", [[], ["--once"], ["reset"], ["bench"], ["manage", "check"]], ids=["serve", "once", "reset", "bench", "manage"]
)
@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (REAL_DATABASE, "DATABASE_URL"),
        (REAL_PROJECT, "FIREBASE_PROJECTS"),
        (REAL_PHONES, "FCM_ENDPOINT"),
        ({"FINGERPOST_SANDBOX": "1", **REAL_DATABASE}, "DATABASE_URL"),
        ({"FINGERPOST_SANDBOX": "1", **REAL_PROJECT}, "FIREBASE_PROJECTS"),
        ({"FINGERPOST_SANDBOX": "1", **REAL_PHONES}, "FCM_ENDPOINT"),
        ({**OWN_FCM, **REAL_DATABASE}, "DATABASE_URL"),
    ],
    ids=["database", "project", "phones", "sandbox+database", "sandbox+project", "sandbox+phones", "harness+database"],
)
def test_run_refuses_in_one_sentence_and_changes_nothing(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], named: str
) -> None:
    answer = run(tmp_path, *arguments, **settings)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith(named)
    assert answer.stderr.count("\n") == 1
    assert "secret" not in answer.stderr
    assert not (tmp_path / "run").exists()


def test_an_environment_without_settings_is_accepted() -> None:
    assert refusal({}) is None
    assert refusal({"DATABASE_URL": "", "FIREBASE_PROJECTS": " ", "FCM_ENDPOINT": ""}) is None
    assert refusal({"FCM_ENDPOINT": "http://localhost:9099"}) is None


def test_another_fcm_may_have_its_project_and_a_command_its_database() -> None:
    assert refusal({**OWN_FCM, **REAL_PROJECT}, starts_database=True) is None
    assert refusal({**OWN_FCM, **REAL_DATABASE}) is None


@pytest.mark.parametrize("flag", ["", "0", "true", "yes", "11"])
def test_only_the_value_1_allows_another_fcm(flag: str) -> None:
    assert refusal({**OWN_FCM, **REAL_PROJECT, "FINGERPOST_SANDBOX": flag})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "http://127.0.0.1:9099",
        "http://127.8.9.1:1/",
        "https://localhost:8443",
        "http://[::1]:9099",
        "http://localhost/base",
    ],
)
def test_loopback_urls_are_recognised(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com",
        "http://10.0.0.1:9099",
        "http://0.0.0.0:9099",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1@fcm.googleapis.com",
        "http://fcm.googleapis.com\\@127.0.0.1",
        "http://fcm.googleapis.com#@127.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://127.0.0.999",
        "http://[::ffff:10.0.0.1]",
        "http://127.0.0.1\n.example.com",
        "ftp://127.0.0.1",
        "127.0.0.1:9099",
        "",
    ],
)
def test_other_and_ambiguous_urls_are_not_loopback(url: str) -> None:
    assert not is_loopback(url)


def test_a_loopback_endpoint_alone_does_not_allow_a_real_project() -> None:
    assert refusal({"FCM_ENDPOINT": "http://127.0.0.1:9099", **REAL_PROJECT})


def test_the_tests_themselves_can_reach_no_phone() -> None:
    assert is_loopback(os.environ["FCM_ENDPOINT"])
