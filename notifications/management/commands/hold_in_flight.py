"""Hold every campaign that is sending or about to, until a person releases each with `campaign resume`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from core.cli import StaffCommand
from core.roles import require
from notifications.delivery import scheduler


class Command(StaffCommand):
    """Hold everything in flight, for example before a restore, or after one that nobody noticed."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        self.add_acting_user(parser)

    def run_command(self, options: dict[str, Any]) -> None:
        """Hold, and say which campaigns that are."""
        by = self.acting_user(options)
        require(by, "notifications.stop_campaign")
        held = scheduler.hold_in_flight(by=by, at=timezone.now(), reason=f"Held by {by.username}.")
        self.print_result(options, {"held": held}, f"Held: {', '.join(map(str, held)) or 'nothing was in flight'}.")
