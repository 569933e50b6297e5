"""No migration blocks or breaks the release that is still running."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tools.lint.migrations import BASELINE, EXCEPTIONS, Migration, read_migrations, unsafe_statements

ROOT = Path(__file__).resolve().parents[2]
SQUAWK = Path(sys.executable).parent / "squawk"


#: Migrations of each app that the quick tests read: the SQL of all of them takes ten seconds.
_NEWEST = 5


@pytest.mark.slow
def test_no_new_migration_blocks_a_table_or_breaks_the_running_release(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        newest = read_migrations(newest=_NEWEST)

    assert len(newest) > 2 * _NEWEST
    assert [str(finding) for finding in unsafe_statements(newest, SQUAWK)] == []


@pytest.fixture(scope="module")
def migrations(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> list[Migration]:
    """Return the migrations to check. Read outside a transaction, because no index can be built concurrently in one."""
    with django_db_blocker.unblock():
        return read_migrations()


@pytest.mark.slow
def test_every_migration_after_the_baseline_is_read(migrations: list[Migration]) -> None:
    folders = {app: ROOT / app / "migrations" for app in BASELINE}
    present = {(app, path.stem) for app, folder in folders.items() for path in folder.glob("0*.py")}
    newer = {f"{app}.{name}" for app, name in present if name > BASELINE[app]}

    assert {migration.name for migration in migrations} == newer


@pytest.mark.slow
def test_no_migration_blocks_a_table_or_breaks_the_running_release(migrations: list[Migration]) -> None:
    assert [str(finding) for finding in unsafe_statements(migrations, SQUAWK)] == []


def test_every_exception_is_for_a_migration_that_exists_and_says_why() -> None:
    for (name, rule), reason in EXCEPTIONS.items():
        app, _, stem = name.partition(".")
        assert (ROOT / app / "migrations" / f"{stem}.py").is_file(), name
        assert len(reason.split()) > 3, (name, rule)
