"""Write all texts of a new tip, and propose its facts, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from content.linting.reader_age import reader_age_faults
from content.linting.text import normalize_text, source_faults
from content.linting.tip import slug_faults
from content.models.revision import AlreadyProposed
from content.models.rights import require_may_write
from content.models.service import Service
from content.models.tip import Tip
from content.models.tip_revision import TipRevision
from content.models.unit import Unit
from content.models.unit_numbers import require_allowable
from content.terms import SOURCE_LOCALE, Change
from core.errors import Invalid
from core.models import User


class NewTipRefused(Invalid):
    """The tip breaks a rule. Correct what is marked."""

    code = "new-tip"


@dataclass(frozen=True)
class NewTip:
    """A whole tip as a person wrote it.

    `texts` are by the part of the unit key: title, short-title, short, do-now.1, do-not.1, more. `facts` are those of TipRevision
    without the steps, and `numbers` what the texts may hold, with what each number counts.
    """

    slug: str
    texts: Mapping[str, str]
    facts: Mapping[str, Any]
    numbers: Mapping[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The owner label of its units."""
        return f"tip:{self.slug}"

    def key(self, part: str) -> str:
        """Return the unit key of a part."""
        return f"tip.{self.slug}.{part}"

    def steps(self, part: str) -> list[int]:
        """Return the numbers of the steps of `do-now` or `do-not`."""
        return sorted(int(name.partition(".")[2]) for name in self.texts if name.startswith(f"{part}."))


def new_tip_faults(new: NewTip, *, by: User, at: datetime) -> dict[str, list[str]]:
    """Return the sentences about each part that breaks a rule; the part of the slug is "slug"."""
    faults = {"slug": slug_faults(new.slug)}
    if Tip.objects.filter(pk=new.slug).exists():
        faults["slug"] = [f"There is a tip {new.slug} already. Change that one, or choose another reference."]
    has_ages = new.facts["min_age"] is not None or new.facts["max_age"] is not None
    for part, text in new.texts.items():
        draft = Unit.drafted(
            key=new.key(part), owner=new.owner, text=text, by=by, at=at, locale=SOURCE_LOCALE, numbers=new.numbers, hosts=()
        )
        found = source_faults(draft, known_services=Service.objects.named_in(draft.text))
        found = [*found, *reader_age_faults(draft.text, has_ages=has_ages)]
        faults[part] = [fault.detail for fault in found if fault.refuses]
    for part in ("title", "short", "do-now.1"):
        if not new.texts.get(part):
            faults[part] = ["Every tip needs this text."]
    return {part: sentences for part, sentences in faults.items() if sentences}


def propose_new_tip(new: NewTip, *, by: User, at: datetime, reason: str) -> TipRevision:
    """Write the texts as drafts, and propose the tip; a second person approves the tip, and each of its texts.

    The texts of a tip that was proposed before and rejected are written anew. Raises NewTipRefused with `faults` by part, and
    AlreadyProposed where the same tip waits for a second person.
    """
    require_may_write(by, SOURCE_LOCALE)
    require_allowable(new.numbers)
    if faults := new_tip_faults(new, by=by, at=at):
        raise NewTipRefused(faults=faults)
    with transaction.atomic():
        if TipRevision.objects.proposed().filter(slug=new.slug).exists():
            raise AlreadyProposed()
        written = {unit.key: unit for unit in Unit.objects.owned_by(new.owner).select_for_update()}
        for part, text in new.texts.items():
            if (unit := written.get(new.key(part))) is None:
                Unit.objects.write(key=new.key(part), owner=new.owner, text=text, by=by, at=at, allowed_numbers=new.numbers)
            elif (unit.text, unit.numbers) != (normalize_text(text), dict(new.numbers)):
                unit.revise(
                    text=text, change=Change.SAFETY, by=by, at=at, from_revision=unit.revision, allowed_numbers=new.numbers
                )
        facts = {
            **new.facts,
            "do_now": new.steps("do-now"),
            "do_not": new.steps("do-not"),
            "more": "more" in new.texts,
        }
        return TipRevision.objects.propose(slug=new.slug, facts=facts, by=by, at=at, reason=reason)
