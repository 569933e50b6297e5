"""Check the SQL of migrations, with squawk, for statements that block or break the release that is still running."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from tools.lint.words import Finding

#: The oldest PostgreSQL that is supported.
POSTGRESQL = "15"

#: The rules of squawk that are checked. The others are matters of taste (types, identity columns, IF EXISTS), or require a lock
#: timeout in each file, where `manage.py migrate` sets one for all of them.
RULES = frozenset(
    {
        # These hold a lock that blocks readers or writers, for longer the larger the table is.
        "adding-field-with-default",
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "adding-primary-key-constraint",
        "adding-serial-primary-key-field",
        "changing-column-type",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
        "require-concurrent-index-deletion",
        # These remove what the old code still uses, or require values that it does not write.
        "adding-required-field",
        "ban-drop-column",
        "ban-drop-table",
        "ban-truncate-cascade",
        "renaming-column",
        "renaming-table",
        # Nothing is known about SQL that cannot be parsed.
        "syntax-error",
    }
)

#: The last migration of each app before this check existed. Only later ones are checked.
BASELINE = {"core": "0001_first", "content": "0012_since_when_services_are_told_so", "notifications": "0005_topics"}

_TABLE = re.compile(r'ALTER TABLE "([^"]+)"')

_FEW_TIPS = "The table holds a few hundred tips, and nobody may write them but through this migration's table."
_FEW_CAMPAIGNS = "The tables hold a few hundred campaigns and some dozens of messages each; the column is empty when it is added."
_FEW_SERVICES = "The tables hold a few hundred services and organizations, and the column is empty when it is added."
_FEW_LOCALES = "The table holds some dozens of locales, and the column is empty when it is added."
_STAFF_WRITE = "Staff alone write the history of translations, and wait for one scan of a column that is null in every row."
_FEW_STAFF = "Changes of accounts are a few a day, and wait for an index of the few proposals that nobody has decided."
_FEW_APPS = "The table holds a handful of apps, and the column is empty when it is added."
#: Accepted findings: (app.migration, rule) to the reason.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("notifications.0006_plain_names", rule): reason
    for rule, reason in {
        "renaming-column": "Before the first release; workers are stopped while it runs.",
        "renaming-table": "Before the first release; workers are stopped while it runs.",
        "constraint-missing-not-valid": "The tables are small: batches of campaigns in flight, and segments.",
    }.items()
} | {
    ("core.0018_take_back_beside_a_proposal", "require-concurrent-index-creation"): _FEW_STAFF,
    ("core.0018_take_back_beside_a_proposal", "require-concurrent-index-deletion"): _FEW_STAFF,
    ("content.0027_tip_revisions", "adding-foreign-key-constraint"): _FEW_TIPS,
    ("content.0027_tip_revisions", "disallowed-unique-constraint"): _FEW_TIPS,
    ("content.0029_tip_facts_take_two", "adding-not-nullable-field"): _FEW_TIPS,
    ("content.0041_service_revisions", "adding-foreign-key-constraint"): _FEW_SERVICES,
    ("content.0041_service_revisions", "disallowed-unique-constraint"): _FEW_SERVICES,
    ("content.0050_languages_and_machine", "adding-foreign-key-constraint"): _FEW_LOCALES,
    ("content.0050_languages_and_machine", "disallowed-unique-constraint"): _FEW_LOCALES,
    ("content.0053_outside_readers", "adding-foreign-key-constraint"): _STAFF_WRITE,
    ("notifications.0030_apps_by_revision", "adding-foreign-key-constraint"): _FEW_APPS,
    ("notifications.0030_apps_by_revision", "disallowed-unique-constraint"): _FEW_APPS,
    ("notifications.0033_variants_programmes_handouts", "adding-foreign-key-constraint"): _FEW_CAMPAIGNS,
    ("notifications.0033_variants_programmes_handouts", "disallowed-unique-constraint"): _FEW_CAMPAIGNS,
    ("notifications.0033_variants_programmes_handouts", "constraint-missing-not-valid"): _FEW_CAMPAIGNS,
    ("notifications.0033_variants_programmes_handouts", "require-concurrent-index-creation"): _FEW_CAMPAIGNS,
}


@dataclass(frozen=True)
class Migration:
    """One migration, and the SQL that carries it out."""

    name: str
    sql: str


def read_migrations(*, newest: int | None = None) -> list[Migration]:
    """Return the migrations after BASELINE with their SQL, or only so many of the newest of each app.

    Django must be set up, and its database must be running.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    found = []
    for app, baseline in BASELINE.items():
        names = sorted(name for of, name in loader.graph.nodes if of == app and name > baseline)
        for name in names if newest is None else names[-newest:]:
            output = StringIO()
            call_command("sqlmigrate", app, name, stdout=output)
            found.append(Migration(f"{app}.{name}", output.getvalue()))
    return found


def unsafe_statements(migrations: list[Migration], squawk: Path) -> Iterator[Finding]:
    """Yield the findings of squawk for RULES, without EXCEPTIONS. Lines are those of the SQL."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for migration in migrations:
            path = Path(folder) / f"{migration.name}.sql"
            path.write_text(migration.sql)
            paths[str(path)] = migration.name
        if not paths:
            return
        command = [str(squawk), "--reporter", "json", "--pg-version", POSTGRESQL, *sorted(paths)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    # Status 1 means that there are findings; any other means that squawk itself failed.
    if answer.returncode not in (0, 1):
        raise RuntimeError(f"squawk failed: {answer.stderr.strip()}")
    sql = {migration.name: migration.sql for migration in migrations}
    for found in json.loads(answer.stdout):
        name, rule = paths[found["file"]], found["rule_name"]
        if rule in RULES and (name, rule) not in EXCEPTIONS and not _on_a_new_table(sql[name], found["line"]):
            yield Finding(name, found["line"] + 1, f"{rule}: {found['message']}")


def _on_a_new_table(sql: str, line: int) -> bool:
    """Return whether the statement at this line (counted from 0) alters a table that the same migration creates."""
    altered = _TABLE.match(sql.splitlines()[line])
    return altered is not None and f'CREATE TABLE "{altered[1]}"' in sql
