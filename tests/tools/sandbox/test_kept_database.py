"""The database that test runs begin with: migrated once, copied while no migration changes, and the same as migrating anew."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.roles import ROLES
from tools.sandbox import kept_database
from tools.sandbox.kept_database import DATABASE, TEMPLATE, Passwords
from tools.sandbox.paths import Paths, read_json
from tools.sandbox.postgres import Cluster

ROOT = Path(__file__).resolve().parents[3]
OWN: Passwords = ("of the superuser", "of the owner")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the files of a checkout on which the database depends, and one on which it does not."""
    texts = dict.fromkeys(kept_database._MADE_WITH, "") | {
        "core/migrations/0001_first.py": "import core.models.user\nfrom content import terms\n",
        "core/models/__init__.py": "",
        "core/models/user.py": "from core import (\n    limits,\n)\n\ndef roles():\n    import content.helper\n",
        "core/limits.py": "LIMITS = {}",
        "content/helper.py": "SQL = ''",
        "core/pages.py": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "another"),
    [
        ("core/migrations/0001_first.py", True),
        ("content/migrations/0001_first.py", True),
        ("core/models/user.py", True),
        ("requirements/dev.txt", True),
        ("tools/sandbox/postgres.py", True),
        # What imported modules import, and the packages that they are in.
        ("core/models/__init__.py", True),
        ("core/limits.py", True),
        ("content/helper.py", True),
        # What `migrate` does and writes last.
        ("tools/sandbox/pytest_plugins/migrating.py", True),
        ("config/settings.py", True),
        ("core/apps.py", True),
        ("core/roles.py", True),
        ("core/pages.py", False),
    ],
)
def test_the_database_is_another_after_a_change_of_what_it_depends_on(checkout: Path, changed: str, another: bool) -> None:
    before = kept_database.key(checkout, "18.1")
    assert before != kept_database.key(checkout, "18.2")

    (checkout / changed).parent.mkdir(parents=True, exist_ok=True)
    (checkout / changed).write_text("changed")

    assert (kept_database.key(checkout, "18.1") != before) is another


class Run:
    """A test run with a cluster of its own, which migrates by writing a file."""

    def __init__(self, checkout: Path, name: str, version: str = "18.1") -> None:
        self.paths = Paths(checkout, checkout / ".run")
        self.paths.create()
        home = checkout / ".run" / name
        home.mkdir()
        (home / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (home / "postgres").chmod(0o755)
        self.server = Cluster(home, home / "data", None, home, home / "postgres.json", {})
        self.migrated = 0

    def provide(self, passwords: Passwords, migrate: Callable[[], None] | None = None) -> Passwords:
        def write() -> None:
            self.migrated += 1
            self.server.data.mkdir()
            (self.server.data / "PG_VERSION").write_text("18")

        return kept_database.provide(self.paths, self.server, passwords, migrate or write)


def test_the_first_run_migrates_and_the_next_one_copies_with_its_passwords(checkout: Path) -> None:
    first, second = Run(checkout, "first"), Run(checkout, "second")

    assert first.provide(OWN) == OWN
    assert second.provide(("other", "words")) == OWN

    assert (first.migrated, second.migrated) == (1, 0)
    assert (second.server.data / "PG_VERSION").read_text() == "18"
    assert read_json(second.server.record)["made_with"]
    (kept,) = (checkout / ".run/migrated").iterdir()
    assert (kept / "passwords.json").stat().st_mode & 0o077 == 0


def test_a_migration_that_fails_keeps_nothing(checkout: Path) -> None:
    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        Run(checkout, "first").provide(OWN, fail)
    again = Run(checkout, "again")
    again.provide(OWN)

    assert again.migrated == 1


def test_of_three_versions_the_two_used_last_are_kept(checkout: Path) -> None:
    for number, version in enumerate(("16.1", "17.1", "16.1", "18.1")):
        Run(checkout, f"run-{number}", version).provide(OWN)
        for kept in (checkout / ".run/migrated").iterdir():
            # Times of change in seconds would be the same.
            os.utime(kept, (0, kept.stat().st_mtime - 10))

    used = [Run(checkout, f"last-{version}", version) for version in ("16.1", "18.1", "17.1")]
    for run in used:
        run.provide(OWN)

    assert [run.migrated for run in used] == [0, 0, 1]


@pytest.mark.django_db
@pytest.mark.skipif(TEMPLATE not in os.environ, reason="pytest was started without ./run test, so it has migrated by itself")
def test_the_copied_database_has_every_migration_and_every_role() -> None:
    executor = MigrationExecutor(connection)

    assert connection.settings_dict["TEST"]["TEMPLATE"] == DATABASE
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    granted: dict[str, set[str]] = {name: set() for name in Group.objects.values_list("name", flat=True)}
    for role, *names in Permission.objects.values_list("group__name", "content_type__app_label", "codename"):
        if role is not None:
            granted[role].add(".".join(names))
    assert granted == {role: set(names) for role, names in ROLES.items()}


#: What the objects of a schema are, as PostgreSQL writes them.
_SCHEMA = """
    SELECT 'column', table_name || '.' || column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
        column_default, is_identity, identity_generation, collation_name)
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', oid::regprocedure::text, pg_get_functiondef(oid)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    UNION ALL SELECT 'migration', app, name FROM django_migrations
"""


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.skipif(TEMPLATE not in os.environ, reason="pytest was started without ./run test, so it has migrated by itself")
def test_migrating_in_half_the_time_makes_what_manage_py_migrate_makes() -> None:
    known = connection.get_connection_params()
    server = {name: known[name] for name in ("user", "password", "host", "port") if known.get(name)}
    name = f"plain_{os.getpid()}"
    url = f"postgresql://{known['user']}:{known['password']}@{known['host']}:{known['port']}/{name}"
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
            done = subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            with psycopg.connect(**server, dbname=name) as plain:
                expected = set(plain.execute(_SCHEMA).fetchall())
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        found = set(cursor.fetchall())

    assert len(expected) > 1_000
    assert sorted(found ^ expected) == []
