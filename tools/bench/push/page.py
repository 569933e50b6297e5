"""Write docs/measurements/push.md: sections that a run has measured are replaced, and sections written by people are kept."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from tools.bench.push.celery_processes import ROOT
from tools.lint.documents import wrap

PAGE = ROOT / "docs" / "measurements" / "push.md"
#: The section that people write. It stays the last one.
BY_HAND = "What did not work at first, and what is only calculated"


def write(sections: dict[str, str], *, path: Path = PAGE) -> None:
    """Write sections (heading to text) into the page, each in place of the one with its heading, new ones before BY_HAND."""
    top, kept = path.read_text("utf-8").partition("\n## ")[0], read(path)
    by_hand = kept.pop(BY_HAND)
    whole = kept | sections | {BY_HAND: by_hand}
    text = "\n".join([top, *[f"## {heading}\n\n{text.strip()}\n" for heading, text in whole.items()]])
    path.write_text(wrap(text), "utf-8")


def read(path: Path) -> dict[str, str]:
    """Return the sections of a page, by heading."""
    parts = path.read_text("utf-8").split("\n## ")[1:]
    return {heading: body for heading, _, body in (part.partition("\n") for part in parts)}


def circumstances(seconds: float, load: float) -> str:
    """Return a line about the machine and its load, on which the figures depend."""
    with Path("/proc/meminfo").open() as lines:
        memory = int(next(lines).split()[1]) // 1024**2
    return (
        f"*{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores ({_processor()}), {memory} GB, Python "
        f"{platform.python_version()}; load average {load:.1f} before; this part took {seconds:.0f} s.*"
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
