"""Check the SQL of migrations for what would stop or break the old code while it still runs: squawk over `sqlmigrate`."""

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

#: squawk's rules that count here. Its others are matters of taste (types, identity columns, IF EXISTS), or ask for a lock
#: timeout in each file, which belongs to the role that migrates.
RULES = frozenset(
    {
        # They take a lock that stops readers or writers for as long as the table is long.
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
        # They take away what the old code still uses, or ask of it what it does not give.
        "adding-required-field",
        "ban-drop-column",
        "ban-drop-table",
        "ban-truncate-cascade",
        "renaming-column",
        "renaming-table",
        # The file cannot be read, so nothing is known of it.
        "syntax-error",
    }
)

#: The last migration of each app that was there before this check; what came before it stays as it is.
BASELINE = {"core": "0001_first", "content": "0012_since_when_services_are_told_so", "notifications": "0005_topics"}

_TABLE = re.compile(r'ALTER TABLE "([^"]+)"')

#: Findings that are right as they are: (app.migration, rule) to the reason.
EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("notifications.0006_plain_names", rule): reason
    for rule, reason in {
        "renaming-column": "Before the first release; workers are stopped while it runs.",
        "renaming-table": "Before the first release; workers are stopped while it runs.",
        "constraint-missing-not-valid": "The tables are small: batches of campaigns in flight, and segments.",
    }.items()
}


@dataclass(frozen=True)
class Migration:
    """One migration, and the SQL that carries it out."""

    name: str
    sql: str


def read_migrations() -> list[Migration]:
    """Return the migrations that came after BASELINE, with their SQL. Django must be set up and its database running."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    found = []
    for app, name in sorted(loader.graph.nodes):
        if app in BASELINE and name > BASELINE[app]:
            output = StringIO()
            call_command("sqlmigrate", app, name, stdout=output)
            found.append(Migration(f"{app}.{name}", output.getvalue()))
    return found


def unsafe_statements(migrations: list[Migration], squawk: Path) -> Iterator[Finding]:
    """Yield what squawk finds by RULES and EXCEPTIONS does not name; the line is that of the SQL."""
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
    # 1 says that there are findings; anything else that there is no answer.
    if answer.returncode not in (0, 1):
        raise RuntimeError(f"squawk failed: {answer.stderr.strip()}")
    sql = {migration.name: migration.sql for migration in migrations}
    for found in json.loads(answer.stdout):
        name, rule = paths[found["file"]], found["rule_name"]
        if rule in RULES and (name, rule) not in EXCEPTIONS and not _on_a_new_table(sql[name], found["line"]):
            yield Finding(name, found["line"] + 1, f"{rule}: {found['message']}")


def _on_a_new_table(sql: str, line: int) -> bool:
    """Tell whether the statement that begins at this line (from 0) is about a table that the same migration creates."""
    altered = _TABLE.match(sql.splitlines()[line])
    return altered is not None and f'CREATE TABLE "{altered[1]}"' in sql
