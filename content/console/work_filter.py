"""Which of the tips with something to do *My work* lists: by tip, its readers, what is to do, and for how long it has waited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.http import QueryDict

from content.console.served_languages import ServedTips
from content.console.tip_work import TipWork
from content.models.target_status import TargetStatus
from content.terms import WORLDWIDE, Audience
from core.console.display import country_text

#: Value in query strings → its name, and how many texts of a tip it holds for.
TO_DO: Final[Mapping[str, tuple[str, Callable[[TipWork], int]]]] = {
    "withdrawn": ("Withdrawn for safety", lambda work: work.counts[TargetStatus.WITHDRAWN]),
    "outdated": ("Outdated", lambda work: work.counts[TargetStatus.OUTDATED]),
    "sent-back": ("Sent back", lambda work: work.sent_back),
    "empty": ("Not translated", lambda work: work.counts[TargetStatus.EMPTY]),
    "review": ("To review", lambda work: work.to_review),
    "removal": ("Removal proposed", lambda work: work.to_remove),
}
#: Days, as in query strings → their name.
WAITING: Final[Mapping[str, str]] = {"7": "A week or longer", "30": "A month or longer", "90": "Three months or longer"}


@dataclass(frozen=True)
class WorkFilter:
    """What a person has chosen; "" in a field means everything."""

    #: Words of the tip's title in the source language.
    tip: str = ""
    #: The country and the audience of readers.
    country: str = ""
    audience: str = ""
    to_do: str = ""
    waiting: str = ""

    @classmethod
    def of(cls, query: QueryDict, *, countries: Iterable[str]) -> WorkFilter:
        """Return the filter of a query string; a value that is not offered means everything."""

        def chosen(name: str, offered: Iterable[str]) -> str:
            value = query.get(name, "")
            return value if value in offered else ""

        return cls(
            tip=query.get("tip", "").strip()[:100],
            country=chosen("country", countries),
            audience=chosen("audience", Audience.values),
            to_do=chosen("to_do", TO_DO),
            waiting=chosen("waiting", WAITING),
        )

    def matches(self, work: TipWork, at: datetime) -> bool:
        """Return whether the tip is listed at an instant."""
        tip = work.tip
        return (
            self.tip.casefold() in work.title.casefold()
            # A tip without countries is for all of them.
            and (not self.country or not tip.countries or self.country in tip.countries)
            and (not self.audience or self.audience in tip.audiences)
            and (not self.to_do or TO_DO[self.to_do][1](work) > 0)
            and (not self.waiting or (work.oldest is not None and work.oldest <= at - timedelta(days=int(self.waiting))))
        )

    @property
    def query(self) -> str:
        """The fields that are chosen, as part of a query string."""
        return urlencode({name: value for name, value in asdict(self).items() if value})


def reader_countries(works: Iterable[TipWork], served: ServedTips | None) -> list[tuple[str, str]]:
    """Return the countries that the published release has packs for, by code and name; before there is one, those of the tips."""
    if served is not None and served.release is not None:
        codes = served.release.countries()
    else:
        codes = list({code for work in works for code in work.tip.countries})
    named = {code: "Countries without services of their own" if code == WORLDWIDE else country_text(code) for code in codes}
    return sorted(named.items(), key=lambda entry: (entry[0] == WORLDWIDE, entry[1]))
