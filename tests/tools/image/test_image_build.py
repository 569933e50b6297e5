"""`./run image` gives buildah what docker/Dockerfile takes, and the roles start with the packages of the image alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.processes import free_port
from tests.tools.sandbox.runs import plain_environment
from tools.audit.locked import locked_packages
from tools.image import base, build, engine
from tools.sandbox.terminal import UserError

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()


def test_the_build_gives_every_argument_that_the_file_takes(tmp_path: Path) -> None:
    given = build.arguments(tmp_path, f"python@sha256:{'0' * 64}", "17")
    values = [given[at + 1] for at, option in enumerate(given) if option == "--build-arg"]

    assert {value.partition("=")[0] for value in values} == set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.M))
    assert "RELEASE=1" in values
    # OCI's format has no HEALTHCHECK.
    assert given[given.index("--format") + 1] == "docker"
    assert given[given.index("-f") + 1] == "docker/Dockerfile"


def test_the_default_of_the_image_has_the_pg_dump_of_the_server_in_compose() -> None:
    compose = (ROOT / "docker/compose.yaml").read_text()
    (major,) = re.findall(r"^ARG POSTGRES_MAJOR=(\d+)$", DOCKERFILE, re.M)
    (debian,) = re.findall(r"^ARG PYTHON_IMAGE=python:[\d.]+-slim-(\w+)$", DOCKERFILE, re.M)

    assert re.findall(r"\$\{POSTGRES_IMAGE:-postgres:(\d+)-", compose) == [major]
    assert re.findall(r"\$\{POSTGRES_MAJOR:-(\d+)\}", compose) == [major]
    # Debian has that version itself, so that no other source of packages is needed.
    assert base.RELEASES[debian] == major


@pytest.mark.parametrize("debian_has_it", [True, False])
def test_postgresqls_own_packages_are_used_only_where_debian_lacks_the_version(tmp_path: Path, debian_has_it: bool) -> None:
    (step,) = re.findall(r"^RUN ((?:.*\\\n)*?.*postgresql-client-\$\{POSTGRES_MAJOR\}(?:.*\\\n)*.*)$", DOCKERFILE, re.M)
    calls = tmp_path / "calls"
    for name, status in {"apt-get": 0, "apt-cache": 0 if debian_has_it else 100, "rm": 0, "pgdg": 0}.items():
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{calls}\nexit {status}\n')
        (tmp_path / name).chmod(0o755)
    script = step.replace("/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh", "pgdg")

    done = subprocess.run(
        ["/bin/sh", "-c", script], env={"PATH": str(tmp_path), "POSTGRES_MAJOR": "16"}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    called = calls.read_text().splitlines()
    assert "apt-get install -y --no-install-recommends postgresql-client-16" in called
    assert ("pgdg -y" in called) is not debian_has_it
    # The key that ssl-cert makes goes before the layer is written.
    assert ("rm -f /etc/ssl/private/ssl-cert-snakeoil.key" in called) is not debian_has_it


@pytest.mark.slow
def test_the_health_check_passes_while_somebody_answers_and_fails_otherwise(tmp_path: Path) -> None:
    program, *arguments = json.loads(re.findall(r"^  CMD (\[.+\])$", DOCKERFILE, re.M)[0])
    port = free_port()
    environment = {**plain_environment(), "PORT": str(port)}

    def check() -> int:
        return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, timeout=30).returncode

    assert program == "python"
    assert check() == 1
    (tmp_path / "healthz").write_text("ok")
    server = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stdout
        server.stdout.readline()
        assert check() == 0
        (tmp_path / "healthz").unlink()
        assert check() == 1
    finally:
        server.kill()
        server.communicate()


#: Refuses what only other lists than requirements/base.txt install, then loads what the roles of the image start with.
_LOADS = """
import importlib.abc, json, sys
absent = set(json.loads(sys.argv[1]))
# What .pth files of other packages load at the start of Python.
before = set(sys.modules)
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r} in the image", name=name)
sys.meta_path.insert(0, Absent())
import django
django.setup()
from django.core.management import get_commands, load_command_class
from config.celery import app
import config.rsgi, config.serve, core.heartbeats, core.watchdog
app.loader.import_default_modules()
product = ("api", "config", "content", "core", "notifications")
commands = [(name, owner) for name, owner in get_commands().items() if str(owner).startswith(product)]
for name, owner in commands:
    load_command_class(owner, name).create_parser("manage.py", name)
print(len(app.tasks), len(commands), *sorted(absent & sys.modules.keys() - before))
"""


@pytest.mark.slow
def test_the_roles_start_with_the_locked_packages_of_the_image_alone() -> None:
    locked = {one.name for one in locked_packages()}
    absent = sorted(
        name
        for name, owners in packages_distributions().items()
        if name.isidentifier() and not locked & {canonicalize_name(owner) for owner in owners}
    )
    settings = {
        "FINGERPOST_SANDBOX": "1",
        "FCM_ENDPOINT": "http://127.0.0.1:9",
        "SECRET_KEY": "build",
        "DATABASE_URL": "postgresql://build@127.0.0.1:9/build",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }

    loaded = subprocess.run(
        [sys.executable, "-c", _LOADS, json.dumps(absent)], cwd=ROOT, env={**plain_environment(), **settings},
        capture_output=True, text=True,
    )  # fmt: skip

    assert {"pytest", "ruff", "hypothesis"} & set(absent)
    assert loaded.returncode == 0, loaded.stderr[-2000:]
    tasks, commands, *others = loaded.stdout.split()
    assert int(tasks) > 10
    assert int(commands) > 20
    assert others == []


@pytest.mark.parametrize(
    ("user", "installed", "reason"),
    [
        (1000, True, "must run as root"),
        (0, False, r"apt-get install --no-install-recommends buildah catatonit crun debootstrap iproute2 podman$"),
        (0, True, "^$"),
    ],
)
def test_a_machine_that_cannot_build_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, user: int, installed: bool, reason: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if installed else None)

    assert re.search(reason, engine.prevented())


def test_the_base_comes_from_the_mirror_that_apt_uses() -> None:
    targets = (
        "http://a.example/debian/ bookworm\nhttp://a.example/debian/ bookworm-updates\nhttp://a.example/debian-security/ x\n"
    )

    assert base.mirrors(targets) == ("http://a.example/debian/", "http://a.example/debian-security/")
    assert base.mirrors("http://a.example/debian/ trixie\n") == ("http://a.example/debian/", "")
    with pytest.raises(UserError, match="has no mirror of Debian"):
        base.mirrors("http://a.example/ubuntu/ noble\n")


def test_pip_in_the_build_has_the_index_of_this_machine_and_none_of_its_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://index.example/simple\nfind-links = /opt/wheels\n")
    monkeypatch.setattr(base, "_PIP_FILES", (str(file),))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)

    assert base.pip_settings() == f"[global]\nindex-url = https://index.example/simple\ncert = {base.AUTHORITIES}\n"

    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert "index-url = https://other.example/simple\n" in base.pip_settings()
