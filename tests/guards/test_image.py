"""The image holds the product alone, and every role of its entrypoint is documented."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = {"api", "config", "content", "core", "notifications"}


def test_the_image_copies_the_products_packages_and_nothing_else() -> None:
    dockerfile = (ROOT / "docker/Dockerfile").read_text()
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) \S+$", dockerfile, re.M)
    allowed = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M)

    # The console renders this document as its guide; the companion is served with the resolver that it runs.
    extra = {"manage.py", "requirements/base.txt", "docker/entrypoint.sh", "docs/campaign-staff.md"}
    extra |= {"kit/companion", "kit/resolver"}
    assert set(copied) - {"/opt/venv"} == set(allowed) == PRODUCT | extra
    compiled = re.search(r"compileall -q ([\w ]+)$", dockerfile, re.M)
    assert compiled is not None
    assert set(compiled[1].split()) == PRODUCT


@pytest.mark.parametrize("package", sorted(PRODUCT))
def test_no_module_in_the_image_imports_what_is_not_in_it(package: str) -> None:
    outside = {"tools", "tests", "kit", "fcm_emulator"}
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported = {(node.module or "").partition(".")[0]}
            elif isinstance(node, ast.Import):
                imported = {alias.name.partition(".")[0] for alias in node.names}
            else:
                continue
            assert not imported & outside, f"{path.relative_to(ROOT)} imports {sorted(imported & outside)}"


def test_every_role_of_the_entrypoint_is_in_operations() -> None:
    roles = re.findall(r"^  ([a-z]+)\)$", (ROOT / "docker/entrypoint.sh").read_text(), re.M)
    operations = (ROOT / "docs/operations.md").read_text()

    assert len(roles) == 6
    assert not [role for role in roles if f"`{role}`" not in operations]


@pytest.mark.parametrize("role", ["web", "console", "worker", "beat"])
def test_each_role_has_a_unit_that_starts_what_the_entrypoint_starts(role: str) -> None:
    entrypoint = (ROOT / "docker/entrypoint.sh").read_text().partition(f"  {role})\n")[2].partition(";;")[0]
    unit = (ROOT / f"docker/systemd/fingerpost-{role}.service").read_text()
    modules = re.findall(r"-m ([a-z.]+)", unit)

    assert modules
    assert re.findall(r"-m ([a-z.]+)", entrypoint) == modules
    for line in ("Restart=always", "NoNewPrivileges=yes", "ProtectSystem=strict", "manage.py runtime_role"):
        assert line in unit
    assert ("WatchdogSec=" in unit) == (role in {"worker", "beat"})


def test_the_export_has_a_unit_that_may_write_its_folder() -> None:
    unit = (ROOT / "docker/systemd/fingerpost-export.service").read_text()
    (arguments,) = re.findall(r"^ExecStart=\S+ manage\.py export_release (.+)$", unit, re.M)
    parser = load_command_class(get_commands()["export_release"], "export_release").create_parser("manage.py", "export_release")
    given = parser.parse_args(arguments.split())

    assert f"ReadWritePaths={given.folder}\n" in unit
    assert given.every == 10
    for line in ("Restart=always", "NoNewPrivileges=yes", "ProtectSystem=strict", "manage.py runtime_role"):
        assert line in unit


def test_each_timer_starts_a_command_that_exists() -> None:
    for timer in (ROOT / "docker/systemd").glob("*.timer"):
        started = re.findall(
            r"^ExecStart=\S+ manage\.py (\w+) (\S+) (--[a-z-]+)", timer.with_suffix(".service").read_text(), re.M
        )

        ((command, folder, option),) = started
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        given = [option, "1"] if option == "--keep" else [option]
        assert parser.parse_args([folder, *given]).folder == Path(folder)
    worker = (ROOT / "docker/systemd/fingerpost-worker.service").read_text()
    assert "DATABASE_STATE_DIR=/var/lib/fingerpost-worker " in worker
    assert "StateDirectory=fingerpost-worker\n" in worker
