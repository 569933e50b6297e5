"""Installing Debian's packages for ./run test --all starts no service and leaves no policy behind."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.sandbox import debian, test_and_lint
from tools.sandbox.terminal import Refused


def test_the_policy_forbids_starts_while_installing_and_is_gone_afterwards(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    with debian.no_service_starts(policy):
        during = subprocess.run([policy, "postgresql", "start"]).returncode

    assert during == 101
    assert not policy.exists()


def test_the_policy_goes_also_when_installing_fails(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"

    with pytest.raises(RuntimeError), debian.no_service_starts(policy):
        raise RuntimeError

    assert not policy.exists()


def test_a_policy_of_the_machines_own_that_forbids_starts_is_kept(tmp_path: Path) -> None:
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

    with pytest.raises(Refused), debian.no_service_starts(policy):
        pass

    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_one_of_our_own_that_a_killed_run_left_is_taken_away(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(debian._OURS)

    with debian.no_service_starts(policy):
        pass

    assert not policy.exists()


def test_missing_names_the_packages_of_which_no_program_is_there(tmp_path: Path) -> None:
    for path in ("usr/bin/chromium", "usr/bin/valkey-server"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()

    assert debian.missing(tmp_path) == ["postgresql", "nginx-light", "caddy", "rabbitmq-server"]


def test_an_ordinary_user_is_told_what_is_missing_and_nothing_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FINGERPOST_RUN_DIR", str(tmp_path))
    monkeypatch.setattr(debian, "missing", lambda: ["chromium", "rabbitmq-server"])
    monkeypatch.setattr(test_and_lint, "is_root", lambda: False)

    status = test_and_lint.test(["--all"])

    assert status == 2
    assert capsys.readouterr().out == (
        "Missing for ./run test --all: chromium, rabbitmq-server (as root: apt-get install chromium rabbitmq-server).\n"
    )
