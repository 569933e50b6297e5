"""Every setting is documented and used, and a dangerous value stops the start with one sentence."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import global_settings

from config import env

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ROOT / "config/settings.py"
PRODUCT = ("api", "config", "content", "core", "notifications")


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    environment = {name: value for name, value in {**base, **changes}.items() if value is not None}
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


@cache
def used_in_product() -> set[str]:
    """Return each NAME of which product code outside config/settings.py reads `settings.NAME`."""
    files = [path for package in PRODUCT for path in (ROOT / package).rglob("*.py") if path != SETTINGS]
    return {
        node.attr
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings"
    }


def unused(source: str) -> set[str]:
    """Return the settings read from the environment that neither Django, product code nor a used setting reads."""
    assigned: dict[str, ast.expr] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            assigned |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
    used = used_in_product() | set(dir(global_settings))
    # A setting that another one is computed from counts as used if that one is.
    for name in [*reversed(assigned)]:
        if name in used:
            used |= names_in(assigned[name])
    return {name for name, value in assigned.items() if reads_environment(value)} - used


def reads_environment(value: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and "env" in names_in(node.value) for node in ast.walk(value))


def documented() -> Iterator[str]:
    yield from re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)


def test_every_setting_that_is_read_is_in_env_example() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS.read_text()))

    assert len(read) > 15
    assert read == set(documented())


def test_every_setting_that_is_read_is_used() -> None:
    assert unused(SETTINGS.read_text()) == set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('IDLE = env.choice("IDLE", "off", ("off", "on"))', {"IDLE"}),
        ('IDLE = int(env.number("IDLE", 1, low=0, high=2))', {"IDLE"}),
        ('IDLE = env.flag("IDLE")\nOTHER = IDLE', {"IDLE"}),
        ('PORT = env.number("PORT", 1, low=0, high=2)\nPUBLIC_URL = f"{PORT}"', set()),
        ('TIME_ZONE = env.text("TIME_ZONE", "UTC")', set()),
        ("IDLE = 1", set()),
    ],
)
def test_the_guard_finds_a_setting_that_nothing_uses(line: str, expected: set[str]) -> None:
    assert unused(line) == expected


def test_env_example_and_compose_name_the_same_hosts() -> None:
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M))
    compose = (ROOT / "docker/compose.yaml").read_text()

    for name in ("BROKER_URL", "CACHE_URL"):
        there = re.search(rf"^    {name}: (.*)$", compose, re.M)
        assert there is not None
        # The passwords of the example are placeholders; compose takes them from the environment.
        assert re.sub(r"\$\{[^}]*\}", "change-me", there[1]) == example[name]
    services = set(re.findall(r"^  ([a-z]+):$", compose, re.M))
    for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL"):
        assert re.sub(r".*[@/]([a-z]+):\d+/.*", r"\1", example[name]) in services, name


def test_the_settings_start_with_only_what_is_required() -> None:
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL is not set."),
        ({"DATABASE_URL": "sqlite:///x"}, "must look like postgresql://"),
        ({"DATABASE_URL": "postgresql://a:p/x@h:5432/c"}, "belongs into DATABASE_PASSWORD"),
        ({"DATABASE_URL": "postgresql://a:p[x@h/c"}, "belongs into DATABASE_PASSWORD"),
        ({"DATABASE_URL": "postgresql://a:p#x@h/c"}, "DATABASE_PASSWORD"),
        ({"SECRET_KEY": None}, "SECRET_KEY is not set."),
        ({"SECRET_KEY": "x" * 49}, "SECRET_KEY has fewer than 50 characters"),
        ({"SERVE_UNREVIEWED": "1"}, "SERVE_UNREVIEWED is for the sandbox only"),
        ({"SERVE_UNREVIEWED": "1", "FCM_ENDPOINT": "https://fcm.googleapis.com"}, "SERVE_UNREVIEWED is for the sandbox only"),
        ({"PSEUDO_LOCALES": "1"}, "PSEUDO_LOCALES is for sandboxes only"),
        ({"FINGERPOST_SANDBOX": "1"}, "a sandbox must not reach real phones"),
        ({"FINGERPOST_SANDBOX": "1", "FCM_ENDPOINT": "http://127.0.0.1.example.com"}, "a sandbox must not reach real phones"),
        ({"FCM_QUOTA_SHARE": "2"}, "FCM_QUOTA_SHARE must be between"),
        ({"ADDRESS_KEYS": "k1:c2hvcnQ="}, "32 bytes"),
        ({"FIREBASE_PROJECTS": "[1]"}, "must be a JSON object"),
        ({"ASSURER_EMAIL": "Ann Other"}, "ASSURER_EMAIL must be an email address"),
        ({"CACHE_URL": "memcached://x"}, "must begin with"),
        ({"BROKER_URL": "http://x"}, "BROKER_URL must begin with redis://"),
        ({"BROKER_URL": "redis:/x"}, "BROKER_URL must begin with redis://"),
        (
            {"ALLOWED_HOSTS": "fp.example,https://fp.example"},
            "without scheme, port and path, comma-separated. https://fp.example",
        ),
        ({"ALLOWED_HOSTS": "fp.example:8000"}, "fp.example:8000 is none."),
        ({"PUBLIC_URL": "fp.example"}, "PUBLIC_URL must look like https://host"),
        ({"PUBLIC_URL": "https://fp.example/app"}, "without a path"),
        ({"FCM_ENDPOINT": "ftp://x"}, "FCM_ENDPOINT must begin with https://"),
        ({"FCM_ENDPOINT": "http://fcm.googleapis.com"}, "FCM_ENDPOINT must begin with https://"),
        ({"MAIL_URL": "mail.example.org", "MAIL_FROM": "a@example.org"}, "MAIL_URL must look like"),
        ({"MAIL_URL": "pop3://mail.example.org", "MAIL_FROM": "a@example.org"}, "MAIL_URL must look like"),
        ({"MAIL_URL": "smtp://mail.example.org"}, "MAIL_FROM must be the address"),
        ({"SYNTHETIC_APP": "parent-test"}, "Set SYNTHETIC_APP and SYNTHETIC_ADDRESS both"),
        ({"STAFF_WEBHOOK_URL": "https://hook.example.org"}, "STAFF_WEBHOOK_KEY must have at least 24"),
        ({"STAFF_WEBHOOK_URL": "http://hook.example.org", "STAFF_WEBHOOK_KEY": "k" * 24}, "must begin with https://"),
    ],
)
def test_a_bad_setting_stops_the_start_with_its_reason(changes: dict[str, str | None], sentence: str) -> None:
    result = start(**changes)

    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "process",
    [
        ("manage.py", "check"),
        ("-m", "config.serve", "--port", "1"),
        ("-m", "celery", "-A", "config.celery", "worker"),
        ("-m", "celery", "-A", "config.celery", "beat"),
    ],
)
def test_every_process_ends_with_one_sentence_and_status_2(process: tuple[str, ...]) -> None:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50}

    result = subprocess.run([sys.executable, *process], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "DATABASE_URL is not set.\n"


@pytest.mark.slow
@pytest.mark.parametrize("role", ["worker", "beat"])
def test_a_worker_and_a_beat_need_a_broker(role: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 50,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
        "BEAT_SCHEDULE_FILE": str(tmp_path / "schedule"),
    }

    result = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "config.celery", role],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert result.returncode == 2
    assert "BROKER_URL is not set. A worker and a beat need a Valkey, Redis or RabbitMQ." in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("hosts", "url"),
    [
        ("*", "http://127.0.0.1:8000/"),
        (".fp.example,[::1],127.0.0.1,a-b.example", "https://fp.example:8443"),
        ("localhost", "http://[::1]:8000"),
    ],
)
def test_hosts_and_addresses_of_every_kind_are_accepted(hosts: str, url: str) -> None:
    assert start(ALLOWED_HOSTS=hosts, PUBLIC_URL=url).returncode == 0


@pytest.mark.parametrize("password", ["p@ss/w#rd%41x", "?[:]", "plain"])
def test_a_database_password_may_have_any_characters(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://fingerpost:other@db:5433/name")

    found = env.database("DATABASE_URL", password=password)

    assert (found["PASSWORD"], found["HOST"], found["PORT"], found["NAME"]) == (password, "db", "5433", "name")


def test_a_secret_can_be_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("y" * 50 + "\n")
    missing = start(SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "none"))

    assert start(SECRET_KEY=None, SECRET_KEY_FILE=str(secret)).returncode == 0
    assert missing.returncode == 1
    assert "SECRET_KEY_FILE names a file that cannot be read (FileNotFoundError)." in missing.stderr.splitlines()[-1]


def test_a_misspelt_setting_is_noticed() -> None:
    command = [sys.executable, "-c", "from config.settings import MISSPELT_SETTINGS as found; print(found)"]
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    wrong = {"TRUSTED_PROXYS": "1", "FCM_QUOTASHARE": "0.5", "SECRET_KEY_FLIE": "/x", "LANGUAGE": "en", "HOSTNAME": "h"}

    result = subprocess.run(command, cwd=ROOT, env=environment | wrong, capture_output=True, text=True, timeout=60, check=True)

    assert ast.literal_eval(result.stdout) == {
        "FCM_QUOTASHARE": "FCM_QUOTA_SHARE",
        "SECRET_KEY_FLIE": "SECRET_KEY_FILE",
        "TRUSTED_PROXYS": "TRUSTED_PROXIES",
    }
