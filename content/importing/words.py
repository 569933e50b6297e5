"""Load tips from YAML as proposals, and labels and targets as drafts; keep what a person has changed since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from content.importing.drafts import draft_faults, write_drafts
from content.importing.facts import FACTS_DIR
from content.importing.page_texts_file import read_page_texts
from content.importing.target_texts import write_targets
from content.importing.tip_proposals import propose_tips
from content.importing.words_file import read_words, refuse
from content.models.rights import require_country
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
    #: What a person has edited while the file stayed the same.
    kept: list[str] = field(default_factory=list)
    #: What the file would change, and must not: the name of each text and the reason.
    refused: dict[str, str] = field(default_factory=dict)

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
            "refused": self.refused,
        }


@transaction.atomic
def load_words(folder: Path = FACTS_DIR, *, by: User, at: datetime, dry_run: bool = False) -> WordsLoaded:
    """Load all texts or none, as drafts that need review, and propose the facts of tips; loading again changes nothing.

    With `dry_run`, return what would change, and change nothing.
    """
    roles.require(by, "content.edit_words")
    # The files hold texts of every country.
    require_country(by, None)
    words, pages = read_words(folder), read_page_texts(folder)
    loaded = WordsLoaded(tips=len(words.tips))
    refuse(draft_faults([*words.drafts, *pages.drafts], by=by, at=at))
    for drafts, revision in ((words.drafts, words.revision), (pages.drafts, pages.revision)):
        written = write_drafts(drafts, by=by, at=at, revision=revision)
        loaded.units_new += len(written.new)
        loaded.units_changed += len(written.changed)
        loaded.kept += written.kept
        loaded.refused |= written.refused
    tips = propose_tips(words.tips, by=by, at=at)
    loaded.tips_new, loaded.tips_changed = len(tips.new), tips.changed
    loaded.kept += tips.kept
    sources = {draft.key: draft for draft in (*words.drafts, *pages.drafts)}
    of_pages = dict.fromkeys(pages.targets, pages.revision)
    for texts, revisions in ((words.targets, words.target_revisions), (pages.targets, of_pages)):
        targets = write_targets(texts, sources, revisions, by=by, at=at)
        refuse(targets.faults)
        loaded.targets_new = dict(Counter(loaded.targets_new) + targets.new)
        loaded.targets_changed += targets.changed
        loaded.kept += targets.kept
        loaded.refused |= targets.refused
    if loaded.changed:
        details = {name: value for name, value in loaded.data().items() if name not in ("kept", "refused")}
        audit.record(by=by, verb=Verb.TEXTS_LOADED, at=at, **details)
    if dry_run:
        transaction.set_rollback(True)
    return loaded
