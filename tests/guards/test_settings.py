"""Every setting is documented, and a setting that could hurt somebody stops the start with one sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    environment = {name: value for name, value in {**base, **changes}.items() if value is not None}
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_every_setting_that_is_read_stands_in_env_example() -> None:
    source = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))

    assert len(read) > 15
    assert read <= documented
    assert documented <= read


def test_the_settings_start_with_only_what_is_needed() -> None:
    assert start().returncode == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": None}, "DATABASE_URL is not set."),
        ({"DATABASE_URL": "sqlite:///x"}, "must look like postgresql://"),
        ({"SECRET_KEY": None}, "SECRET_KEY is not set."),
        ({"SERVE_UNREVIEWED": "1"}, "SERVE_UNREVIEWED is for the sandbox only"),
        ({"SERVE_UNREVIEWED": "1", "FCM_ENDPOINT": "https://fcm.googleapis.com"}, "SERVE_UNREVIEWED is for the sandbox only"),
        ({"FINGERPOST_SANDBOX": "1"}, "a sandbox reaches no real phones"),
        ({"FINGERPOST_SANDBOX": "1", "FCM_ENDPOINT": "http://127.0.0.1.example.com"}, "a sandbox reaches no real phones"),
        ({"FCM_QUOTA_SHARE": "2"}, "FCM_QUOTA_SHARE must lie between"),
        ({"APP_CHECK": "perhaps"}, "APP_CHECK must be one of"),
        ({"ADDRESS_KEYS": "k1:c2hvcnQ="}, "32 bytes"),
        ({"FIREBASE_PROJECTS": "[1]"}, "must be a JSON object"),
        ({"ASSURER_EMAIL": "Ann Other"}, "ASSURER_EMAIL must be a mailbox"),
        ({"CACHE_URL": "memcached://x"}, "must begin with"),
    ],
)
def test_a_bad_setting_stops_the_start_with_its_reason(changes: dict[str, str | None], sentence: str) -> None:
    answer = start(**changes)

    assert answer.returncode == 1
    assert sentence in answer.stderr.splitlines()[-1]
