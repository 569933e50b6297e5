"""The emulator is a package of its own: its wheel installs into an empty environment and starts there."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from fcm_emulator.testing import free_port, wait_until_up

from tests.processes import ROOT

PACKAGE = ROOT / "tools" / "fcm_emulator"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the locked build backend, which needs no network."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "-q")
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(PACKAGE)], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_has_the_package_its_license_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("/METADATA"))
        (commands,) = (archive.read(name).decode() for name in names if name.endswith("/entry_points.txt"))

    sources = {str(path.relative_to(PACKAGE / "src")) for path in (PACKAGE / "src").rglob("*") if "__pycache__" not in str(path)}
    assert {name for name in names if name.startswith("fcm_emulator/")} == sources - {"fcm_emulator"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "Name: fingerpost-fcm-emulator" in metadata
    assert "# FCM emulator" in metadata
    assert "fcm-emulator = fcm_emulator.__main__:run" in commands


def test_its_license_is_that_of_the_repository() -> None:
    assert (PACKAGE / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_installed_command_serves_with_only_its_own_dependencies(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q", str(wheel)]
    subprocess.run(install, check=True)
    # Its dependencies come from this environment, so that nothing is downloaded; its own source is not on the path.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": sysconfig.get_path("purelib")}
    command, url = str(home / "bin" / "fcm-emulator"), f"http://127.0.0.1:{free_port()}"
    credentials = [command, "credentials", str(tmp_path / "keys"), "--project", "of-a-test", "--url", url]
    subprocess.run(credentials, check=True, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)

    serve = [command, "serve", "--port", url.rpartition(":")[2], "--credentials", str(tmp_path / "keys")]
    process = subprocess.Popen(serve, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        assert wait_until_up(f"{url}/healthz", process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_every_import_is_a_declared_dependency() -> None:
    requirements = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]["dependencies"]
    declared = {_MODULES.get(name, name) for name in (re.split("[<>=]", requirement)[0] for requirement in requirements)}

    imported = set()
    for path in (PACKAGE / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"fcm_emulator"}

    # pydantic depends on pydantic_core; of google-api-python-client only a data file is read.
    assert foreign - {"pydantic_core"} == declared - {"googleapiclient"}


#: The modules of distributions with another name.
_MODULES = {"PyJWT": "jwt", "google-api-python-client": "googleapiclient"}
