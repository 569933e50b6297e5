"""Write the database to a file, with a manifest beside it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from core.backups import catalogue, programs
from core.backups.manifest import FORMAT, SUFFIX, BackupManifest, digest, dump_name
from core.errors import Invalid
from core.instants import rfc3339
from core.migration_state import applied_migrations
from core.models import Backup


def back_up(folder: Path, *, at: datetime) -> Path:
    """Write a dump and its manifest to the folder, and record the backup; return the path of the dump.

    Raises Invalid for a folder that cannot be written, and ProgramFailed.
    """
    dump = folder / dump_name(at.astimezone(UTC))
    part = dump.with_suffix(".part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written ({error.strerror}).", code="folder") from error
    try:
        programs.run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(dump)
    finally:
        part.unlink(missing_ok=True)
    manifest = BackupManifest(
        format=FORMAT,
        taken_at=rfc3339(at),
        postgresql=programs.server_major(),
        size=dump.stat().st_size,
        sha256=digest(dump),
        migrations=sorted(applied_migrations()),
        rows=_rows(),
        catalogue=catalogue.read(),
    )
    manifest.write(dump)
    Backup.objects.create(taken_at=at, size=manifest.size, sha256=manifest.sha256)
    return dump


def keep_newest(folder: Path, number: int) -> list[Path]:
    """Delete the dumps of this command in the folder, with what is beside them, except so many of the newest; return them."""
    old = sorted(folder.glob(f"fingerpost-*{SUFFIX}"), reverse=True)[number:]
    for dump in old:
        for path in folder.glob(f"{dump.stem}.*"):
            path.unlink(missing_ok=True)
    return old


def _rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname")
        return {name: int(rows) for name, rows in cursor.fetchall()}
