"""Put installations back on the list that FCM called gone, after an answer that was wrong for many."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import audit
from core.audit_verbs import Verb
from core.cli import StaffCommand
from core.errors import Invalid
from core.roles import require
from notifications.models import Registration


class Command(StaffCommand):
    """Put back whom FCM called gone since an instant; they come with the next campaign, not with one under way."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", required=True, metavar="INSTANT", help="such as 2026-12-01T06:00:00Z")
        parser.add_argument("--because", choices=("unregistered", "invalid-address"), default="", help="this reason alone")
        self.add_acting_user(parser)

    def run_command(self, options: dict[str, Any]) -> None:
        """Put back, and say how many."""
        by = self.acting_user(options, sensitive=True)
        require(by, "notifications.approve_campaign")
        try:
            since = datetime.fromisoformat(options["since"])
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            raise Invalid("--since is an instant with its offset, such as 2026-12-01T06:00:00Z.", code="since")
        with transaction.atomic():
            back = Registration.objects.put_back(since=since, because=options["because"])
            asked = {"since": since.isoformat(), "because": options["because"], "installations": back}
            audit.record(by=by, verb=Verb.REGISTRATIONS_RESTORED, at=timezone.now(), **asked)
        self.print_result(options, {"put_back": back}, f"{back} installations are on the list again.")
