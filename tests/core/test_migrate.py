"""A migration that meets a long transaction gives way to readers and writers, and is applied once it can be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations import Migration, RunSQL
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import LockNotAvailable

from core.management.commands import migrate
from core.management.commands.migrate import LOCK_TIMEOUT, limit_locks

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "9999_a_column_for_a_test"
ADD = "ALTER TABLE core_auditentry ADD COLUMN for_a_test integer"
READ = "SELECT count(*) FROM core_auditentry"


@pytest.fixture
def long_reader(raw_sql: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A session whose transaction has read the table and stays open, as that of a backup does."""
    raw_sql.autocommit = False
    raw_sql.execute(READ)
    yield raw_sql
    raw_sql.rollback()
    raw_sql.autocommit = True


@pytest.fixture
def new_migration(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    """One migration more than the product has, which changes a table that everything writes."""
    load = MigrationLoader.load_disk

    def load_one_more(loader: MigrationLoader) -> None:
        load(loader)
        newest = max(name for app, name in loader.disk_migrations if app == "core")
        made = type(NAME, (Migration,), {"dependencies": [("core", newest)], "operations": [RunSQL(ADD)]})
        one: Migration = made(NAME, "core")
        loader.disk_migrations["core", NAME] = one

    monkeypatch.setattr(MigrationLoader, "load_disk", load_one_more)
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DROP COLUMN IF EXISTS for_a_test")
        cursor.execute("DELETE FROM django_migrations WHERE name = %s", [NAME])


def has_column() -> bool:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "core_auditentry")
    return "for_a_test" in [column.name for column in columns]


def test_a_statement_of_a_migration_gives_up_a_lock_that_is_not_free(long_reader: psycopg.Connection[Any]) -> None:
    begun = time.monotonic()
    with (
        pytest.raises(OperationalError) as error,
        connection.execute_wrapper(limit_locks),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(ADD)

    assert isinstance(error.value.__cause__, LockNotAvailable)
    assert LOCK_TIMEOUT <= time.monotonic() - begun < LOCK_TIMEOUT + 3
    assert not has_column()


def test_what_runs_outside_a_transaction_waits_for_as_long_as_it_takes(db: None) -> None:
    with connection.execute_wrapper(limit_locks), connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        outside = cursor.fetchone()
        with transaction.atomic():
            cursor.execute("SHOW lock_timeout")
            inside = cursor.fetchone()

    assert (outside, inside) == (("0",), ("1s",))


def test_a_migration_that_cannot_be_applied_ends_with_a_sentence(new_migration: None, long_reader: Any) -> None:
    with pytest.raises(CommandError, match=r"another session holds a lock .* End that session, and run migrate again\."):
        call_command("migrate", "core", NAME, patience=0, verbosity=0)

    assert not has_column()


@pytest.mark.slow
def test_readers_and_writers_do_not_queue_behind_a_migration_that_waits(
    new_migration: None, long_reader: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_PAUSE", 1.0)
    said, done = StringIO(), threading.Event()

    def apply() -> None:
        try:
            call_command("migrate", "core", NAME, verbosity=0, stderr=said)
        finally:
            connection.close()
            done.set()

    applying = threading.Thread(target=apply)
    applying.start()
    waits = []
    while said.getvalue().count("tried again") < 2 and not done.is_set():
        begun = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute(READ)
        waits.append(time.monotonic() - begun)
        time.sleep(0.02)
    applied_meanwhile = has_column()
    long_reader.rollback()
    applying.join(timeout=60)

    assert not applied_meanwhile
    assert has_column()
    # What queued behind the migration waited for one attempt, and not for the long transaction.
    assert max(waits) < LOCK_TIMEOUT + 2
