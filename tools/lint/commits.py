"""Check the subject line of each commit: length, capital letter, no full stop."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tools.lint.sources import ROOT
from tools.lint.words import Finding

LIMIT = 72

#: Commits after this one are checked.
BASELINE = "8fd6b39d04cf1d83c0d1adb700ed48a54470cc15"

_DRAFT = re.compile(r"^(wip|fixup!|squash!|amend!|tmp\b)", re.I)


def subject_faults(subject: str) -> list[str]:
    """Return what is wrong with the subject of a commit."""
    faults = []
    if len(subject) > LIMIT:
        faults.append(f"{len(subject)} characters, and {LIMIT} are the limit")
    if _DRAFT.match(subject):
        faults.append("a draft's subject")
    if not subject[:1].isupper():
        faults.append("does not begin with a capital letter")
    if subject.endswith("."):
        faults.append("ends with a full stop")
    return faults


def commit_findings(repository: Path = ROOT, baseline: str = BASELINE) -> Iterator[Finding]:
    """Yield the faults of each commit after the baseline; in a shallow clone without it, those of the last commit alone."""
    known = _git(repository, "merge-base", "--is-ancestor", baseline, "HEAD").returncode == 0
    answer = _git(repository, "log", "--no-merges", "--format=%h %s", *([f"{baseline}..HEAD"] if known else ["-1"]))
    for entry in answer.stdout.splitlines():
        commit, _, subject = entry.partition(" ")
        for fault in subject_faults(subject):
            yield Finding(commit, 1, f"{subject!r}: {fault}")


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=repository, capture_output=True, text=True, check=False)
