"""The samples of the documents: fenced blocks of Markdown, found for tests, and run in a shell against a running server.

`tests/guards/test_document_samples.py` knows every block of every document, and how it is run.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: The address of the documents' examples.
EXAMPLE = "http://127.0.0.1:8000"
_FENCE = re.compile(r"^ {0,3}```(.*)$")
_HEADING = re.compile(r"^#{1,6} (.+)$")
#: jq makes output readable, and is not installed everywhere.
_JQ = re.compile(r"\|\s*jq\b[^\n]*")
#: A failing request ends the script, and says with which status. The sandbox's states are errors on purpose.
_PROLOGUE = """set -euo pipefail
curl() {
  case "$*" in */v1/sandbox/*) command curl "$@" ;; *) command curl --fail-with-body "$@" ;; esac
}
"""


@dataclass(frozen=True)
class Block:
    """A fenced block: the heading that it stands below, its language (empty for none) and its text."""

    heading: str
    language: str
    text: str


def blocks_of(document: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a Markdown document in their order; fail where one is not closed."""
    heading, language, lines = "", None, list[str]()
    for line in document.read_text(encoding="utf-8").splitlines():
        fence = _FENCE.match(line)
        if fence and language is None:
            language, lines = fence[1].strip(), []
        elif fence:
            yield Block(heading, str(language), "".join(f"{one}\n" for one in lines))
            language = None
        elif language is not None:
            lines.append(line)
        elif found := _HEADING.match(line):
            heading = found[1]
    assert language is None, f"{document}: a block is not closed"


def sample(document: str, heading: str, language: str) -> str:
    """Return the text of the one block of a language below a heading; fail if there is none, or a second one."""
    (found,) = samples(document, heading, language)
    return found


def samples(document: str, heading: str, language: str) -> list[str]:
    """Return the texts of the blocks of a language below a heading, in their order."""
    return [one.text for one in blocks_of(ROOT / document) if (one.heading, one.language) == (heading, language)]


def run_samples(document: Path, *, web: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run every sample in one shell in the folder; return the output, and fail where a command does."""
    samples = [_JQ.sub("", one.text).replace(EXAMPLE, web) for one in blocks_of(document) if one.language == "sh"]
    script = _PROLOGUE + "\n".join(samples)
    ran = subprocess.run(["bash", "-c", script], cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, f"{document.name}: {ran.stdout}\n{ran.stderr}"
    return ran.stdout
