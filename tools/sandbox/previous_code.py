"""./run test --previous: the delivery tests of an earlier commit's code, on the schema of this checkout.

During an upgrade, old processes continue for a while after the migration. This finds a migration that would break them.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tools.sandbox import bootstrap, environment, postgres
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import run_in_foreground
from tools.sandbox.temporary_database import temporary_database
from tools.sandbox.terminal import UserError, say, step

BASELINE = Path(__file__).with_name("previous_code.toml")
PLUGINS = Path(__file__).with_name("pytest_plugins")
#: The name that Django gives to the database of the tests.
TEST_DATABASE = f"test_{postgres.DATABASE}"


@dataclass(frozen=True)
class Baseline:
    """A commit whose code must run on this schema, the tests of that commit to run, and those of them to leave out."""

    commit: str
    tests: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def read_baseline(path: Path = BASELINE) -> Baseline:
    """Read the file that names the commit."""
    found = tomllib.loads(path.read_text())
    return Baseline(found["commit"], tuple(found["tests"]), tuple(found.get("left_out", ())))


def run(paths: Paths, arguments: list[str]) -> int:
    """Run the tests and return pytest's exit status; 0 if the schema is the same or the commit is not available."""
    baseline = read_baseline()
    short = baseline.commit[:10]
    if not _has_commit(paths.root, baseline.commit):
        say(f"SKIPPED: this clone has no commit {short} and cannot fetch it, so its code was not tested on this schema.")
        return 0
    new = new_migrations(paths.root, baseline.commit)
    if not new:
        say(f"SKIPPED: the schema is the same as that of {short}; there is nothing to test.")
        return 0
    say(f"Code of {short} on the schema with {', '.join(sorted(new))}:")
    old = Paths(root=paths.run / "previous" / baseline.commit, run=paths.run)
    _export(paths.root, baseline.commit, old.root)
    python = _python_for(paths, old)
    with temporary_database(paths, Interrupts(), sql=f"CREATE DATABASE {TEST_DATABASE} OWNER {postgres.ROLE};") as url:
        settings = {environment.BYTECODE: environment.bytecode_folder(paths), "SECRET_KEY": "only-for-migrations" * 3}
        clean = {**environment.without_settings(os.environ), **settings}
        with step("Migrating with this checkout"):
            _migrate(paths, {**clean, "DATABASE_URL": f"{url.rpartition('/')[0]}/{TEST_DATABASE}"})
        with step("Letting the earlier code approve"):
            _let_earlier_code_approve(f"{url.rpartition('/')[0]}/{TEST_DATABASE}")
        # The test database exists already, so the old code has no migration to apply.
        command = [str(python), "-m", "pytest", "-p", "cascading_flush", "--reuse-db"]
        command += [*(f"--deselect={name}" for name in baseline.left_out), *baseline.tests, *arguments]
        return run_in_foreground(command, old.root, {**_for_old_code(clean, old.root), "DATABASE_URL": url})


def _let_earlier_code_approve(url: str) -> None:
    """Drop the rule that only an approval has to keep: what was approved before must still be sent.

    Earlier code cannot approve a campaign on this schema, because it knows no second reader of each language. It refuses, and
    the notes on upgrading say so.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        rules = connection.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_read_in_every_language%'")
        for (name,) in rules.fetchall():
            connection.execute(sql.SQL("DROP TRIGGER {} ON notifications_campaign").format(sql.Identifier(name)))


def new_migrations(root: Path, commit: str) -> set[str]:
    """Return the migrations, as app/name, that this checkout has and the commit does not."""
    listed = _git(root, "ls-tree", "-r", "--name-only", commit).stdout.decode().splitlines()
    before = {path for path in listed if _is_migration(path)}
    now = {str(path.relative_to(root)) for path in root.glob("*/migrations/0*.py")}
    return {path.replace("/migrations/", "/").removesuffix(".py") for path in now - before}


def _is_migration(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return folder.endswith("/migrations") and name.startswith("0") and name.endswith(".py")


def _has_commit(root: Path, commit: str) -> bool:
    """Return whether the commit is available; in a shallow clone, try to fetch it."""
    if _git(root, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0:
        return True
    return _git(root, "fetch", "--quiet", "--depth", "1", "origin", commit).returncode == 0


def _export(root: Path, commit: str, folder: Path) -> None:
    """Write the commit's files to the folder, unless it has them already."""
    if (folder / "run").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    answer = _git(root, "archive", "--format=tar", commit)
    if answer.returncode != 0:
        raise UserError(f"git cannot export {commit}: {answer.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(answer.stdout)) as tar:
        # Debian's Python 3.11.2 takes no `filter`; git has made the archive of this repository.
        tar.extractall(folder)  # noqa: S202


def _python_for(paths: Paths, old: Paths) -> Path:
    """Return a Python with the packages of the old code: this checkout's own if it has the same versions."""
    locks = [root / "requirements" / "dev.txt" for root in (old.root, paths.root)]
    if bootstrap.pins(locks[0]) <= bootstrap.pins(locks[1]):
        return paths.python
    bootstrap.ensure(old, "dev")
    return old.python


def _migrate(paths: Paths, env: dict[str, str]) -> None:
    command = [str(paths.python), "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    answer = subprocess.run(command, cwd=paths.root, env=env, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise UserError(f"The migrations of this checkout failed:\n{answer.stderr.strip()}")


def _for_old_code(env: dict[str, str], old: Path) -> dict[str, str]:
    """Return the environment with the old code's emulator and our plugin on Python's path."""
    source = old / environment.EMULATOR_SOURCE.relative_to(Path(__file__).resolve().parents[2])
    return {name: value for name, value in env.items() if name != "SECRET_KEY"} | {"PYTHONPATH": f"{source}{os.pathsep}{PLUGINS}"}


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
