"""The SQL of each migration leaves the code of before running while it is carried out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.lint.migrations import BASELINE, EXCEPTIONS, read_migrations, unsafe_statements

SQUAWK = Path(sys.executable).parent / "squawk"


# Without a transaction of the test: an index that is built concurrently allows none.
@pytest.mark.django_db(transaction=True)
def test_no_migration_locks_a_table_for_long_or_breaks_the_code_of_before() -> None:
    assert [str(finding) for finding in unsafe_statements(read_migrations(), SQUAWK)] == []


# Without a transaction of the test: an index that is built concurrently allows none.
@pytest.mark.django_db(transaction=True)
def test_every_migration_after_the_baseline_is_read() -> None:
    folders = {app: Path(__file__).parents[2] / app / "migrations" for app in BASELINE}
    newer = {
        f"{app}.{path.stem}" for app, folder in folders.items() for path in folder.glob("0*.py") if path.stem > BASELINE[app]
    }

    assert {migration.name for migration in read_migrations()} == newer


def test_every_exception_names_a_migration_and_a_reason() -> None:
    for (name, rule), reason in EXCEPTIONS.items():
        app, _, stem = name.partition(".")
        assert (Path(__file__).parents[2] / app / "migrations" / f"{stem}.py").is_file(), name
        assert len(reason.split()) > 3, (name, rule)
