"""Django's `migrate`, in which a lock that is not free soon is given up and asked for again, so that nobody queues behind it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

#: Seconds that a statement of a migration waits for a lock. Every read and write of the table queues behind it meanwhile, and a
#: sender stops when its last reading of the brake is older than 1.5 s.
LOCK_TIMEOUT: Final = 1.0
#: Seconds between two attempts, in which what queued is served.
_PAUSE: Final = 5.0
#: Seconds for which a migration is tried again by default: longer than a dump of millions of registrations.
_PATIENCE: Final = 900


class Command(migrate.Command):
    """The `migrate` command."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--patience",
            type=int,
            default=_PATIENCE,
            metavar="SECONDS",
            help="how long to try again while another session holds a lock that a migration needs (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the migrations; those that were applied stay, whatever happens to the others."""
        until = time.monotonic() + options.pop("patience", _PATIENCE)
        while not self._applied(*args, **options):
            if time.monotonic() + _PAUSE > until:
                raise CommandError(
                    "A migration was not applied, because another session holds a lock that it needs: a backup, perhaps, or a "
                    "transaction that somebody left open. Nothing of it was changed. End that session, and run migrate again."
                )
            self.stderr.write(
                f"Another session holds a lock that a migration needs. It is tried again in {_PAUSE:.0f} seconds, and "
                "whatever queued behind it goes on."
            )
            time.sleep(_PAUSE)

    def _applied(self, *args: Any, **options: Any) -> bool:
        """Apply the migrations; return False when another session held a lock for too long."""
        try:
            with connections[options["database"]].execute_wrapper(limit_locks):
                super().handle(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            return False
        return True


def limit_locks(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Let a statement in a transaction wait for locks for LOCK_TIMEOUT at most.

    A migration without a transaction builds an index concurrently: it waits for others while it holds up nobody, and one that
    ends half-way leaves an invalid index behind.
    """
    if context["connection"].in_atomic_block:
        execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT * 1000:.0f}", None, False, context)
    return execute(sql, params, many, context)
