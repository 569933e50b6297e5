"""Keep installations that have unregistered away, whatever state of the database is put back."""

from __future__ import annotations

import logging
import time
from datetime import date, datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from core.errors import Invalid
from notifications.models.registration import Registration
from notifications.models.unregistered import UNREGISTERED_KEPT, Unregistered, UnregisteredDays
from notifications.registrations import sealed, unregistered_file

#: Seconds between two looks of a worker process.
INTERVAL = 60.0
#: Rows in one statement.
BATCH = 5_000

_logger = logging.getLogger(__name__)


def purge(days: UnregisteredDays) -> int:
    """Delete every registration whose id is among those that have unregistered, and record them; return how many were deleted.

    Entries under a key that ADDRESS_KEYS lacks are recorded, and lead to nobody.
    """
    keys = {digest.partition(".")[0] for digest in days} & set(settings.ADDRESS_KEYS)
    returned = [
        identity
        for identity in Registration.objects.values_list("pk", flat=True).iterator(chunk_size=BATCH)
        if any(sealed.unregistered_digest(identity, key) in days for key in keys)
    ]
    with transaction.atomic():
        for start in range(0, len(returned), BATCH):
            Registration.objects.filter(pk__in=returned[start : start + BATCH]).delete()
        Unregistered.objects.add(days)
    return len(returned)


class OutsideList:
    """The list in one folder, which all workers of a machine may share."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / unregistered_file.NAME
        self._version: object = None
        self._next_at = 0.0
        self._failed = False

    def keep(self, *, on: date) -> None:
        """Bring list and database to the same state, at most once a minute; the database may be an earlier state of itself."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + INTERVAL
        version = Unregistered.objects.version()
        if version == self._version:
            return
        inside, written = Unregistered.objects.days(on=on), self._read()
        outside = {digest: day for digest, day in written.items() if day > on - UNREGISTERED_KEPT}
        if unknown := {digest: day for digest, day in outside.items() if digest not in inside}:
            returned = purge(unknown)
            _logger.warning("%s phones that had unregistered were in the database again, and were removed.", returned)
            version = Unregistered.objects.version()
        if written != (both := inside | outside):
            self._write(both)
        self._version = version

    def _read(self) -> dict[str, date]:
        try:
            return unregistered_file.read(self._path)
        except Invalid as error:
            _logger.warning("%s It is written anew.", error.detail)
            return {}

    def _write(self, days: UnregisteredDays) -> None:
        try:
            unregistered_file.write(self._path, days)
            self._failed = False
        except OSError as error:
            if not self._failed:
                _logger.warning("The list of unregistered phones cannot be written to %s: %s", self._path, error.strerror)
            self._failed = True


@cache
def of_folder(folder: str) -> OutsideList:
    """Return the list in a folder."""
    return OutsideList(Path(folder))


def keep_outside(*, at: datetime) -> None:
    """Keep the list in DATABASE_STATE_DIR; nothing without that folder."""
    if settings.DATABASE_STATE_DIR:
        of_folder(settings.DATABASE_STATE_DIR).keep(on=at.date())
