"""What a worker leaves to others for a while, because it cannot send it itself; it says so in the database."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import suppress

from django.db import DatabaseError

from notifications.models.worker_note import WorkerNote

#: Seconds after which a worker tries again what it has left out.
LEFT_FOR = 10.0

_logger = logging.getLogger(__name__)


class LeftOut:
    """The Firebase projects and campaigns that this worker leaves out now."""

    def __init__(self) -> None:
        self._projects: dict[str, float] = {}
        self._campaigns: dict[int, float] = {}

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


def note(project: str, reason: str) -> None:
    """Log why this worker cannot send to a project, and write it for the page of the campaign."""
    _logger.error("This worker cannot send to %s: %s", project, reason)
    with suppress(DatabaseError):
        WorkerNote.objects.write(worker=socket.gethostname(), project=project, reason=reason)
