"""Mutants that no test can notice, because the changed module does the same as the unchanged one, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tools.mutation.mutants import Mutant


@dataclass(frozen=True)
class Equivalent:
    """A change of a module, on the line with this text, that changes nothing."""

    module: str
    text: str
    change: str
    reason: str

    def is_(self, module: str, mutant: Mutant) -> bool:
        """Return whether a mutant of the module is this one."""
        return (self.module, self.text, self.change) == (module, mutant.text, mutant.change)


EQUIVALENTS: Final = (
    Equivalent(
        "notifications/campaigns/approval.py",
        "if entered is not None and shown is not None and entered < shown:",
        "entered < shown → entered <= shown",
        "a number that is the one shown has been confirmed two lines above",
    ),
)


def is_equivalent(module: str, mutant: Mutant) -> bool:
    """Return whether a mutant is listed as one that changes nothing."""
    return any(one.is_(module, mutant) for one in EQUIVALENTS)
