"""Run the shell samples of a document, in its order, against a running server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

#: The address of the documents' examples.
EXAMPLE = "http://127.0.0.1:8000"
_SAMPLE = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
#: jq makes output readable, and is not installed everywhere.
_JQ = re.compile(r"\|\s*jq\b[^\n]*")
#: A failing request ends the script, and says with which status. The sandbox's states are errors on purpose.
_PROLOGUE = """set -euo pipefail
curl() {
  case "$*" in */v1/sandbox/*) command curl "$@" ;; *) command curl --fail-with-body "$@" ;; esac
}
"""


def samples_of(document: Path) -> list[str]:
    """Return the samples of a Markdown document."""
    return _SAMPLE.findall(document.read_text(encoding="utf-8"))


def run_samples(document: Path, *, web: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run every sample in one shell in the folder; return the output, and fail where a command does."""
    samples = [_JQ.sub("", sample).replace(EXAMPLE, web) for sample in samples_of(document)]
    script = _PROLOGUE + "\n".join(samples)
    ran = subprocess.run(["bash", "-c", script], cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=240)
    assert ran.returncode == 0, f"{document.name}: {ran.stdout}\n{ran.stderr}"
    return ran.stdout
