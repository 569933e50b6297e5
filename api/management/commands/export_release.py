"""Write the published packs and the manifest as files that any web server can serve."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import Any

from django.db import OperationalError, connection

from api.export import ExportResult, export_release
from content.models import Manifest
from core.cli import StaffCommand
from core.errors import DomainError, Invalid

#: Seconds after which the folder is compared again although no manifest is new: somebody may have deleted a file.
_COMPARE_AFTER = 3600.0

_logger = logging.getLogger(__name__)


class Command(StaffCommand):
    """Static export from the command line, once or continuously."""

    help = "Write the signed manifest and its packs to a folder. Only changed files are written, each is read back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path)
        parser.add_argument(
            "--every",
            type=float,
            metavar="SECONDS",
            help="run until SIGTERM: look for a new manifest this often, and compare all files once an hour",
        )

    def run_command(self, options: dict[str, Any]) -> None:
        every = options["every"]
        if every is None:
            self._print(options, export_release(options["folder"]))
        elif every < 1:
            raise Invalid("--every must be at least 1 second.", code="every")
        else:
            self._follow(options, every)

    def _follow(self, options: dict[str, Any], every: float) -> None:
        """Export each new manifest until SIGTERM or SIGINT; log each failure and try again."""
        ended = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        exported: int | None = None
        compared = 0.0
        while not ended.is_set():
            try:
                newest = Manifest.objects.newest().pk
                if newest != exported or time.monotonic() - compared >= _COMPARE_AFTER:
                    self._print(options, export_release(options["folder"]))
                    exported, compared = newest, time.monotonic()
            except DomainError as error:
                _logger.warning("Nothing was exported: %s", error.detail)
            except OperationalError as error:
                _logger.warning("Nothing was exported: the database fails (%s).", type(error).__name__)
                connection.close()
            ended.wait(every)

    def _print(self, options: dict[str, Any], result: ExportResult) -> None:
        text = (
            f"Release {result.release} is in {options['folder']}: {result.packs} packs; "
            f"{result.written} files written, {result.kept} unchanged, {result.removed} removed."
        )
        self.print_result(options, asdict(result), text)
