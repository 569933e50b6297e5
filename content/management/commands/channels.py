"""List and approve proposed changes of channels."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from content.models import ChannelRevision
from core.cli import StaffCommand
from core.errors import Forbidden, NotFound


class Command(StaffCommand):
    """The `channels` command."""

    help = "List and approve proposed changes of channels."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        self.add_json(verbs.add_parser("list", help="list the proposals that are waiting for a second person"))
        one = verbs.add_parser("approve", help="approve one proposal as a second person")
        one.add_argument("id", type=int)
        everything = verbs.add_parser("approve-all", help="approve all proposals as a second person (sandbox only)")
        for verb in (one, everything):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        waiting = ChannelRevision.objects.proposed().select_related("proposed_by").order_by("service_id", "position")
        rows = [
            {
                "id": revision.pk,
                "service": revision.service_id,
                "position": revision.position,
                "act": revision.act,
                "type": revision.type,
                "value": revision.dial or revision.address,
                "proposed_by": revision.proposed_by.username,
            }
            for revision in waiting
        ]
        lines = [f"{r['id']:>6}  {r['act']:<6} {r['service']} {r['position']}: {r['type']} {r['value']}" for r in rows]
        self.print_result(options, {"proposals": rows}, "\n".join(lines) or "There are no proposals.")

    def _approve(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        revision = ChannelRevision.objects.filter(pk=options["id"]).first()
        if revision is None:
            raise NotFound(f"There is no proposal {options['id']}.")
        revision.approve(by=by, at=timezone.now())
        self.print_result(options, {"id": revision.pk, "state": revision.state}, f"Approved: {revision}.")

    def _approve_all(self, options: dict[str, Any]) -> None:
        if not settings.SANDBOX:
            raise Forbidden("Outside the sandbox, approve each proposal separately.")
        by, at = self.acting_user(options), timezone.now()
        with transaction.atomic():
            waiting = list(ChannelRevision.objects.proposed().order_by("pk"))
            for revision in waiting:
                revision.approve(by=by, at=at)
        self.print_result(options, {"approved": len(waiting)}, f"Approved: {len(waiting)} numbers and addresses.")
