"""What a worker leaves to others for a while, because it cannot send it itself, and what slows it down; it notes both."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterable
from contextlib import suppress

from django.db import DatabaseError

from notifications.models.worker_note import WorkerNote

#: Seconds after which a worker tries again what it has left out, and notes again what slows it down.
LEFT_FOR = 10.0
#: Seconds that the database may take to answer before a worker says that it sends slowly because of it.
SLOW_DATABASE = 0.3

_logger = logging.getLogger(__name__)


class LeftOut:
    """The Firebase projects and campaigns that this worker leaves out now."""

    def __init__(self) -> None:
        self._projects: dict[str, float] = {}
        self._campaigns: dict[int, float] = {}
        self._noted_slow_at = float("-inf")

    def skip_project(self, project: str, reason: str) -> None:
        """Leave out a project whose account this worker does not have."""
        self._projects[project] = time.monotonic() + LEFT_FOR
        note(project, reason)

    def skip_campaign(self, campaign_id: int, project: str, reason: str) -> None:
        """Leave out a campaign whose addresses this worker cannot read."""
        self._campaigns[campaign_id] = time.monotonic() + LEFT_FOR
        note(project, reason)

    def is_skipped(self, project: str) -> bool:
        """Return whether a project is left out."""
        return self._projects.get(project, 0.0) > time.monotonic()

    def campaigns(self) -> list[int]:
        """Return the campaigns that are left out."""
        return [campaign for campaign, until in self._campaigns.items() if until > time.monotonic()]

    def note_delay(self, projects: Iterable[str], delay: float) -> None:
        """Note for the campaigns of these projects how long the database takes to answer, if that is long."""
        if delay < SLOW_DATABASE or time.monotonic() < self._noted_slow_at + LEFT_FOR:
            return
        self._noted_slow_at = time.monotonic()
        _logger.warning("The database takes %.1f s to answer.", delay)
        for project in projects:
            _write(project, f"sends slowly: the database takes {delay:.1f} s to answer.")


def note(project: str, reason: str) -> None:
    """Log why this worker cannot send to a project, and write it for the page of the campaign."""
    _logger.error("This worker cannot send to %s: %s", project, reason)
    _write(project, f"cannot send this: {reason}")


def _write(project: str, reason: str) -> None:
    with suppress(DatabaseError):
        WorkerNote.objects.write(worker=socket.gethostname(), project=project, reason=reason)
