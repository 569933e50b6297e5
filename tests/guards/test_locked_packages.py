"""Each part runs with the packages of its own list: the product without the demo's, and ./run --once without those of tests."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from tests.tools.sandbox.runs import ROOT
from tools.sandbox.commands import COMMANDS

PRODUCT = ("api", "config", "content", "core", "notifications")
#: What a list's commands import first, as `tools.sandbox.launcher` and the processes of the sandbox do.
ENTRIES = {
    "base": [
        name
        for part in PRODUCT
        for name in (part, *(found.name for found in pkgutil.walk_packages([str(ROOT / part)], f"{part}.")))
    ],
    "demo": ["tools.sandbox.main", "fcm_emulator.__main__"],
    "docs": ["tools.sandbox.main", "tools.docs.__main__"],
}
#: Importing these does something: they start a process, or are Django's own entry point.
NOT_IMPORTED = re.compile(r"config\.(celery|serve|wsgi|asgi)|.*\.migrations\..*")
BLOCK = """
import sys, importlib
missing = set(sys.argv[1].split(","))
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
if sys.argv[2] == "base":
    import os, django
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
for name in sys.argv[3:]:
    importlib.import_module(name)
"""


def locked(name: str) -> set[str]:
    """Return the distributions of a list, as they are spelled in one way."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return {re.sub(r"[-_.]+", "-", found).lower() for found in re.findall(r"(?m)^([\w.-]+)(?:\[[\w,-]+\])?==", text)}


def missing(name: str) -> set[str]:
    """Return what can be imported here, and could not with this list alone."""
    known = locked(name)
    return {
        package
        for package, owners in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} & known
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_nothing_is_imported_that_the_list_does_not_have(name: str) -> None:
    blocked = missing(name)
    assert "pytest" in blocked
    modules = [module for module in ENTRIES[name] if not NOT_IMPORTED.fullmatch(module)]

    done = subprocess.run(
        [sys.executable, "-c", BLOCK, ",".join(sorted(blocked)), name, *modules],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]


def test_every_list_that_a_command_installs_is_tried() -> None:
    assert {command.packages for command in COMMANDS.values()} - {None, "dev"} <= set(ENTRIES)
