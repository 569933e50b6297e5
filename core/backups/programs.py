"""pg_dump and pg_restore of the server's major version, run without a password in their arguments."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from psycopg import pq
from psycopg.conninfo import make_conninfo

from core.errors import DomainError

#: Where Debian and PostgreSQL's own packages install them, by major version.
_PACKAGED = "/usr/lib/postgresql/{major}/bin"


class ProgramFailed(DomainError):
    """pg_dump or pg_restore failed, or is missing."""

    code = "program"


def server_major() -> int:
    """Return the major version of the server, such as 17."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        return int(cursor.fetchone()[0])


def run(program: str, *arguments: str) -> str:
    """Run a program of the server's version on the database of this process; return its output. Raises ProgramFailed."""
    major = server_major()
    path = next((path for path in _candidates(program, major) if _major(path) == major), None)
    if path is None:
        raise ProgramFailed(
            f"{program} of PostgreSQL {major} was not found. Install the package postgresql-client-{major}, or put it on PATH."
        )
    database, password = _conninfo()
    done = subprocess.run(  # noqa: S603
        [path, f"--dbname={database}", *arguments],
        env={**os.environ, "PGPASSWORD": password, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        # Only its own words: a line of the server could hold a row.
        said = next((line for line in done.stderr.splitlines() if "error" in line), f"exit status {done.returncode}")
        raise ProgramFailed(f"{program} failed: {said[:200]}")
    return done.stdout


def _candidates(program: str, major: int) -> Iterator[str]:
    packaged = Path(_PACKAGED.format(major=major)) / program
    if packaged.is_file():
        yield str(packaged)
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(program, path=folder) if folder else None
        if found:
            yield found


def _major(path: str) -> int | None:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\b(\d+)\.", said)
    return int(found[1]) if found else None


def _conninfo() -> tuple[str, str]:
    """Return libpq's connection string of this process's database, without the password, and the password."""
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()} - {"options", "password"}
    given = connection.settings_dict
    named = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "dbname": given["NAME"]}
    options = {name: value for name, value in given["OPTIONS"].items() if name in known}
    values = {name: value for name, value in {**options, **named}.items() if value not in ("", None)}
    return make_conninfo("", **values), str(given["PASSWORD"] or "")
