"""Say whether the processes of a role on this machine make progress."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import heartbeats


class Command(BaseCommand):
    """The `health` command; `python -m core.heartbeats ROLE` is the same without starting Django."""

    help = "Fail where a worker or beat process on this machine is stuck or missing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", choices=sorted(heartbeats.STUCK_AFTER))

    def handle(self, *args: Any, **options: Any) -> None:
        fault = heartbeats.fault(options["role"], now=time.time())
        if fault is not None:
            raise CommandError(fault)
        self.stdout.write(f"The {options['role']} makes progress.")
