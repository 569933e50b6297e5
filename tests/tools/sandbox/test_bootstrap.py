"""Setting up ./run: one sentence if something is missing, nothing installed twice, and hash-locked packages."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import ROOT, plain_environment
from tools.sandbox import bootstrap, demo_secrets, environment
from tools.sandbox.commands import COMMANDS
from tools.sandbox.lock import hold_run_folder, is_held
from tools.sandbox.paths import Paths, write_json
from tools.sandbox.ports import any_free_port, inner_port, is_free, web_port
from tools.sandbox.terminal import UserError


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    made = Paths(root=tmp_path / "checkout", run=tmp_path / "run")
    (made.root / "requirements").mkdir(parents=True)
    made.create()
    return made


def write_lock(paths: Paths, name: str, *pins: str) -> None:
    (paths.root / "requirements" / f"{name}.txt").write_text("".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins))


def mark_installed(paths: Paths, name: str) -> None:
    """Write what bootstrap writes once this list is installed."""
    lock = paths.root / "requirements" / f"{name}.txt"
    paths.venv.mkdir(exist_ok=True)
    write_json(paths.venv / "fingerpost.json", {"python": bootstrap._version(), "locks": {name: bootstrap._digest(lock)}})


@pytest.mark.parametrize("lacking", ["venv", "ensurepip"])
def test_a_python_without_venv_names_the_package_to_install(lacking: str) -> None:
    with pytest.raises(UserError) as refused:
        bootstrap.require_venv(lambda name: None if name == lacking else object())

    assert "python3-venv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_old_python_gets_one_sentence(tmp_path: Path) -> None:
    # The script must have no newer syntax before the check.
    source = (ROOT / "run").read_text()
    old = "import sys\nsys.version_info = (3, 10, 4)\n" + source

    answer = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, cwd=tmp_path)

    assert answer.returncode == 1
    assert answer.stderr == "Fingerpost needs Python 3.11 or newer; this python3 is 3.10.\n"


def test_a_list_is_installed_again_only_when_it_changes(paths: Paths) -> None:
    write_lock(paths, "demo", "django==5.2.1")
    mark_installed(paths, "demo")

    assert bootstrap._is_current(paths, "demo")
    write_lock(paths, "demo", "django==5.2.2")
    assert not bootstrap._is_current(paths, "demo")


def test_packages_for_the_tests_serve_the_demo_in_the_same_versions(paths: Paths) -> None:
    write_lock(paths, "demo", "django==5.2.1")
    write_lock(paths, "dev", "django==5.2.1", "pytest==9.0.0")
    mark_installed(paths, "dev")

    assert bootstrap._is_current(paths, "demo")
    write_lock(paths, "demo", "django==5.2.2")
    assert not bootstrap._is_current(paths, "demo")


def test_the_real_lists_are_hash_locked_and_contain_each_other() -> None:
    for name in ("base", "demo", "docs", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert text.count("--hash=sha256:") >= len(bootstrap.pins(ROOT / "requirements" / f"{name}.txt")) > 20
        assert "://" not in "".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    demo, docs, dev = (bootstrap.pins(ROOT / f"requirements/{name}.txt") for name in ("demo", "docs", "dev"))
    assert demo <= docs <= dev


def test_secrets_are_created_once_and_only_their_owner_can_read_them(paths: Paths) -> None:
    first = demo_secrets.load(paths, ("rosa",))
    second = demo_secrets.load(paths, ("rosa", "tomos"))

    assert second.secret_key == first.secret_key
    assert second.staff["rosa"] == first.staff["rosa"] != second.staff["tomos"]
    assert stat.S_IMODE((paths.run / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(paths.run.stat().st_mode) == 0o700


def test_two_runs_cannot_share_a_folder(paths: Paths) -> None:
    with hold_run_folder(paths, "serve"):
        assert is_held(paths)
        with pytest.raises(UserError, match=f"process {os.getpid()}"), hold_run_folder(paths, "serve"):
            pass

    assert not is_held(paths)


def test_a_port_in_use_is_refused_for_the_web_and_avoided_otherwise(paths: Paths) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        write_json(paths.run / "ports.json", {"postgres": taken})

        with pytest.raises(UserError, match=f"Port {taken} is in use"):
            web_port({"PORT": str(taken)})
        with pytest.raises(UserError, match="FINGERPOST_POSTGRES_PORT"):
            inner_port(paths, {"FINGERPOST_POSTGRES_PORT": str(taken)}, "postgres")
        chosen = inner_port(paths, {}, "postgres")

    assert chosen != taken
    assert inner_port(paths, {}, "postgres") == chosen


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5"])
def test_an_invalid_port_is_refused(port: str) -> None:
    with pytest.raises(UserError, match="PORT must be a port number"):
        web_port({"PORT": port})


def test_any_free_port_is_free() -> None:
    assert is_free(any_free_port())


def test_no_setting_from_outside_reaches_a_child() -> None:
    documented = [line.partition("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isupper()]
    outside = dict.fromkeys(
        [*documented, "PGHOST", "GRANIAN_WORKERS", "https_proxy", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"], "outside"
    )

    left = environment.without_settings({**outside, "LANG": "C.UTF-8"})

    assert len(documented) >= 15
    assert left == {"LANG": "C.UTF-8", "PYTHONPATH": str(environment.EMULATOR_SOURCE)}


def test_the_help_lists_every_command() -> None:
    listed = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, env=plain_environment()).stdout

    commands = {line.split()[1] for line in listed.splitlines() if line.startswith("./run ")} - {"start"}
    assert commands == {name for name in COMMANDS if name not in ("serve", "--help", "-h")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve-me"], "Unknown command 'serve-me'. Run ./run help for a list.\n"),
        (["lint", "all"], "./run lint takes no arguments, but got 'all'. Run ./run help for a list.\n"),
    ],
)
def test_an_unknown_command_is_refused_in_one_sentence(arguments: list[str], message: str) -> None:
    answer = subprocess.run([ROOT / "run", *arguments], capture_output=True, text=True, env=plain_environment())

    assert (answer.returncode, answer.stdout, answer.stderr) == (2, "", message)


def test_everything_before_the_venv_exists_is_standard_library() -> None:
    # -S leaves site-packages out, so that an import of a package fails.
    code = "import tools.sandbox.launcher, sys; sys.exit(tools.sandbox.launcher.launch(['help']))"

    answer = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"])

    assert answer.returncode == 0
