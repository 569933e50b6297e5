"""`manage.py check --deploy`: clean for a complete installation, and each thing that is missing has an id of its own."""

from __future__ import annotations

import ast
import base64
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core import checks

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.b64encode(b"k" * 32).decode()
COMPLETE = {
    "PATH": os.environ["PATH"],
    "DATABASE_URL": "postgresql://a:b@127.0.0.1:9/c",
    "BROKER_URL": "redis://:secret@broker:6379/0",
    "CACHE_URL": "redis://:secret@broker:6379/1",
    "SECRET_KEY": "0aB-xY" * 10,
    "ADDRESS_KEYS": f"k1:{KEY}",
    "ALLOWED_HOSTS": "fingerpost.example",
    "PUBLIC_URL": "https://fingerpost.example",
    "FIREBASE_PROJECTS": '{"project": "/run/fingerpost/project.json"}',
    "TRUSTED_PROXIES": "2",
    "MAIL_URL": "smtps://a:b@mail.example",
    "MAIL_FROM": "alerts@fingerpost.example",
}


@pytest.mark.slow
def test_a_complete_installation_has_no_finding() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = subprocess.run(command, cwd=ROOT, env=COMPLETE, capture_output=True, text=True, timeout=60)

    # Whether Pango is there, and which folders, depends on the machine.
    findings = [one for one in re.findall(r"\(([\w.]+)\)", result.stderr) if one not in {"fingerpost.W004", "fingerpost.W008"}]
    assert findings == [], result.stderr


@pytest.fixture
def complete(settings: Any) -> Any:
    settings.SANDBOX, settings.TRUSTED_PROXIES, settings.PUBLIC_URL = False, 2, "https://fingerpost.example"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://h:6379"}}
    settings.BROKER_URL, settings.MAIL = "redis://:secret@broker:6379/0", {"EMAIL_HOST": "mail"}
    settings.ADDRESS_KEYS, settings.FIREBASE_PROJECTS = {"k1": b"k" * 32}, {"project": "file"}
    return settings


OWN = (
    checks.check_public_url,
    checks.check_firebase,
    checks.check_address_keys,
    checks.check_limits,
    checks.check_broker_password,
    checks.check_mail,
)


@pytest.mark.parametrize(
    ("name", "value", "finding"),
    [
        ("PUBLIC_URL", "http://fingerpost.example", "fingerpost.W001"),
        ("FIREBASE_PROJECTS", {}, "fingerpost.W002"),
        ("ADDRESS_KEYS", {}, "fingerpost.E001"),
        ("TRUSTED_PROXIES", 0, "fingerpost.W005"),
        ("CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}, "fingerpost.W006"),
        ("BROKER_URL", "redis://broker:6379/0", "fingerpost.E003"),
        ("BROKER_URL", "amqp://guest@broker//", "fingerpost.E003"),
        ("BROKER_URL", "redis://127.0.0.1:6379/0", ""),
        ("BROKER_URL", "filesystem:///var/lib/broker", ""),
        ("MAIL", {}, "fingerpost.W007"),
    ],
)
def test_what_is_missing_is_named(complete: Any, name: str, value: Any, finding: str) -> None:
    assert [message for check in OWN for message in check(None)] == []

    setattr(complete, name, value)

    assert [message.id for check in OWN for message in check(None)] == [finding] * bool(finding)


def test_every_check_has_an_id_of_its_own() -> None:
    used = [
        node.value
        for file in ("core/checks.py", "api/checks.py")
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("fingerpost.")
    ]

    assert len(used) > 8
    assert sorted(used) == sorted(set(used))
