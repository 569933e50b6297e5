"""Lines of documents and subjects of commits have a limit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.lint.__main__ import main
from tools.lint.commits import commit_findings, subject_faults
from tools.lint.documents import long_lines, missing_files, wrap

LONG = "word " * 21


def test_a_line_of_prose_over_the_limit_is_found() -> None:
    found = list(long_lines({"docs/a.md": f"# Title\n\n{'x' * 50} {'x' * 49}\n{'x' * 50} {'x' * 50}\n"}))

    assert [str(one) for one in found] == ["docs/a.md:4: 101 characters, and 100 are the limit"]


def test_a_document_names_only_files_that_exist() -> None:
    document = "`api/here.py`, `api/gone.py::test_it`, `elsewhere/gone.py` and `gone.py`\n"

    assert [str(one) for one in missing_files({"docs/a.md": document}, {"api/here.py"})] == [
        "docs/a.md:1: api/gone.py does not exist"
    ]
    assert list(missing_files({"CHANGELOG.md": document}, {"api/here.py"})) == []


def test_tables_code_and_addresses_cannot_be_wrapped() -> None:
    document = f"| {LONG} |\n```\n{LONG}\n```\n- https://example.org/{'x' * 100}\n"

    assert list(long_lines({"docs/a.md": document})) == []


def test_paragraphs_and_list_items_are_wrapped_and_the_rest_is_kept() -> None:
    document = f"""# {LONG.strip()}

{LONG}{LONG.strip()}
{LONG.strip()}

- {LONG.strip()}
  and on
1. short

| {LONG} |

```
{LONG}
```
    {LONG}
"""
    wrapped = wrap(document)

    assert wrapped.split() == document.split()
    assert [str(one) for one in long_lines({"a.md": wrapped})] == [
        f"a.md:1: {len('# ' + LONG.strip())} characters, and 100 are the limit",
        *(f"a.md:{line}: {len('    ' + LONG)} characters, and 100 are the limit" for line in [17]),
    ]
    assert "\n- word word" in wrapped
    assert "\n  word word and on\n1. short\n" in wrapped
    assert wrap(wrapped) == wrapped


def test_a_code_span_is_not_broken() -> None:
    lines = wrap(f"{'x' * 90} `./run manage resolver_vectors` follows").splitlines()

    assert lines == ["x" * 90, "`./run manage resolver_vectors` follows"]


@pytest.mark.parametrize("subject", ["x" * 73, "wip", "fixup! Add it", "add it", "Add it."])
def test_a_subject_that_breaks_a_rule_is_found(subject: str) -> None:
    assert subject_faults(subject)


def test_a_subject_of_72_characters_is_fine() -> None:
    assert subject_faults("A" + "d" * 71) == []


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "whole"
    folder.mkdir()
    git(folder, "init", "-q")
    for subject in ("before the rules.", "Last without rules", "wrong after them.", "Right after them"):
        git(folder, "commit", "-q", "--allow-empty", "-m", subject)
    return folder


def test_commits_are_checked_from_the_baseline_on(repository: Path) -> None:
    found = [str(one) for one in commit_findings(repository, git(repository, "rev-parse", "HEAD~2"))]

    assert len(found) == 2
    assert all("'wrong after them.'" in one for one in found)


def test_a_shallow_clone_checks_the_last_commit_alone(repository: Path, tmp_path: Path) -> None:
    baseline = git(repository, "rev-parse", "HEAD~2")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")

    assert list(commit_findings(tmp_path / "shallow", baseline)) == []
    git(tmp_path / "shallow", "commit", "-q", "--allow-empty", "-m", "wrong")
    assert len(list(commit_findings(tmp_path / "shallow", baseline))) == 1


def test_a_check_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spelling"]) == 2
    assert "words, documents, commits, wrap" in capsys.readouterr().out
