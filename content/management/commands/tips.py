"""List, approve and reject proposed changes of tips."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from content.compiling.tip_effect import TipEffect, read_effect
from content.management.proposals import ProposalCommand
from content.models import TipRevision
from core.errors import NotFound


class Command(ProposalCommand):
    """The `tips` command."""

    help = "List, approve and reject proposed changes of tips."
    plural: ClassVar[str] = "changes of tips"

    def add_verbs(self, verbs: _SubParsersAction[ArgumentParser]) -> None:
        show = verbs.add_parser("show", help="show the effect of one proposal on the packs")
        show.add_argument("id", type=int)
        self.add_json(show)

    def proposals(self) -> QuerySet[TipRevision]:
        return TipRevision.objects.proposed().select_related("proposed_by").order_by("slug")

    def find(self, pk: int) -> TipRevision | None:
        return TipRevision.objects.filter(pk=pk).first()

    def row(self, proposal: TipRevision) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "tip": proposal.slug,
            "act": proposal.act,
            "proposed_by": proposal.proposed_by.username,
            "reason": proposal.reason,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['act']:<7} {row['tip']}, by {row['proposed_by']}: {row['reason']}"

    def _show(self, options: dict[str, Any]) -> None:
        revision = self.find(options["id"])
        if revision is None:
            raise NotFound(f"There is no proposal {options['id']}.")
        effect = read_effect(revision, at=timezone.now())
        data = {
            "id": revision.pk,
            "tip": revision.slug,
            "packs_before": effect.packs_before,
            "packs_after": effect.packs_after,
            "removed_from": [list(place) for place in effect.removed_from],
            "added_to": [list(place) for place in effect.added_to],
            "to_source": list(effect.to_source),
            "to_own": list(effect.to_own),
            "older_steps": list(effect.older_steps),
            "keep_removed": list(effect.keep_removed),
        }
        self.print_result(options, data, _summary(revision, effect))


def _summary(revision: TipRevision, effect: TipEffect) -> str:
    lines = [
        f"{revision}. In {effect.packs_before} packs now, in {effect.packs_after} packs if approved; "
        f"removed from {len(effect.removed_from)}, added to {len(effect.added_to)}."
    ]
    locales = (
        ("These languages would show the tip in English", effect.to_source),
        ("These languages would show the tip in their own language", effect.to_own),
        ("These languages keep the steps that are approved there", effect.older_steps),
        ("These of them keep a step that the change removes", effect.keep_removed),
    )
    lines += [f"{text}: {', '.join(found)}." for text, found in locales if found]
    lines += [
        f"No tip is left for {reader.audience} in the situation {reader.situation}, in {', '.join(reader.countries)}."
        for reader in effect.without_tip
    ]
    return "\n".join(lines)
