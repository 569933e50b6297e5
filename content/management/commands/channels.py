"""List, approve and reject proposed changes of channels."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from content.management.proposals import ProposalCommand
from content.models import ChannelRevision


class Command(ProposalCommand):
    """The `channels` command."""

    help = "List, approve and reject proposed changes of channels."
    plural: ClassVar[str] = "numbers and addresses"

    def proposals(self) -> QuerySet[ChannelRevision]:
        return ChannelRevision.objects.proposed().select_related("proposed_by").order_by("service_id", "position")

    def find(self, pk: int) -> ChannelRevision | None:
        return ChannelRevision.objects.filter(pk=pk).first()

    def row(self, proposal: ChannelRevision) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "service": proposal.service_id,
            "position": proposal.position,
            "act": proposal.act,
            "type": proposal.type,
            "value": proposal.dial or proposal.address,
            "proposed_by": proposal.proposed_by.username,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['act']:<6} {row['service']} {row['position']}: {row['type']} {row['value']}"
