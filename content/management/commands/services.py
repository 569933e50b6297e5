"""List, approve and reject proposed facts of services, and show what one proposal does."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from content.compiling.service_effect import read_service_effect
from content.console.service_change import effect_lines
from content.management.proposals import ProposalCommand
from content.models import ServiceRevision
from core.errors import NotFound


class Command(ProposalCommand):
    """The `services` command."""

    help = "List, approve and reject proposed facts of services."
    plural: ClassVar[str] = "services and changes of services"

    def add_verbs(self, verbs: _SubParsersAction[ArgumentParser]) -> None:
        show = verbs.add_parser("show", help="show the effect of one proposal on packs and plans")
        show.add_argument("id", type=int)
        self.add_json(show)

    def proposals(self) -> QuerySet[ServiceRevision]:
        return ServiceRevision.objects.proposed().select_related("proposed_by").order_by("service_id")

    def find(self, pk: int) -> ServiceRevision | None:
        return ServiceRevision.objects.filter(pk=pk).first()

    def row(self, proposal: ServiceRevision) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "service": proposal.service_id,
            "act": proposal.act,
            "proposed_by": proposal.proposed_by.username,
            "reason": proposal.reason,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['act']:<7} {row['service']}, by {row['proposed_by']}: {row['reason']}"

    def _show(self, options: dict[str, Any]) -> None:
        revision = self.find(options["id"])
        if revision is None:
            raise NotFound(f"There is no proposal {options['id']}.")
        effect = read_service_effect(revision, at=timezone.now())
        lines = [f"{revision}.", *(line.text for line in effect_lines(effect))]
        self.print_result(options, {"id": revision.pk, "service": revision.service_id} | asdict(effect), "\n".join(lines))
