"""Tips: what readers are told to do. TipRevision alone changes who a tip is for and which steps it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.db import models

from content.models.tip_facts import FACTS, TipFacts, TipState, unit_keys
from content.models.unit import Unit
from core import states
from core.audit_verbs import Verb
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

if TYPE_CHECKING:
    from content.models.tip_revision import TipRevision

LIFECYCLE = Lifecycle(
    model="content.Tip",
    states=TipState,
    initial=TipState.CURRENT,
    edges=[
        Edge(
            TipState.CURRENT,
            TipState.RETIRED,
            Verb.TIP_RETIRED,
            "a second person approves its retirement, and it is left out of the next release",
        ),
        Edge(
            TipState.RETIRED,
            TipState.CURRENT,
            Verb.TIP_RESTORED,
            "a second person approves its return, and it is compiled again",
        ),
    ],
)

_same_facts = ", ".join(f'r."{name}"' for name in (*FACTS, "tip_state"))
_new_facts = ", ".join(f'NEW."{name}"' for name in (*FACTS, "state"))

#: No statement can make a tip differ from its newest approved revision.
_ONLY_APPROVED = f"""
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a tip is retired, never deleted' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_tiprevision r
        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.slug = NEW.slug
        AND ({_same_facts}) IS NOT DISTINCT FROM ({_new_facts});
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the facts of a tip change only by an approved revision that says so'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM content_tiprevision r
        WHERE r.slug = NEW.slug AND r.state = 'approved' AND r.id > NEW.revision_id;
    IF FOUND OR (TG_OP = 'UPDATE' AND NEW.revision_id < OLD.revision_id) THEN
        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class TipQuerySet(models.QuerySet["Tip"]):
    """Find tips, and apply approved revisions; nothing else writes tips."""

    def current(self) -> TipQuerySet:
        """Filter those that are compiled."""
        return self.filter(state=TipState.CURRENT)

    def apply(self, revision: TipRevision, *, by: User, at: datetime) -> None:
        """Add or change the tip as the approved revision says, in the transaction that approves it."""
        values: dict[str, Any] = {**revision.values(), "revision": revision}
        tip = self.select_for_update().filter(pk=revision.slug).first()
        if tip is None:
            self.create(slug=revision.slug, state=revision.tip_state, **values)
        elif tip.state != revision.tip_state:
            states.advance(tip, revision.tip_state, by=by, at=at, **values)
        else:
            self.filter(pk=tip.pk).update(**values)


class Tip(TipFacts):
    """The approved facts of a tip. Its texts are units."""

    slug = models.SlugField(max_length=60, primary_key=True, help_text="Neutral: it never names a situation.")
    state = models.CharField(max_length=7, choices=TipState.choices, default=TipState.CURRENT)
    revision = models.OneToOneField("content.TipRevision", on_delete=models.PROTECT, related_name="tip")

    objects: ClassVar[TipQuerySet] = manager_of(TipQuerySet)

    class Meta(TipFacts.Meta):
        ordering = ("order", "slug")
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Trigger(
                name="only_approved",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=_ONLY_APPROVED,
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def owner(self) -> str:
        """The owner label of its units."""
        return f"tip:{self.slug}"

    def facts(self) -> dict[str, Any]:
        """Return everything that a revision says of the tip, by the revision's columns."""
        return {**self.values(), "tip_state": self.state}

    def keys(self) -> Iterator[tuple[str, str]]:
        """Yield (field, unit key) in reading order; the fields are those of `unit_keys`."""
        return unit_keys(self.slug, self.do_now, self.do_not, more=self.more)


def step_numbers(slug: str, part: str) -> list[int]:
    """Return the numbers of all steps of `do-now` or `do-not` that were ever written, those that are not shown included."""
    keys = Unit.objects.filter(key__startswith=f"tip.{slug}.{part}.").values_list("key", flat=True)
    return [int(key.rsplit(".", 1)[1]) for key in keys]
