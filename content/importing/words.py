"""Load tips from YAML as proposals, and labels and targets as drafts; keep what a person has changed since."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from content.importing.drafts import draft_faults, write_drafts
from content.importing.facts import FACTS_DIR
from content.importing.tip_proposals import propose_tips
from content.importing.words_file import read_words, refuse
from content.linting.text import normalize_text, target_faults
from content.models import Locale, Target, Unit
from core import audit, roles
from core.audit_verbs import Verb
from core.models import User


@dataclass
class WordsLoaded:
    """What loading the files changed; nothing if the same files were loaded before."""

    tips: int = 0
    tips_new: int = 0
    tips_changed: list[str] = field(default_factory=list)
    units_new: int = 0
    units_changed: int = 0
    targets_new: dict[str, int] = field(default_factory=dict)
    targets_changed: int = 0
    kept: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        counts = (self.tips_new, self.units_new, self.units_changed, self.targets_changed)
        return bool(self.tips_changed or any(counts) or any(self.targets_new.values()))

    def data(self) -> dict[str, Any]:
        """Return the summary as values that JSON can hold."""
        return {
            "changed": self.changed,
            "tips": {"all": self.tips, "new": self.tips_new, "changed": self.tips_changed},
            "units": {"new": self.units_new, "changed": self.units_changed},
            "targets": {"new": self.targets_new, "changed": self.targets_changed},
            "kept": self.kept,
        }


@transaction.atomic
def load_words(folder: Path = FACTS_DIR, *, by: User, at: datetime) -> WordsLoaded:
    """Load all texts or none, as drafts that need review, and propose the facts of tips; loading again changes nothing."""
    roles.require(by, "content.edit_words")
    words = read_words(folder)
    loaded = WordsLoaded(tips=len(words.tips))
    refuse(draft_faults(words.drafts, by=by, at=at))
    written = write_drafts(words.drafts, by=by, at=at)
    loaded.units_new, loaded.units_changed = len(written.new), len(written.changed)
    loaded.kept += written.kept
    tips = propose_tips(words.tips, by=by, at=at)
    loaded.tips_new, loaded.tips_changed = len(tips.new), tips.changed
    loaded.kept += tips.kept
    _write_targets(words.targets, loaded, by=by, at=at)
    if loaded.changed:
        audit.record(by=by, verb=Verb.TEXTS_LOADED, at=at, **{k: v for k, v in loaded.data().items() if k != "kept"})
    return loaded


def _write_targets(targets: dict[str, dict[str, str]], loaded: WordsLoaded, *, by: User, at: datetime) -> None:
    units = {unit.key: unit for unit in Unit.objects.all()}
    existing = {(target.unit_id, target.locale_id): target for target in Target.objects.all()}
    known = set(Locale.objects.values_list("code", flat=True))
    faults = [f"targets/{locale}.yaml: there is no locale {locale}." for locale in targets if locale not in known]
    new = []
    for locale, texts in targets.items():
        for key, raw in texts.items():
            unit, text = units.get(key), normalize_text(raw)
            if unit is None:
                faults.append(f"targets/{locale}.yaml: {key}: there is no such unit.")
                continue
            if found := [fault.detail for fault in target_faults(unit, text, locale) if fault.refuses]:
                faults.append(f"targets/{locale}.yaml: {key}: {' '.join(found)}")
                continue
            target = existing.get((unit.pk, locale))
            if target is None:
                new.append(
                    Target(unit=unit, locale_id=locale, text=text, source_revision=unit.revision, written_by=by, written_at=at)
                )
            elif target.text == text:
                continue
            elif target.written_by_id != by.pk:
                loaded.kept.append(f"{locale} {key}")
            else:
                target.write(text=text, by=by, at=at, from_revision=target.revision)
                loaded.targets_changed += 1
    refuse(faults)
    Target.objects.write_many(new)
    for target in new:
        loaded.targets_new[target.locale_id] = loaded.targets_new.get(target.locale_id, 0) + 1
