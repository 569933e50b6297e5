"""Put installations back that FCM wrongly reported gone."""

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
    """Put back the installations that FCM reported gone since an instant; later campaigns are sent to them again."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--since", required=True, metavar="INSTANT", help="an instant with its offset, such as 2026-12-01T06:00:00Z"
        )
        parser.add_argument(
            "--because", choices=("unregistered", "invalid-address"), default="", help="only those with this reason"
        )
        self.add_acting_user(parser)

    def run_command(self, options: dict[str, Any]) -> None:
        """Put them back, and print how many."""
        by = self.acting_user(options)
        require(by, "notifications.approve_campaign")
        try:
            since = datetime.fromisoformat(options["since"])
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            raise Invalid("--since must be an instant with its offset, such as 2026-12-01T06:00:00Z.", code="since")
        with transaction.atomic():
            back = Registration.objects.put_back(since=since, because=options["because"])
            details = {"since": since.isoformat(), "because": options["because"], "installations": back}
            audit.record(by=by, verb=Verb.REGISTRATIONS_RESTORED, at=timezone.now(), **details)
        self.print_result(options, {"put_back": back}, f"{back} installations were put back.")
