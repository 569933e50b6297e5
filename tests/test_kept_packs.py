"""The packs that test runs begin with: compiled once, and anew after a change of what they depend on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests import kept_packs

TESTS = Path(__file__).resolve().parent
PACKS: kept_packs.Bodies = {("GB", "en"): b"{}"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the files of a checkout."""
    for name in (*kept_packs._FILES, "content/facts/tips.yaml", "core/canonical.py", "docs/style.md", "content/x.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("before")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "another"),
    [
        ("content/facts/tips.yaml", True),
        ("content/facts/new.yaml", True),
        ("core/canonical.py", True),
        ("tests/make.py", True),
        ("tests/packs.py", True),
        ("requirements/dev.txt", True),
        ("docs/style.md", False),
        ("content/x.pyc", False),
    ],
)
def test_the_packs_are_others_after_a_change_of_what_they_depend_on(checkout: Path, changed: str, another: bool) -> None:
    before = kept_packs.key(checkout)
    (checkout / changed).write_text("after")

    assert (kept_packs.key(checkout) != before) == another


def test_they_are_compiled_once_and_those_of_before_are_removed(tmp_path: Path) -> None:
    built: list[str] = []

    def build() -> kept_packs.Bodies:
        built.append("built")
        return PACKS

    assert [kept_packs.kept(tmp_path, name, build) for name in ("first", "first", "second")] == [PACKS] * 3
    assert len(built) == 2
    assert [path.name for path in tmp_path.glob("*.pickle")] == ["second.pickle"]


def test_nothing_is_kept_where_compiling_failed(tmp_path: Path) -> None:
    def fail() -> kept_packs.Bodies:
        raise LookupError("no words")

    with pytest.raises(LookupError):
        kept_packs.kept(tmp_path, "first", fail)

    assert kept_packs.kept(tmp_path, "first", lambda: PACKS) == PACKS


def test_no_folder_patches_for_all_its_tests_what_keeps_rows_from_being_made_once() -> None:
    """With a patch by monkeypatch no rows are kept (tests/made_once.py), and each test of the folder makes its own."""
    found = []
    for path in TESTS.rglob("conftest.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any("autouse=True" in ast.unparse(one) for one in node.decorator_list):
                found += [node.name for argument in node.args.args if argument.arg == "monkeypatch"]

    # Of tests without a database alone.
    assert found == ["shipped_term_lists"]
