"""Tools work without the tests, and the product works without the tools."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT

PRODUCT = ("core", "content", "notifications", "api", "config")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(("folders", "forbidden"), [(("tools",), ("tests",)), (PRODUCT, ("tests", "tools", "fcm_emulator"))])
def test_a_package_does_not_import_what_it_must_work_without(folders: tuple[str, ...], forbidden: tuple[str, ...]) -> None:
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]

    found = {f"{path.relative_to(ROOT)}: {name}" for path in sources for name in imports(path) if name.split(".")[0] in forbidden}

    assert len(sources) > 50
    assert found == set()
