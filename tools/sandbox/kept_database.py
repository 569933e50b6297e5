"""A migrated database that test runs copy: made once, and kept in the run folder until a migration changes.

What is kept is a whole data folder of PostgreSQL, so a run neither initialises a cluster nor migrates; each process of its tests
creates its own database from the template `DATABASE`. The folder is named for everything that the database depends on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.sandbox import environment
from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.postgres import Cluster
from tools.sandbox.terminal import UserError, step

DATABASE: Final = "fingerpost_migrated"
#: Name of the environment variable with which a test run tells its processes the template of their databases.
TEMPLATE: Final = "FINGERPOST_TEST_TEMPLATE"
#: Name of the environment variable with which it tells them the folder of the data, for further clusters that they start.
KEPT: Final = "FINGERPOST_TEST_DATA"
#: The superuser's password and that of the owner.
Passwords = tuple[str, str]

#: Data folders that are kept, of about 100 MB each: those of two branches, or of two versions of PostgreSQL.
_KEPT = 2
_APPS = ("core", "content", "notifications", "api")
#: What else a migrated database depends on: the roles and what else `migrate` writes last, how it is migrated, how clusters are
#: made, and the versions of the packages that have migrations.
_MADE_WITH = (
    "config/settings.py",
    "core/apps.py",
    "core/database_roles.py",
    "core/roles.py",
    "core/triggers.py",
    "requirements/dev.txt",
    "tests/environment.py",
    "tests/migrate_template.py",
    "tools/sandbox/kept_database.py",
    "tools/sandbox/postgres.py",
    "tools/sandbox/pytest_plugins/migrating.py",
    "tools/sandbox/temporary_database.py",
)
#: An import of the product: the module, and the names that are imported from it.
_IMPORT = re.compile(
    rb"^[ \t]*(?:from|import) ((?:%s)(?:\.\w+)*)\b(?: import (\([^)]*\)|[^\n]*))?" % "|".join(_APPS).encode(), re.MULTILINE
)
_NAME = re.compile(rb"\w+")


def provide(paths: Paths, server: Cluster, passwords: Passwords, migrate: Callable[[], None]) -> Passwords:
    """Fill the data folder of a new cluster with one that has the template; return the passwords that hold in it.

    `migrate` starts the cluster with `passwords`, migrates the template and stops it again. It is called where nothing is kept.
    """
    kept = folder_for(paths, server)
    folder = kept.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    with _locked(folder):
        if not (kept / "data").is_dir():
            migrate()
            _keep(server, kept, passwords)
            return passwords
        os.utime(kept)
        return copy(server, kept)


def folder_for(paths: Paths, server: Cluster) -> Path:
    """Return the folder in which a migrated database for a cluster like this one is kept, or would be."""
    return paths.run / "migrated" / key(paths.root, server.version())


def copy(server: Cluster, kept: Path) -> Passwords:
    """Fill the data folder of a new cluster with a copy of what is kept; return the passwords that hold in it."""
    known = read_json(kept / "passwords.json")
    passwords = (known["superuser"], known["owner"])
    server.copy_from(kept / "data", *passwords)
    return passwords


def key(root: Path, version: str) -> str:
    """Return the digest of everything that a migrated database of this version of PostgreSQL depends on.

    That is each migration with every module of the product that it imports, directly or through others.
    """
    waiting = [path for app in _APPS for path in sorted((root / app / "migrations").glob("*.py"))]
    waiting += [root / name for name in _MADE_WITH]
    contents: dict[Path, bytes] = {}
    while waiting:
        path = waiting.pop()
        if path not in contents:
            contents[path] = path.read_bytes()
            waiting += _imported(root, contents[path]) if path.suffix == ".py" else []
    digest = hashlib.sha256(f"{version}\n{sys.version_info[:2]}\n{DATABASE}".encode())
    for path, content in sorted(contents.items()):
        digest.update(f"\n{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def _imported(root: Path, content: bytes) -> list[Path]:
    """Return the modules of the apps that a module imports, with the packages that they are in."""
    names: set[str] = set()
    for package, members in _IMPORT.findall(content):
        names.add(package.decode())
        # What is imported from a package may be a module.
        names |= {f"{package.decode()}.{name.decode()}" for name in _NAME.findall(members)}
    found: set[Path] = set()
    for parts in (name.split(".") for name in names):
        modules = [root.joinpath(*parts[:length]) for length in range(1, len(parts) + 1)]
        found |= {file for one in modules for file in (one.with_suffix(".py"), one / "__init__.py") if file.is_file()}
    return sorted(found)


def migrate(paths: Paths, url: str) -> None:
    """Create the template beside the database of this URL, whose role owns it, and migrate it."""
    command = [str(paths.python), "-m", "tests.migrate_template"]
    settings = {"DATABASE_URL": url, environment.BYTECODE: environment.bytecode_folder(paths)}
    env = {**environment.without_settings(os.environ), **settings}
    with step("Migrating the database of the tests (again only after a migration has changed)"):
        answer = subprocess.run(command, cwd=paths.root, env=env, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise UserError(f"The migrations failed:\n{answer.stderr.strip()}")


def _keep(server: Cluster, kept: Path, passwords: Passwords) -> None:
    draft = kept.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    shutil.copytree(server.data, draft / "data")
    write_json(draft / "passwords.json", {"superuser": passwords[0], "owner": passwords[1]})
    draft.rename(kept)
    others = sorted((path for path in kept.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in others[:-_KEPT]:
        shutil.rmtree(old)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder, so that of two runs that begin together one migrates and the other copies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
