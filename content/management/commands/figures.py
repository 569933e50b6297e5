"""List, approve and withdraw figures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from content.management.proposals import ProposalCommand
from content.models import Figure


class Command(ProposalCommand):
    """What waits for a second person, that person's approval, and the withdrawal of a figure."""

    help = "List, approve and withdraw figures."
    plural: ClassVar[str] = "figures"
    reject_verb: ClassVar[str] = "withdraw"
    reject_help: ClassVar[str] = "reject one figure, or take it out of the next release"

    def proposals(self) -> QuerySet[Figure]:
        return Figure.objects.proposed().select_related("proposed_by").order_by("slug")

    def find(self, pk: int) -> Figure | None:
        return Figure.objects.filter(pk=pk).first()

    def row(self, proposal: Figure) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "slug": proposal.slug,
            "value": str(proposal.value),
            "country": proposal.country_id,
            "period": f"{proposal.period_from} to {proposal.period_until}",
            "source": proposal.source,
            "proposed_by": proposal.proposed_by.username,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['slug']}: {row['value']}, {row['period']} ({row['source']})"
