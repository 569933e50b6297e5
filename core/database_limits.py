"""Limits of a worker's database sessions: a lock or a statement that takes too long ends with an error, and is tried again."""

from __future__ import annotations

from django.db import connections

#: The freeze of a hundred million registrations takes ten minutes by calculation; nothing else comes near.
LIMITS = {"lock_timeout": "5s", "statement_timeout": "15min", "idle_in_transaction_session_timeout": "5min"}


def apply() -> None:
    """Limit the sessions that this process opens from now on, in all its threads; those that DATABASE_URL sets stay.

    They are given when the session begins, because a SET would reach other programs' statements through a pooler.
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
    """
    options = connections.settings["default"]["OPTIONS"]
    given = str(options.get("options", ""))
    missing = [f"-c {name}={value}" for name, value in LIMITS.items() if name not in given]
    options["options"] = " ".join([given, *missing]).strip()
