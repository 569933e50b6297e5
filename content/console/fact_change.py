"""A change of facts in words, as every page that proposes or approves one shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from content.console import labels
from core.console.display import places_text

#: More names than these are counted.
MAX_NAMES = 12


class ChangedFact(NamedTuple):
    """One fact in words, as it is and as it becomes."""

    name: str
    old: str
    new: str
    differs: bool


class EffectLine(NamedTuple):
    """One sentence about what readers get, and its tone: "bad", "wait", "good" or empty."""

    text: str
    tone: str


class DescribedChange(Protocol):
    """A proposal, saved or not, with what it changes and does."""

    @property
    def facts(self) -> Sequence[ChangedFact]:
        """All facts in words."""

    @property
    def effect(self) -> Sequence[EffectLine]:
        """What the change does, the losses first."""

    @property
    def token(self) -> str:
        """A digest of the facts and the effect, for a form to send back."""


def changed_facts(old: Mapping[str, str], new: Mapping[str, str]) -> list[ChangedFact]:
    """Return the facts in words, by their names, as they are and as they become."""
    return [ChangedFact(name, old.get(name, ""), value, old.get(name, "") != value) for name, value in new.items()]


def ages_text(low: int | None, high: int | None, measured: str) -> str:
    """Return an age rule in words, such as "up to 17, now"."""
    if low is None and high is None:
        return "Every age"
    span = f"{low} to {high}" if low is not None and high is not None else f"{low} and over" if high is None else f"up to {high}"
    return f"{span}, {labels.inside_sentence(labels.label('age', measured))}"


def packs_text(count: int) -> str:
    """Return "1 pack" or "12 packs"."""
    return f"{count} pack{'' if count == 1 else 's'}"


def countries_text(preposition: str, codes: Iterable[str]) -> str:
    """Return countries with their preposition, such as "for Ireland and Malta"; of many, how many more there are."""
    return places_text(preposition, codes, most=MAX_NAMES, rest=True)


def named(found: Sequence[str], kind: str) -> str:
    """Return the names, or some of them and how many more there are of the kind, such as "countries"."""
    if len(found) <= MAX_NAMES:
        return ", ".join(found)
    return f"{', '.join(found[:MAX_NAMES])} and {len(found) - MAX_NAMES} more {kind}"
