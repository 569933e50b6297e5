"""Hold every approved or sending campaign, until a person releases each with `campaign resume`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from core.cli import StaffCommand
from core.roles import require
from notifications.delivery import restores


class Command(StaffCommand):
    """Hold every campaign in flight, for example before a restore of the database, or after one that went unnoticed."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        self.add_acting_user(parser, default="without it the product itself is on record, and no token is needed")

    def run_command(self, options: dict[str, Any]) -> None:
        """Hold them, and print their ids."""
        by = self.acting_user(options)
        require(by, "notifications.stop_campaign")
        held = restores.hold_in_flight(by=by, at=timezone.now(), reason=f"Held by {by.username}.")
        self.print_result(options, {"held": held}, f"Held: {', '.join(map(str, held)) or 'no campaign was in flight'}.")
