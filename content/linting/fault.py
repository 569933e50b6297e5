"""One thing wrong with one text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What is wrong, in a code for machines and a sentence for the writer; a caution does not refuse the text."""

    code: str
    detail: str
    caution: bool = False
