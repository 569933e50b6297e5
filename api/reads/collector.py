"""Keep what a web process serves from the garbage collector, whose full runs stop every thread."""

from __future__ import annotations

import gc

from api.reads.edition import Edition


class Collector:
    """Exempts, once for each release, every object that exists from garbage collection.

    A full run looks at every object that may be part of a cycle. In a web process these are 190,000 before the first request, and
    looking at them takes 0.1 s, in which no reader gets an answer. Modules live as long as the process. The services of a release
    form no cycles, so they are freed when the next release replaces them, exempted or not.
    """

    def __init__(self) -> None:
        self._release: int | None = None

    def exempt(self, edition: Edition) -> None:
        """Exempt what there is now if the edition has another release, for `EditionStore.before_change` behind all others."""
        # An edition that differs in its alerts alone comes when many read: it is small, and not worth a run of the collector.
        if edition.number != self._release:
            self._release = edition.number
            exempt_all()


def exempt_all() -> None:
    """Exempt every object that exists now; what is garbage already is collected first."""
    gc.collect()
    gc.freeze()
