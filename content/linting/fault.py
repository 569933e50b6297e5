"""One thing that is wrong with a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A code for programs and a sentence for the writer. The text is refused, unless the fault is only a `caution`."""

    code: str
    detail: str
    caution: bool = False
