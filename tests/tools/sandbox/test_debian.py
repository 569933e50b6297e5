"""Installing Debian packages for ./run test --all starts no service and leaves no policy behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.sandbox import debian, run_tests
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import UserError


def test_the_policy_forbids_starts_during_installation_only(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    with debian.no_service_starts(policy):
        during = subprocess.run([policy, "postgresql", "start"]).returncode

    assert during == 101
    assert not policy.exists()


def test_the_policy_is_removed_when_installation_fails(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    with pytest.raises(RuntimeError), debian.no_service_starts(policy):
        raise RuntimeError

    assert not policy.exists()


def test_an_existing_policy_that_forbids_starts_is_kept(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)

    with debian.no_service_starts(policy):
        pass

    assert policy.read_text() == "#!/bin/sh\nexit 101\n"


def test_a_policy_of_the_machines_own_that_allows_starts_is_neither_used_nor_replaced(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o755)

    with pytest.raises(UserError), debian.no_service_starts(policy):
        pass

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_policy_left_by_a_killed_run_is_removed(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(debian._OUR_POLICY)

    with debian.no_service_starts(policy):
        pass

    assert not policy.exists()


def test_packages_without_any_installed_program_are_missing(tmp_path: Path) -> None:
    for path in ("usr/bin/chromium", "usr/bin/valkey-server"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    assert debian.missing(tmp_path) == [
        *(
            "postgresql",
            "nginx-light",
            "wrk",
            "caddy",
            "docker-compose",
            "python3-icu",
            "pgbouncer",
            "faketime",
            "rabbitmq-server",
        ),
        *("libpangoft2-1.0-0", "fonts-noto-core", "zbar-tools", "libxml2-utils"),
        *("nodejs", "npm", "default-jre-headless", "libgoogle-gson-java", "prometheus"),
    ]


def test_a_user_who_is_not_root_gets_a_command_and_no_test_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian, "missing", lambda: ["chromium", "rabbitmq-server"])
    monkeypatch.setattr(run_tests, "is_root", lambda: False)

    status = run_tests.run(Paths(root=tmp_path, run=tmp_path), ["--all"])

    assert status == 2
    assert capsys.readouterr().out == (
        "./run test --all needs chromium, rabbitmq-server. As root: apt-get install chromium rabbitmq-server\n"
    )
