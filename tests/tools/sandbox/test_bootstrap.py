"""Setting up: one sentence where something is missing, nothing done twice, and hashes that hold."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.sandbox.runs import ROOT, plain_environment
from tools.sandbox import bootstrap, demo_secrets, environment
from tools.sandbox.lock import is_held, only_run
from tools.sandbox.paths import Places, write_json
from tools.sandbox.ports import any_free, inner_port, is_free, web_port
from tools.sandbox.terminal import Refused


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(root=tmp_path / "checkout", run=tmp_path / "run")
    (made.root / "requirements").mkdir(parents=True)
    made.make()
    return made


def lock_file(places: Places, name: str, *pins: str) -> None:
    (places.root / "requirements" / f"{name}.txt").write_text("".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins))


def stamp(places: Places, name: str) -> None:
    """Say that this list has been installed."""
    lock = places.root / "requirements" / f"{name}.txt"
    places.venv.mkdir(exist_ok=True)
    write_json(places.venv / "fingerpost.json", {"python": bootstrap._version(), "locks": {name: bootstrap._digest(lock)}})


@pytest.mark.parametrize("lacking", ["venv", "ensurepip"])
def test_a_python_without_venv_gets_one_sentence_that_says_what_to_install(lacking: str) -> None:
    with pytest.raises(Refused) as refused:
        bootstrap.require_venv(lambda name: None if name == lacking else object())

    assert "python3-venv" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_an_old_python_gets_one_sentence(tmp_path: Path) -> None:
    # The launcher must not trip over its own syntax before it can say so.
    source = (ROOT / "run").read_text()
    old = "import sys\nsys.version_info = (3, 10, 4)\n" + source

    answer = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, cwd=tmp_path)

    assert answer.returncode == 1
    assert answer.stderr == "Fingerpost needs Python 3.11 or newer; this python3 is 3.10.\n"


def test_an_installed_list_is_not_installed_again_until_it_changes(places: Places) -> None:
    lock_file(places, "demo", "django==5.2.1")
    stamp(places, "demo")

    assert bootstrap._current(places, "demo")
    lock_file(places, "demo", "django==5.2.2")
    assert not bootstrap._current(places, "demo")


def test_what_was_installed_for_the_tests_serves_the_demo_only_in_the_same_versions(places: Places) -> None:
    lock_file(places, "demo", "django==5.2.1")
    lock_file(places, "dev", "django==5.2.1", "pytest==9.0.0")
    stamp(places, "dev")

    assert bootstrap._current(places, "demo")
    lock_file(places, "demo", "django==5.2.2")
    assert not bootstrap._current(places, "demo")


def test_the_real_lists_are_hash_locked_and_the_tests_list_holds_the_demos() -> None:
    for name in ("base", "demo", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert text.count("--hash=sha256:") >= len(bootstrap._pins(ROOT / "requirements" / f"{name}.txt")) > 20
        assert "://" not in "".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert bootstrap._pins(ROOT / "requirements/demo.txt") <= bootstrap._pins(ROOT / "requirements/dev.txt")


def test_secrets_are_made_once_and_for_their_owner_alone(places: Places) -> None:
    first = demo_secrets.load(places, ("rosa",))
    second = demo_secrets.load(places, ("rosa", "tomos"))

    assert second.secret_key == first.secret_key
    assert second.staff["rosa"] == first.staff["rosa"] != second.staff["tomos"]
    assert stat.S_IMODE((places.run / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(places.run.stat().st_mode) == 0o700


def test_two_runs_do_not_share_a_folder(places: Places) -> None:
    with only_run(places, "serve"):
        assert is_held(places)
        with pytest.raises(Refused, match=f"process {os.getpid()}"), only_run(places, "serve"):
            pass

    assert not is_held(places)


def test_a_port_in_use_is_refused_for_the_web_and_avoided_for_the_rest(places: Places) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        write_json(places.run / "ports.json", {"postgres": taken})

        with pytest.raises(Refused, match=f"Port {taken} is in use"):
            web_port({"PORT": str(taken)})
        with pytest.raises(Refused, match="FINGERPOST_POSTGRES_PORT"):
            inner_port(places, {"FINGERPOST_POSTGRES_PORT": str(taken)}, "postgres")
        chosen = inner_port(places, {}, "postgres")

    assert chosen != taken
    assert inner_port(places, {}, "postgres") == chosen


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Refused, match="PORT must be a port number"):
        web_port({"PORT": port})


def test_a_free_port_is_free() -> None:
    assert is_free(any_free())


def test_nothing_of_the_settings_from_outside_reaches_a_child() -> None:
    documented = [line.partition("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isupper()]
    outside = dict.fromkeys(
        [*documented, "PGHOST", "GRANIAN_WORKERS", "https_proxy", "PYTHONPATH", "DJANGO_SETTINGS_MODULE"], "outside"
    )

    left = environment.clean({**outside, "LANG": "C.UTF-8"})

    assert len(documented) >= 15
    assert left == {"LANG": "C.UTF-8"}


def test_every_verb_of_the_help_is_known_and_an_unknown_one_is_refused() -> None:
    helped = subprocess.run([ROOT / "run", "help"], capture_output=True, text=True, env=plain_environment())
    unknown = subprocess.run([ROOT / "run", "serve-me"], capture_output=True, text=True, env=plain_environment())

    verbs = {line.split()[1] for line in helped.stdout.splitlines() if line.startswith("./run ") and line.split()[1][0] != "s"}
    assert {"--once", "test", "lint", "bench", "reset", "emulator", "manage", "help"} <= verbs
    assert unknown.returncode == 2
    assert unknown.stderr.count("\n") == 1
