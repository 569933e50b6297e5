"""Prepare .venv and continue in it. Standard library only: this runs on any Python 3.11 before a package is installed."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

from core.sandbox import refusal
from tools.sandbox import bootstrap
from tools.sandbox.commands import COMMANDS, HELP, Command
from tools.sandbox.environment import BYTECODE, EMULATOR_SOURCE, bytecode_folder
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import refuse_if_held
from tools.sandbox.paths import Paths
from tools.sandbox.ports import web_port
from tools.sandbox.terminal import UserError, say, say_error

#: Set to the process id once .venv is ready. The process id stays the same when the process continues in .venv.
_READY = "FINGERPOST_VENV_READY"


def launch(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; return the exit status."""
    name, rest = (arguments[0], list(arguments[1:])) if arguments else ("serve", [])
    command = COMMANDS.get(name)
    if command is None:
        say_error(f"Unknown command {name!r}. Run ./run help for a list.")
        return 2
    if rest and not command.takes_arguments:
        say_error(f"./run {name} takes no arguments, but got {' '.join(rest)!r}. Run ./run help for a list.")
        return 2
    if command.packages is None:
        say(HELP)
        return 0
    if os.environ.pop(_READY, "") == str(os.getpid()):
        # Not before: its imports need the packages.
        from tools.sandbox.main import run_command

        return run_command(name, rest)
    paths = Paths.from_environment(os.environ)
    Interrupts()
    try:
        _check(command, paths)
        if name == "reset" and not paths.run.exists():
            say("There is nothing to remove.")
            return 0
        paths.create()
        bootstrap.ensure(paths, command.packages)
    except UserError as error:
        say_error(str(error))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    os.environ |= {_READY: str(os.getpid()), "PYTHONPATH": str(EMULATOR_SOURCE), BYTECODE: bytecode_folder(paths)}
    os.execv(paths.python, [str(paths.python), str(paths.root / "run"), *arguments])  # noqa: S606


def _check(command: Command, paths: Paths) -> None:
    """Raise UserError for what would stop the command anyway, before a minute is spent on installing packages."""
    if command.uses_demo and (reason := refusal(os.environ, starts_database=True)):
        raise UserError(reason)
    if command.serves:
        refuse_if_held(paths)
        web_port(os.environ)
