"""A machine translator for tests: it answers what it is given, and remembers each request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from content.importing.machine_suggestions import GlossaryTerm


class EchoMachine:
    """Answer `answer`, or raise it where it is an error."""

    name = "Echo"
    answer: ClassVar[object] = "Arhoswch ac anadlwch"
    requests: ClassVar[list[tuple[str, str, tuple[GlossaryTerm, ...]]]] = []

    def suggest(self, source: str, *, locale: str, glossary: Sequence[GlossaryTerm]) -> str:
        """Remember the request, and answer."""
        self.requests.append((source, locale, tuple(glossary)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer  # type: ignore[return-value]


class NoMachine:
    """A class that lacks what the interface asks for."""
