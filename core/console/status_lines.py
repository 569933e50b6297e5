"""The lines of the Status page: what works, what is late and what needs a person. Those about backups and accounts are here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.conf import settings
from django.urls import reverse

from core.console.display import number_text, zoned_text
from core.console.pages import Link
from core.models import Backup, StaffChange, User
from core.models.backup import BACKUP_AGE


class Condition(Enum):
    """What a line of the page reports."""

    #: Nothing more happens until somebody acts.
    NEEDS_PERSON = "needs-person"
    #: It should have happened by now, or must happen soon.
    LATE = "late"
    WORKS = "works"


@dataclass(frozen=True)
class StatusLine:
    """One or two sentences, and where to act; `link` is None where the console has no page for that."""

    condition: Condition
    text: str
    link: Link | None = None


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun, such as "1 translation" or "2,000 translations"."""
    return f"{number_text(number)} {one if number == 1 else many}"


def waiting_line(number: int, one: str, many: str, link: Link) -> Iterator[StatusLine]:
    """Yield a line about this number of things that wait for a second person; no line for 0."""
    if number:
        waits = "waits" if number == 1 else "wait"
        yield StatusLine(Condition.NEEDS_PERSON, f"{counted(number, one, many)} {waits} for a second person.", link)


def core_lines(user: User, *, at: datetime) -> Iterator[StatusLine]:
    """Yield the sentences about backups and accounts."""
    people = Link("People", reverse("admin:people"))
    yield from waiting_line(StaffChange.objects.waiting().count(), "change of an account", "changes of accounts", people)
    newest = Backup.objects.first()
    if newest is not None and at - newest.taken_at <= BACKUP_AGE:
        yield StatusLine(Condition.WORKS, f"The last backup was made on {zoned_text(newest.taken_at, user.time_zone)}.")
    elif newest is not None:
        text = f"The last backup was made on {zoned_text(newest.taken_at, user.time_zone)}. There should be one each day."
        yield StatusLine(Condition.LATE, text)
    elif not settings.SANDBOX:
        text = "There is no backup by the backup command. Set up a daily one, or test that another backup can be restored."
        yield StatusLine(Condition.NEEDS_PERSON, text)
