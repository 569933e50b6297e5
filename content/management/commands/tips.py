"""List, approve and reject proposed changes of tips."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from content.compiling.tip_effect import TipEffect, read_effect
from content.models import TipRevision
from core.cli import StaffCommand
from core.errors import Forbidden, NotFound


class Command(StaffCommand):
    """The `tips` command."""

    help = "List, approve and reject proposed changes of tips."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        self.add_json(verbs.add_parser("list", help="list the proposals that are waiting for a second person"))
        show = verbs.add_parser("show", help="show the effect of one proposal on the packs")
        one = verbs.add_parser("approve", help="approve one proposal as a second person")
        no = verbs.add_parser("reject", help="reject one proposal, or withdraw your own")
        for verb in (show, one, no):
            verb.add_argument("id", type=int)
        self.add_json(show)
        everything = verbs.add_parser("approve-all", help="approve all proposals as a second person (sandbox only)")
        for verb in (one, no, everything):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = [
            {"id": row.pk, "tip": row.slug, "act": row.act, "proposed_by": row.proposed_by.username, "reason": row.reason}
            for row in TipRevision.objects.proposed().select_related("proposed_by").order_by("slug")
        ]
        lines = [f"{row['id']:>6}  {row['act']:<7} {row['tip']}, by {row['proposed_by']}: {row['reason']}" for row in rows]
        self.print_result(options, {"proposals": rows}, "\n".join(lines) or "There are no proposals.")

    def _show(self, options: dict[str, Any]) -> None:
        revision = self._revision(options["id"])
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

    def _approve(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        revision = self._revision(options["id"])
        revision.approve(by=by, at=timezone.now())
        self.print_result(options, {"id": revision.pk, "state": revision.state}, f"Approved: {revision}.")

    def _reject(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        revision = self._revision(options["id"])
        revision.withdraw(by=by, at=timezone.now())
        self.print_result(options, {"id": revision.pk, "state": revision.state}, f"Rejected: {revision}.")

    def _approve_all(self, options: dict[str, Any]) -> None:
        if not settings.SANDBOX:
            raise Forbidden("Outside the sandbox, approve each proposal separately.")
        by, at = self.acting_user(options), timezone.now()
        with transaction.atomic():
            waiting = list(TipRevision.objects.proposed().order_by("pk"))
            for revision in waiting:
                revision.approve(by=by, at=at)
        self.print_result(options, {"approved": len(waiting)}, f"Approved: {len(waiting)} changes of tips.")

    def _revision(self, pk: int) -> TipRevision:
        revision = TipRevision.objects.filter(pk=pk).first()
        if revision is None:
            raise NotFound(f"There is no proposal {pk}.")
        return revision


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
