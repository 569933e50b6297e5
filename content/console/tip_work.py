"""What one person has to do in the tips of one language, most urgent first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from content.models import DeclinedReading, Target, TextComment, Tip, Unit
from content.models.target_lifecycle import TargetState
from content.models.target_status import TargetStatus
from content.terms import Situation
from core import roles
from core.console.display import StatusTag
from core.models import User

WRITES, REVIEWS = "content.edit_words", "content.approve_words"
S = TargetStatus
#: More countries than there are.
_EVERYWHERE = 1000


@dataclass
class TipWork:
    """What is to do in one tip in one language."""

    tip: Tip
    title: str
    counts: Counter[str] = field(default_factory=Counter)
    #: Drafts that other people wrote and that the person can judge, and drafts that a second reader sent back.
    to_review: int = 0
    sent_back: int = 0
    #: Outdated texts of other people, which a second reader may confirm, and removals that others propose.
    to_confirm: int = 0
    to_remove: int = 0
    #: When the oldest text that waits was written.
    oldest: datetime | None = None

    @property
    def to_write(self) -> int:
        """Texts to translate or to bring up to date."""
        return self.counts[S.WITHDRAWN] + self.counts[S.OUTDATED] + self.counts[S.EMPTY] + self.sent_back

    @property
    def tag(self) -> StatusTag:
        """The most urgent of what is to do."""
        if n := self.counts[S.WITHDRAWN]:
            return StatusTag(f"{n} withdrawn for safety", "bad")
        if n := self.counts[S.OUTDATED]:
            return StatusTag(f"{n} outdated", "wait")
        if n := self.sent_back:
            return StatusTag(f"{n} sent back", "wait")
        if n := self.counts[S.EMPTY]:
            return StatusTag(f"{n} not translated", "wait")
        if n := self.to_review:
            return StatusTag(f"{n} to review", "wait")
        return StatusTag(f"{self.to_remove} to remove", "wait")

    def next_action(self, user: User) -> str:
        """Return what the person does next in this tip, "" where it is not theirs."""
        if self.to_write and roles.holds(user, WRITES):
            return "Translate" if self.counts[S.EMPTY] == self.to_write else "Update"
        reviews = self.to_review or self.to_confirm or self.to_remove
        return "Review" if reviews and roles.holds(user, REVIEWS) else ""

    @property
    def urgency(self) -> tuple[bool, bool, int, int]:
        """Sort key: what safety has taken away, a risk of self-harm, the place in the list, and in how many countries it is."""
        crisis = Situation.SELF_HARM_RISK in self.tip.situations
        # An empty list of countries means every country.
        return not self.counts[S.WITHDRAWN], not crisis, self.tip.order, -(len(self.tip.countries) or _EVERYWHERE)


def tips_to_do(user: User, locale: str) -> list[TipWork]:
    """Return the current tips in which the person has something to do, most urgent first, in at most six queries."""
    tips = {tip.slug: tip for tip in Tip.objects.current() if not tip.countries or user.covers(tip.countries)}
    keys = {key: slug for slug, tip in tips.items() for _, key in tip.keys()}  # noqa: SIM118  a method of the tip
    units = {unit.pk: unit for unit in Unit.objects.filter(key__in=keys).only("key", "text")}
    titles = {unit.key: unit.text for unit in units.values() if unit.key.endswith(".title")}
    work = {slug: TipWork(tip, titles.get(f"tip.{slug}.title", slug)) for slug, tip in tips.items()}
    targets = Target.objects.with_status().filter(locale=locale, unit__in=units)
    found = {row[0]: row[1:] for row in targets.values_list("unit", "status", "written_by", "written_at", "pk", "revision")}
    returned = set(TextComment.objects.open().returned(locale).values_list("unit", "returned_revision"))
    declined = set(DeclinedReading.objects.current().filter(by=user, target__locale=locale).values_list("target", flat=True))
    removals = Target.objects.exclude_latest_by(user).filter(locale=locale, state=TargetState.REMOVAL)
    by_others = set(removals.values_list("pk", flat=True)) if any(row[0] == S.REMOVAL for row in found.values()) else set()
    for unit in units.values():
        one = work[keys[unit.key]]
        status, author, written_at, target, revision = found.get(unit.pk, (S.EMPTY, None, None, None, 0))
        one.counts[status] += 1
        judges = author != user.pk and target not in declined
        if status == S.NEEDS_REVIEW and (unit.pk, revision) in returned:
            one.sent_back += 1
        elif status == S.NEEDS_REVIEW:
            one.to_review += judges
        elif status == S.OUTDATED:
            one.to_confirm += judges
        elif status == S.REMOVAL:
            one.to_remove += target in by_others
        if status != S.APPROVED and written_at is not None:
            one.oldest = min(one.oldest or written_at, written_at)
    return sorted((one for one in work.values() if one.next_action(user)), key=lambda one: one.urgency)
