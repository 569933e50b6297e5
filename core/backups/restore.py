"""Put a dump back into a database: nothing that was there is lost until the dump is in and has all its rules."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from core import database_roles
from core.backups import catalogue, programs
from core.backups.manifest import BackupManifest, read_manifest
from core.errors import Conflict, Invalid
from core.migration_state import own_migrations

#: The schema in which the replaced tables wait until the dump is in.
_BEFORE = "before_restore"


def restore(dump: Path, *, replace: bool) -> BackupManifest:
    """Restore a dump of `back_up` into the database of this process, as the owner of the tables; return its manifest.

    Raises Conflict where processes still use the database, or it has tables and `replace` is false; Invalid for a dump that is
    damaged, is of a newer version or lacks rules; ProgramFailed. In all these cases the database is as it was.
    """
    manifest = read_manifest(dump)
    _require_known(manifest)
    with connection.cursor() as cursor:
        _require_owner(cursor)
        _require_alone(cursor)
        has_tables = _has_tables(cursor)
    if has_tables and not replace:
        raise Conflict("The database is not empty. Give --replace to replace everything in it.", code="not-empty")
    with _tables_aside():
        _run_restore(dump)
        missing = catalogue.differences(manifest.catalogue, catalogue.read())
        if missing:
            raise Invalid(f"The restored database lacks rules of the dump: {missing[0]}", code="rules")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if settings.DATABASE_RUNTIME_ROLE:
            database_roles.grant(cursor, settings.DATABASE_RUNTIME_ROLE)
    return manifest


def _run_restore(dump: Path) -> None:
    """Restore everything but the comments of extensions, which may belong to a superuser; triggers need theirs."""
    entries = programs.run("pg_restore", "--list", str(dump)).splitlines()
    with NamedTemporaryFile("w", suffix=".list", encoding="utf-8") as wanted:
        wanted.write("\n".join(line for line in entries if " COMMENT - EXTENSION " not in line) + "\n")
        wanted.flush()
        options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", f"--use-list={wanted.name}")
        programs.run("pg_restore", *options, str(dump))


def _require_known(manifest: BackupManifest) -> None:
    own = own_migrations()
    labels = {name.partition(".")[0] for name in own}
    unknown = [name for name in manifest.migrations if name.partition(".")[0] in labels and name not in own]
    if unknown:
        raise Invalid(f"The dump is of a newer version of Fingerpost, which has the migration {unknown[0]}.", code="version")
    if manifest.postgresql > programs.server_major():
        raise Invalid(f"The dump is of PostgreSQL {manifest.postgresql}, and this server is older.", code="version")


def _require_owner(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT has_schema_privilege('public', 'CREATE') AND has_database_privilege(current_database(), 'CREATE')")
    if cursor.fetchone() != (True,):
        raise Invalid("Restore as the owner of the database, with the DATABASE_URL that migrate has.", code="role")


def _require_alone(cursor: CursorWrapper) -> None:
    cursor.execute(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        """
    )
    others = cursor.fetchone()[0]
    if others:
        raise Conflict(
            f"{others} other sessions use the database. Stop web, console, workers and beat first; a worker that writes during "
            "a restore would destroy it.",
            code="in-use",
        )


def _has_tables(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))")
    return bool(cursor.fetchone()[0])


@contextmanager
def _tables_aside() -> Iterator[None]:
    """Move the tables of the schema public aside; drop them in the end, or put them back where something fails.

    Extensions stay where they are: the functions of a trusted one belong to a superuser, and cannot be moved.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {_BEFORE} CASCADE")
        cursor.execute(f"CREATE SCHEMA {_BEFORE}")
        _move_all(cursor, "public", _BEFORE)
    try:
        yield
    except BaseException:
        with transaction.atomic(), connection.cursor() as cursor:
            for kind, name in _objects(cursor, "public"):
                cursor.execute(f"DROP {kind} IF EXISTS {name} CASCADE")
            _move_all(cursor, _BEFORE, "public")
            cursor.execute(f"DROP SCHEMA {_BEFORE}")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {_BEFORE} CASCADE")


def _move_all(cursor: CursorWrapper, start: str, target: str) -> None:
    for kind, name in _objects(cursor, start):
        cursor.execute(f"ALTER {kind} {name} SET SCHEMA {target}")


def _objects(cursor: CursorWrapper, schema: str) -> list[tuple[str, str]]:
    """Return kind and qualified name of what a schema holds; indexes, triggers and a column's sequence go with their table."""
    cursor.execute(
        """
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, format('%%I.%%I', %(schema)s, relname)
        FROM pg_class c WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i', 'e')
                            AND d.classid = 'pg_class'::regclass)
        UNION ALL
        SELECT 'FUNCTION', format('%%I.%%I(%%s)', %(schema)s, proname, pg_get_function_identity_arguments(p.oid))
        FROM pg_proc p WHERE pronamespace = %(schema)s::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """,
        {"schema": schema},
    )
    return [(kind, name) for kind, name in cursor.fetchall()]
