"""Which of the approved lists of a tip's steps a reader gets: the newest whose texts are all approved in the reader's locale."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from content.compiling.facts import Snapshot, TipFact, TipKeys, UnitText
from content.compiling.fallback import ServedLocale, chain
from content.compiling.references import NamedService, References, readers_of_tip
from content.linting.locale_tag import PSEUDO_LOCALES
from content.linting.tokens import FACT, SERVICE, tokens
from content.models.tip_facts import short_title_key


class TipChoice(NamedTuple):
    """One list of a tip's texts (0: the newest), and the locale that it is served in."""

    version: int
    served: ServedLocale


@dataclass(frozen=True)
class ChosenVersion:
    """The version of a tip for one pack; `choice` is None where the tip is left out."""

    choice: TipChoice | None
    #: The services and the figures that its texts name.
    names: tuple[NamedService, ...] = ()
    quoted: tuple[str, ...] = ()
    #: The ids that stand for nothing in the pack, because of which the tip is left out.
    lost: tuple[str, ...] = ()


class TipVersions:
    """The versions of all tips of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._texts = snapshot.texts
        self._fallbacks = snapshot.fallbacks
        self._choices: dict[tuple[str, str], tuple[TipChoice, ...]] = {}
        self._units: dict[tuple[str, int], list[tuple[str, UnitText]]] = {}
        self._names: dict[tuple[str, int], tuple[frozenset[str], tuple[str, ...]]] = {}

    def units(self, tip: TipFact, version: int) -> list[tuple[str, UnitText]]:
        """Return the field and the unit of each text of one version that may be served in its source language."""
        key = (tip.slug, version)
        if key not in self._units:
            found = ((field, self._texts.get(unit)) for field, unit in tip.versions[version])
            self._units[key] = [(field, unit) for field, unit in found if unit is not None and unit.text is not None]
        return self._units[key]

    def short_title(self, tip: TipFact, locale: str) -> UnitText | None:
        """Return the unit of the short title where it can be served in the locale, else None: readers get the title."""
        unit = self._texts.get(short_title_key(tip.slug))
        if unit is None or unit.text is None:
            return None
        if locale == unit.locale or locale in PSEUDO_LOCALES:
            return unit
        target = unit.targets.get(locale)
        return unit if target is not None and not target.withdrawn else None

    def tokens(self, tip: TipFact, version: int) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return the ids of the services that the source texts of a version name, and those of the figures, sorted."""
        key = (tip.slug, version)
        if key not in self._names:
            found = [token for _, unit in self.units(tip, version) for token in tokens(unit.text or "")]
            services = frozenset(token.name for token in found if token.kind == SERVICE)
            self._names[key] = services, tuple(sorted({token.name for token in found if token.kind == FACT}))
        return self._names[key]

    def choices(self, tip: TipFact, locale: str) -> tuple[TipChoice, ...]:
        """Return the versions that a reader of the locale may get, best first; none where the tip was never approved whole.

        The locale's own version comes before a newer one in the source language. A locale in which a version was once complete
        gets no older one again: where a safety change withdraws one of its texts, the source language stands in. The further
        choices are older versions that hold no step which the best one lacks, for packs in which the best one cannot be served.
        """
        if (tip.slug, locale) not in self._choices:
            best = self._best(tip, locale)
            self._choices[tip.slug, locale] = () if best is None else (best, *_subsets(tip, best))
        return self._choices[tip.slug, locale]

    def _best(self, tip: TipFact, locale: str) -> TipChoice | None:
        complete = [number for number, keys in enumerate(tip.versions) if self._has_sources(keys)]
        if not complete:
            return None
        if locale in PSEUDO_LOCALES:
            return TipChoice(complete[0], ServedLocale(locale, None))
        candidates, withdrawn = chain(locale, self._fallbacks), False
        for candidate in candidates:
            reason = None if candidate == candidates[0] else "not-translated"
            for number in complete:
                units = [unit for _, unit in self.units(tip, number)]
                if candidate == units[0].locale:
                    return TipChoice(number, ServedLocale(candidate, reason))
                if all(candidate in unit.targets for unit in units):
                    if not any(unit.targets[candidate].withdrawn for unit in units):
                        return TipChoice(number, ServedLocale(candidate, reason))
                    withdrawn = True
                    break
        source = self.units(tip, complete[0])[0][1].locale
        return TipChoice(complete[0], ServedLocale(source, "outdated" if withdrawn else "not-translated"))

    def _has_sources(self, keys: TipKeys) -> bool:
        # The text “more” may be missing; a first draft of it must not take the tip away.
        units = (self._texts.get(key) for field, key in keys if field != "more")
        return all(unit is not None and unit.text is not None for unit in units)


def choose_version(
    versions: TipVersions, tip: TipFact, locale: str, references: References, figures: Container[str]
) -> ChosenVersion:
    """Return the best version of the tip whose services and figures are all in the pack."""
    first: ChosenVersion | None = None
    for choice in versions.choices(tip, locale):
        named, quoted = versions.tokens(tip, choice.version)
        names, lost = references.resolve(named, readers_of_tip(tip))
        lost += [name for name in quoted if name not in figures]
        if not lost:
            return ChosenVersion(choice, names, quoted)
        first = first or ChosenVersion(None, names, quoted, tuple(lost))
    return first or ChosenVersion(None)


def _subsets(tip: TipFact, best: TipChoice) -> Iterator[TipChoice]:
    keys = {*tip.versions[best.version]}
    for number in range(best.version + 1, len(tip.versions)):
        if keys > {*tip.versions[number]}:
            yield TipChoice(number, best.served)
