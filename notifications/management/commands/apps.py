"""List, propose, approve and reject changes of apps: push modes, and legal bases for addresses of teenagers."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from content.management.proposals import ProposalCommand
from core.errors import NotFound
from notifications.models import App, AppRevision, PushMode


class Command(ProposalCommand):
    """The `apps` command."""

    help = "List, propose, approve and reject changes of apps."
    plural: ClassVar[str] = "changes of apps"

    def add_verbs(self, verbs: _SubParsersAction[ArgumentParser]) -> None:
        propose = verbs.add_parser("propose", help="propose how an app receives alerts, in general or in countries")
        propose.add_argument("app")
        propose.add_argument("--country", action="append", default=[], dest="countries", help="an ISO code; none: the whole app")
        propose.add_argument("--mode", choices=PushMode.values, help="how alerts arrive there")
        propose.add_argument("--basis", default="", help="the legal basis on which addresses of teenagers are stored there")
        propose.add_argument("--source", default="", help="where that basis is recorded")
        propose.add_argument("--no-basis", action="store_true", help="store no addresses of teenagers there")
        propose.add_argument("--reason", default="", help="for the second administrator")
        self.add_acting_user(propose)
        self.add_json(propose)

    def proposals(self) -> QuerySet[AppRevision]:
        return AppRevision.objects.proposed().select_related("proposed_by").order_by("app_id")

    def find(self, pk: int) -> AppRevision | None:
        return AppRevision.objects.filter(pk=pk).first()

    def row(self, proposal: AppRevision) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "app": proposal.app_id,
            "push_mode": proposal.push_mode,
            "mode_by_country": proposal.mode_by_country,
            "basis_for_teens": proposal.basis_for_teens,
            "proposed_by": proposal.proposed_by.username,
            "reason": proposal.reason,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['app']}, by {row['proposed_by']}: {row['reason']}"

    def _propose(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        app = App.objects.filter(pk=options["app"]).first()
        if app is None:
            raise NotFound(f"There is no app {options['app']}.")
        facts = app.facts_with(
            options["countries"],
            mode=options["mode"],
            basis={"basis": options["basis"], "source": options["source"]} if options["basis"] or options["source"] else None,
            no_basis=options["no_basis"],
        )
        made = AppRevision.objects.propose(app=app, facts=facts, by=by, at=timezone.now(), reason=options["reason"])
        self.print_result(options, {"id": made.pk}, f"Proposed: {made} ({made.pk}). Another administrator approves it.")
