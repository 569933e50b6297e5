"""Create many simulated registrations, for trials on this machine; refused anywhere else."""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone

from core.cli import StaffCommand
from core.errors import Forbidden, Invalid
from core.sandbox import refusal
from notifications.registrations import simulation


class Command(StaffCommand):
    """Create N registrations with simulated addresses, spread over countries, locales and platforms."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("number", type=int, metavar="N")
        parser.add_argument("--app", default="parent")
        parser.add_argument("--country", help="only in this country")

    def run_command(self, options: dict[str, Any]) -> None:
        """Create them, and print how long it took."""
        if reason := refusal(os.environ):
            raise Forbidden(reason, code="sandbox")
        if not settings.SANDBOX:
            raise Forbidden("Registrations can only be simulated in the sandbox (FINGERPOST_SANDBOX=1).", code="sandbox")
        if not 1 <= options["number"] <= 20_000_000:
            raise Invalid("N must be between 1 and 20,000,000.")
        began = time.monotonic()
        made = simulation.register_many(options["number"], app=options["app"], country=options["country"], at=timezone.now())
        seconds = round(time.monotonic() - began, 1)
        self.print_result(options, {"registrations": made, "seconds": seconds}, f"{made} registrations in {seconds} s.")
