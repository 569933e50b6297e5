"""The texts of a pack: in which locale each is served, and what the gate finds in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from content.compiling.facts import Snapshot, TipFact, UnitText
from content.compiling.fallback import ServedLocale, chain, choose_locale
from content.compiling.findings import Finding
from content.compiling.pseudo import pseudo_text
from content.linting.allowed_numbers import is_dialled
from content.linting.fault import Fault
from content.linting.locale_tag import PSEUDO_LOCALES
from content.linting.reader_age import reader_age_faults
from content.linting.reading_age import reading_faults
from content.linting.text import text_faults, translation_faults
from content.linting.tokens import without_tokens
from content.resolver.types import PackedPhrase
from core.canonical import canonical_json

T = TypeVar("T")


@dataclass(frozen=True)
class PackPart(Generic[T]):
    """One part of a pack, and the findings in it."""

    value: T
    findings: tuple[Finding, ...] = ()

    @cached_property
    def encoded(self) -> bytes:
        """The value as canonical JSON, made once for all packs that hold it."""
        return canonical_json(self.value)


def text_finding(fault: Fault, item: str, locale: str) -> Finding:
    """Return a fault of a text as a finding of the gate."""
    return Finding(fault.code, item, fault.detail, blocks=fault.refuses, locale=locale, start=fault.start, end=fault.end)


class TextBuilder:
    """The texts of one snapshot. Each is made and checked once, and shared by all packs that hold it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._units: Mapping[str, UnitText] = snapshot.texts
        self._directions = snapshot.directions
        self._fallbacks = snapshot.fallbacks
        self._known_services = frozenset(service.id for service in snapshot.services)
        self._dialled = {
            number for service in snapshot.services for channel in service.channels for number in (channel.dial, channel.address)
        }
        self._phrases: dict[tuple[str, str], PackPart[PackedPhrase] | None] = {}
        self._findings: dict[tuple[str, str], tuple[Finding, ...]] = {}
        self._tip_findings: dict[tuple[str, ...], tuple[Finding, ...]] = {}
        self._chains: dict[str, list[str]] = {}

    def ids(self, prefix: str) -> list[str]:
        """Return the ids in the keys `<prefix>.<id>` of the snapshot's units, sorted."""
        return sorted(key.partition(".")[2] for key in self._units if key.startswith(f"{prefix}."))

    def phrase(self, key: str, locale: str) -> PackPart[PackedPhrase] | None:
        """Return the text of a unit by itself, or None where none may be served."""
        if (key, locale) not in self._phrases:
            self._phrases[key, locale] = self._phrase(key, locale)
        return self._phrases[key, locale]

    def _phrase(self, key: str, locale: str) -> PackPart[PackedPhrase] | None:
        unit = self._units.get(key)
        if unit is None or unit.text is None:
            return None
        served = self.served_locale([unit], locale)
        text, reviewed = self.words(unit, served.locale)
        phrase: PackedPhrase = {
            "text": text,
            "lang": served.locale,
            "dir": self._directions[served.locale],
            "reviewed": reviewed,
        }
        return PackPart(phrase, self.findings(unit, served.locale))

    def served_locale(self, units: Sequence[UnitText], locale: str) -> ServedLocale:
        """Return the locale in which these units are served together to a reader who asks for `locale`."""
        if locale in PSEUDO_LOCALES:
            return ServedLocale(locale, None)
        return choose_locale(
            self._chain(locale),
            source=units[0].locale,
            usable=lambda code: all(code in unit.targets and not unit.targets[code].withdrawn for unit in units),
            withdrawn=lambda code: all(code in unit.targets for unit in units),
        )

    def _chain(self, locale: str) -> list[str]:
        if locale not in self._chains:
            self._chains[locale] = chain(locale, self._fallbacks)
        return self._chains[locale]

    def words(self, unit: UnitText, locale: str) -> tuple[str, bool]:
        """Return the text of the unit in a locale in which it can be served, and whether it was reviewed."""
        if locale == unit.locale:
            assert unit.text is not None
            return unit.text, unit.reviewed
        if locale in PSEUDO_LOCALES:
            return pseudo_text(unit.text or "", locale), False
        target = unit.targets[locale]
        return target.text, target.reviewed and unit.reviewed

    def findings(self, unit: UnitText, locale: str) -> tuple[Finding, ...]:
        """Return what the linting finds in the text now: a rule may be newer than the text, and raw SQL bypasses all rules."""
        if locale in PSEUDO_LOCALES:
            # The text that it is made from is checked.
            return ()
        if (unit.key, locale) not in self._findings:
            text, _ = self.words(unit, locale)
            self._findings[unit.key, locale] = tuple(
                text_finding(fault, unit.key, locale) for fault in self._text_faults(unit, text, locale)
            )
        return self._findings[unit.key, locale]

    def _text_faults(self, unit: UnitText, text: str, locale: str) -> list[Fault]:
        # A number may have become one that people dial since it was allowed.
        allowed = [number for number in unit.numbers if not is_dialled(number, self._dialled)]
        if locale == unit.locale:
            return text_faults(
                text,
                locale=locale,
                allowed_numbers=allowed,
                allowed_hosts=unit.hosts,
                known_services=self._known_services,
                key=unit.key,
            )
        return translation_faults(
            text,
            source=unit.text or "",
            source_locale=unit.locale,
            locale=locale,
            allowed_numbers=allowed,
            allowed_hosts=unit.hosts,
            known_services=self._known_services,
            key=unit.key,
            stays_as_is=unit.stays_as_is,
        )

    def tip_findings(self, tip: TipFact, units: Sequence[UnitText], locale: str) -> tuple[Finding, ...]:
        """Return what is wrong with the texts of a tip together: hard to read, or true for some ages where the tip has none."""
        if locale in PSEUDO_LOCALES:
            return ()
        key = (tip.slug, locale, *(unit.key for unit in units))
        if key not in self._tip_findings:
            self._tip_findings[key] = tuple(self._find_in_tip(tip, units, locale))
        return self._tip_findings[key]

    def _find_in_tip(self, tip: TipFact, units: Sequence[UnitText], locale: str) -> Iterator[Finding]:
        texts = [self.words(unit, locale)[0] for unit in units]
        for fault in reading_faults("\n".join(map(without_tokens, texts)), locale, tip.audiences):
            yield text_finding(fault, f"tip.{tip.slug}", locale)
        has_ages = tip.min_age is not None or tip.max_age is not None
        for unit, text in zip(units, texts, strict=True):
            if locale == unit.locale:
                for fault in reader_age_faults(text, has_ages=has_ages):
                    yield text_finding(fault, unit.key, locale)
