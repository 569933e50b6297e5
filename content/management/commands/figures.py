"""List, approve and withdraw figures."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from content.models import Figure
from core.cli import StaffCommand
from core.errors import Forbidden, NotFound


class Command(StaffCommand):
    """What waits for a second person, that person's approval, and the withdrawal of a figure."""

    help = "List, approve and withdraw figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        self.add_json(verbs.add_parser("list", help="show the figures that wait"))
        approve = verbs.add_parser("approve", help="approve one figure as a second person")
        withdraw = verbs.add_parser("withdraw", help="reject one figure, or take it out of the next release")
        for verb in (approve, withdraw):
            verb.add_argument("id", type=int)
        everything = verbs.add_parser("approve-all", help="approve all figures as a second person (sandbox only)")
        for verb in (approve, withdraw, everything):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = [
            {
                "id": figure.pk,
                "slug": figure.slug,
                "value": str(figure.value),
                "country": figure.country_id,
                "period": f"{figure.period_from} to {figure.period_until}",
                "source": figure.source,
                "proposed_by": figure.proposed_by.username,
            }
            for figure in Figure.objects.proposed().select_related("proposed_by").order_by("slug")
        ]
        lines = [f"{row['id']:>6}  {row['slug']}: {row['value']}, {row['period']} ({row['source']})" for row in rows]
        self.print_result(options, {"proposals": rows}, "\n".join(lines) or "Nothing waits for approval.")

    def _approve(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        figure = self._figure(options["id"])
        figure.approve(by=by, at=timezone.now())
        self.print_result(options, {"id": figure.pk, "state": figure.state}, f"{figure} is in the next release.")

    def _withdraw(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        figure = self._figure(options["id"])
        figure.withdraw(by=by, at=timezone.now())
        self.print_result(options, {"id": figure.pk, "state": figure.state}, f"{figure} is not in the next release.")

    def _approve_all(self, options: dict[str, Any]) -> None:
        if not settings.SANDBOX:
            raise Forbidden("Outside the sandbox each figure is looked at and approved by itself.")
        by, at = self.acting_user(options), timezone.now()
        with transaction.atomic():
            waiting = list(Figure.objects.proposed().order_by("pk"))
            for figure in waiting:
                figure.approve(by=by, at=at)
        self.print_result(options, {"approved": len(waiting)}, f"{len(waiting)} figures are in the next release.")

    def _figure(self, pk: int) -> Figure:
        figure = Figure.objects.filter(pk=pk).first()
        if figure is None:
            raise NotFound(f"There is no figure {pk}.")
        return figure
