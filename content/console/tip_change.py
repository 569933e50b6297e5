"""A change of a tip in words: what differs, and what it does to the packs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from content.compiling.tip_effect import TipEffect, read_effect
from content.console import labels, translation_status
from content.console.fact_change import (
    MAX_NAMES,
    ChangedFact,
    EffectLine,
    ages_text,
    changed_facts,
    countries_text,
    named,
    packs_text,
)
from content.console.labels import label
from content.console.translation_status import TranslationStatus
from content.models import Tip, TipRevision, Unit
from core.console.display import country_text, language_text
from core.console.pages import version_token


class ChangedStep(NamedTuple):
    """One step: `change` is "added", "removed" or empty."""

    text: str
    change: str
    source: TranslationStatus


@dataclass(frozen=True)
class TipChange:
    """A proposal, saved or not, with what it changes and does."""

    revision: TipRevision
    facts: list[ChangedFact]
    steps: list[tuple[str, list[ChangedStep]]]
    effect: list[EffectLine]
    #: A digest of the facts and the effect, for a form to send back.
    token: str

    @classmethod
    def of(cls, revision: TipRevision, *, at: datetime, units: Mapping[str, Unit] | None = None) -> TipChange:
        """Work out the change and its effect on the release that would be compiled at this instant.

        `units` are those of the tip by key, if they were read already.
        """
        tip = Tip.objects.filter(pk=revision.slug).first()
        before, after = tip.facts() if tip else None, revision.facts()
        effect = read_effect(revision, at=at)
        return cls(
            revision,
            facts=changed_facts(_words(before) if before else {}, _words(after)),
            steps=_steps(revision.slug, before, after, _step_units(revision.slug) if units is None else units),
            effect=list(effect_lines(effect)),
            token=version_token([after, asdict(effect)]),
        )


def _words(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the facts but the steps as staff read them, by their names."""
    return {
        "Status": label("tip", facts["tip_state"]),
        "Audience": labels.labels("audience", facts["audiences"]),
        "Situations": labels.labels("situation", facts["situations"]) or "None",
        "Countries": ", ".join(map(country_text, facts["countries"])) or "Every country",
        "Age of the young person": ages_text(facts["min_age"], facts["max_age"], facts["age_measured"]),
        "Position in the list": str(facts["order"]),
        "Position in single situations": "; ".join(
            f"{label('situation', situation)}: {order}" for situation, order in sorted(facts["order_in"].items())
        )
        or "The same in all",
        "Text “More”": "Shown" if facts["more"] else "Not shown",
        "In every pack": "Yes" if facts["kind"] == "notice" else "No",
    }


def _step_units(slug: str) -> dict[str, Unit]:
    return {unit.key: unit for unit in Unit.objects.filter(key__startswith=f"tip.{slug}.do-")}


def _steps(
    slug: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], units: Mapping[str, Unit]
) -> list[tuple[str, list[ChangedStep]]]:
    """Return the steps of both lists as they become, with those that go behind them."""

    def step(part: str, number: int, change: str) -> ChangedStep:
        unit = units.get(f"tip.{slug}.{part}.{number}")
        source = translation_status.source_status(unit) if unit else translation_status.EMPTY
        return ChangedStep(unit.text if unit else "", change, source)

    found = []
    for name, part, column in (("Do now", "do-now", "do_now"), ("Do not", "do-not", "do_not")):
        old, new = (before[column] if before else []), after[column]
        rows = [step(part, number, "" if number in old else "added") for number in new]
        rows += [step(part, number, "removed") for number in old if number not in new]
        moved = [number for number in old if number in new] != [number for number in new if number in old]
        found.append((f"{name}, in a new order" if moved else name, rows))
    return found


def effect_lines(effect: TipEffect) -> Iterable[EffectLine]:
    """Yield what the change does to the packs, the losses first."""
    for reader in effect.without_tip:
        who = f"{label('audience', reader.audience)} in the situation “{label('situation', reader.situation)}”"
        yield EffectLine(f"{who} have no tip left {countries_text('in', reader.countries)}.", "bad")
    if effect.removed_from:
        yield EffectLine(f"The tip leaves {_packs(effect.removed_from)}.", "bad")
    if effect.to_source:
        yield EffectLine(
            f"Readers of {_languages(effect.to_source)} get the tip in English instead of their own language.", "bad"
        )
    if effect.keep_removed:
        yield EffectLine(
            f"Readers of {_languages(effect.keep_removed)} go on getting a step that this change removes, until the new steps "
            "are approved there. To remove the step everywhere at once, propose its removal by itself first.",
            "wait",
        )
    if waiting := sorted({*effect.older_steps} - {*effect.keep_removed}):
        yield EffectLine(
            f"Readers of {_languages(waiting)} go on getting the steps that are approved there, until the new ones are.", "wait"
        )
    if effect.added_to:
        yield EffectLine(f"The tip comes into {_packs(effect.added_to)}.", "good")
    if effect.to_own:
        yield EffectLine(f"Readers of {_languages(effect.to_own)} get the tip in their own language instead of English.", "good")
    yield EffectLine(f"The tip is in {effect.packs_before} packs now, and in {effect.packs_after} packs with the change.", "")


def _packs(places: tuple[tuple[str, str], ...]) -> str:
    count, countries = len(places), tuple(sorted({country for country, _ in places}))
    return f"{packs_text(count)} {countries_text('for', countries)}"


def _languages(codes: Iterable[str]) -> str:
    found = sorted(map(language_text, codes))
    count = f"{len(found)} language{'' if len(found) == 1 else 's'}"
    return f"{count} ({named(found, 'languages')})" if len(found) <= MAX_NAMES else count
