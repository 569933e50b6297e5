"""./run test: pytest on a PostgreSQL of its own, which is removed afterwards; also with earlier code or other versions."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from tools.sandbox import coverage_report, debian, environment, kept_database, postgres, previous_code, version_matrix
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import run_in_foreground
from tools.sandbox.published import KEPT_IN
from tools.sandbox.temporary_database import own_folder, temporary_database
from tools.sandbox.terminal import UserError, say
from tools.sandbox.tiers import QUICK, QUICK_TIER

#: What no test may need where Debian's packages are missing.
_WITHOUT_DEBIAN = "not browser and not services"


def run(paths: Paths, rest: list[str]) -> int:
    """Run pytest with all arguments that are not options of ./run test.

    Return its exit status, or 2 if only root could install what is missing.
    """
    options, arguments = _parse(rest)
    if options.previous:
        return previous_code.run(paths, arguments)
    if options.matrix:
        return version_matrix.run(paths, arguments)
    if options.all and (missing := debian.missing()):
        if not is_root():
            say(f"./run test --all needs {', '.join(missing)}. As root: apt-get install {' '.join(missing)}")
            return 2
        debian.install(missing, paths.logs / "apt.log")
    if options.postgres and not (options.postgres / "postgres").is_file():
        raise UserError(f"{options.postgres} has no program named postgres.")
    with temporary_database(paths, Interrupts(), binaries=options.postgres, template=True) as url:
        settings = {"DATABASE_URL": url, kept_database.TEMPLATE: kept_database.DATABASE}
        settings[environment.BYTECODE] = environment.bytecode_folder(paths)
        settings[KEPT_IN] = str(own_folder(paths).run / "published")
        if options.postgres is None:
            settings[kept_database.KEPT] = str(kept_database.folder_for(paths, postgres.cluster(own_folder(paths))))
        chosen = [] if options.all or "-m" in arguments else tier(arguments)
        if chosen == ["-m", QUICK]:
            settings[QUICK_TIER] = "1"
        measured = coverage_report.command(paths) if options.coverage else ["-m"]
        spread = [] if options.coverage else spread_over(processes_for(options.processes, arguments))
        command = [str(paths.python), *measured, "pytest", *chosen, *spread, *arguments]
        status = run_in_foreground(command, paths.root, {**environment.without_settings(os.environ), **settings})
    if options.coverage:
        coverage_report.print_report(paths)
    return status


def tier(arguments: list[str]) -> list[str]:
    """Return the option for pytest that leaves out the slow tests: all but those of named files, as far as they can run here."""
    named = [path for argument in arguments if (path := Path(argument.partition("::")[0])).exists()]
    if not named or any(path.is_dir() for path in named):
        return ["-m", QUICK]
    return ["-m", _WITHOUT_DEBIAN] if debian.missing() else []


def processes_for(wanted: int | None, arguments: list[str]) -> int:
    """Return in how many processes to run the tests: those wanted, else one more than cores for the whole suite, else one.

    Tests of what happens after seconds wait for them, and one process more works meanwhile. A chosen file or folder is seldom
    worth the tests' databases and packs of a second process.
    """
    if wanted is not None:
        return wanted
    chosen = any(Path(argument.partition("::")[0]).exists() for argument in arguments)
    return 1 if chosen else (os.cpu_count() or 1) + 1


def spread_over(processes: int) -> list[str]:
    """Return the options for pytest that run whole files in so many processes, each with a database of its own.

    The slowest files begin first (tests/conftest.py sorts them), so that no process ends long after the others.
    """
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"] if processes > 1 else []


def is_root() -> bool:
    """Return whether this user can install Debian packages."""
    return os.geteuid() == 0


def _parse(rest: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the options of ./run test, and the arguments for pytest."""
    parser = argparse.ArgumentParser(prog="./run test", add_help=False, allow_abbrev=False)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--previous", action="store_true")
    parser.add_argument("--matrix", action="store_true")
    parser.add_argument("--postgres", type=Path)
    parser.add_argument("--processes", type=int)
    return parser.parse_known_args(rest)
