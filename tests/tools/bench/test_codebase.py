"""The figures of the code base, over a small tree of which every figure is known."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.bench import codebase
from tools.lint.sources import Sources

FILES = {
    "core/a.py": "from core.b import B\nclass A: ...\n",
    "core/b.py": "from core.c import C\nclass B: ...\n",
    "core/c.py": "def c():\n    from core.a import A\n    from api.door import Door\nclass C: ...\n",
    "content/models/tip.py": "class A:\n    def text(self):\n        from content.publishing.publish import publish\n",
    "content/publishing/publish.py": "def publish(pack: dict[str, Any]) -> Mapping[str, Any]: ...\n",
    "content/migrations/0001_first.py": "class A: ...\n",
    "api/door.py": "class Door: ...\n",
    "tools/one.py": "x = 1\n",
    "tests/test_one.py": "def test_whoever_asks(): ...\n",
    "docs/fast-lane.md": "text\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0\0")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "First")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def test_every_figure_is_what_the_tree_holds(repository: Path) -> None:
    rows = codebase.measure(Sources.in_folder(repository)).rows

    assert rows == {
        "product files": "6",
        "product lines": "13",
        "median / p90 / largest file": "2 / 4 / 4",
        "tools: files, lines": "1, 1",
        "tests: files, lines": "1, 1",
        "import cycles (files in each)": "3",
        "import cycles of more than two files": "1",
        "imports inside functions of models": "1",
        "upward imports inside functions": "2",
        "class names used twice or more": "1",
        "dict[str, Any] in the heart": "2",
        "dict[str, Any] in the product": "2",
        "banned words: identifiers, product": "2",
        "banned words: identifiers, all": "4",
    }


def test_a_revision_gives_what_the_folder_gave_then(repository: Path) -> None:
    then = codebase.measure(Sources.in_folder(repository))
    (repository / "core/new.py").write_text("x = 1\n")

    assert codebase.measure(Sources.at_revision("HEAD", repository)) == then
    assert codebase.measure(Sources.in_folder(repository)).rows["product files"] == "7"


def test_two_trees_stand_side_by_side(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert codebase.run([str(repository), str(repository), "--list"]) == 0

    printed = capsys.readouterr().out
    assert printed.count(str(repository)) > 1
    assert "core.a, core.b, core.c" in printed
    assert "content.models.tip line 3 -> content.publishing.publish" in printed


def test_what_is_neither_folder_nor_revision_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        codebase.run(["no-such-thing"])

    assert "no-such-thing is neither a folder under git nor a revision" in capsys.readouterr().err
