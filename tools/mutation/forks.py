"""A pytest plugin: run the collected tests once unchanged, and then against each mutant of one module, each time in a fork.

A fork starts with everything imported and the database prepared, so that a mutant costs its own tests alone. There it replaces
the code of the function that it changes (`replace_code`), runs the tests up to the first that fails, and ends. Before the first
mutant, after each that had to be killed, and after the last one, the unchanged tests have to pass in a fork as well: otherwise
one fork would have left something behind that lets the next one fail.

The environment variable MUTATION_RUN holds a `Run` as JSON; each result is a line of JSON in the file that it names.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

#: The variable with the description of the run, and what is recorded as the failing test when a fork did not end.
VARIABLE, ENDLESS = "MUTATION_RUN", "did not end"


@dataclass(frozen=True)
class Change:
    """A mutant: its number, the qualified name of the function that it changes, and the changed source of the whole module."""

    number: int
    function: str
    source: str


@dataclass(frozen=True)
class Run:
    """The module, the file for the results, the Unix time after which no mutant begins, seconds for one, and the mutants."""

    module: str
    results: str
    until: float
    patience: float
    changes: list[Change]

    def dump(self) -> str:
        """Return the run as JSON."""
        return json.dumps({**vars(self), "changes": [vars(change) for change in self.changes]})

    @classmethod
    def load(cls, text: str) -> Run:
        """Return the run that `dump` wrote."""
        given = json.loads(text)
        return cls(**{**given, "changes": [Change(**change) for change in given["changes"]]})


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Run the tests, and then the mutants."""
    if session.testsfailed:
        pytest.exit("A test module cannot be imported.", returncode=1)
    run = Run.load(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    if failed := first_failure(session, session.items):
        pytest.exit(f"{failed} fails without a change.", returncode=1)
    noticed_by = Counter[str]()
    _check_unchanged(session, run)
    for change in run.changes:
        if time.time() > run.until:
            break
        # Most mutants are noticed by a test that has noticed another one.
        items = sorted(session.items, key=lambda item: -noticed_by[item.nodeid])
        failed = in_fork(session, items, lambda change=change: replace_code(run.module, change), run.patience)  # type: ignore[misc]
        noticed_by.update([failed] if failed else [])
        with Path(run.results).open("a", encoding="utf-8") as results:
            results.write(json.dumps([change.number, failed]) + "\n")
        if failed == ENDLESS:
            _check_unchanged(session, run)
    _check_unchanged(session, run)
    return True


def _check_unchanged(session: pytest.Session, run: Run) -> None:
    if failed := in_fork(session, session.items, lambda: None, run.patience):
        pytest.exit(f"{failed} fails in a fork without a change.", returncode=1)


def first_failure(session: pytest.Session, items: list[pytest.Item]) -> str | None:
    """Run the tests up to the first that fails and return its node id; fixtures of the session are kept for the next time."""
    for number, item in enumerate(items):
        # The session as the next "item" of the last test: all fixtures below it are taken down.
        following: Any = items[number + 1] if number + 1 < len(items) else session
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return item.nodeid
    return None


def in_fork(session: pytest.Session, items: list[pytest.Item], change: Callable[[], None], patience: float) -> str | None:
    """Carry out the change in a fork, run the tests there and return what `first_failure` does, or ENDLESS after `patience`.

    Raises the change's own exception, as text in a RuntimeError: a change that cannot be carried out is no noticed one.
    """
    _close_connections()
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _in_child(session, items, change, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        if select.select([answer], [], [], patience)[0]:
            # A fork that ends without an answer was noticed too: the process of the tests did not survive the change.
            found = json.loads(answer.read() or '{"failed": "ended the process"}')
        else:
            os.kill(process, signal.SIGKILL)
            found = {"failed": ENDLESS}
    os.waitpid(process, 0)
    if "error" in found:
        raise RuntimeError(found["error"])
    return found["failed"]  # type: ignore[no-any-return]


def _in_child(session: pytest.Session, items: list[pytest.Item], change: Callable[[], None], writing: int) -> None:
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    answer: dict[str, str | None]
    try:
        try:
            change()
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        else:
            answer = {"failed": first_failure(session, items)}
        os.write(writing, json.dumps(answer).encode())
    finally:
        # Without what the process would do at its end: the fixtures of the session are those of the parent.
        os._exit(0)


def _close_connections() -> None:
    """Close the connections to the database, which two processes cannot share."""
    if "django.db" in sys.modules:
        from django.db import connections

        connections.close_all()


def replace_code(module: str, change: Change) -> None:
    """Give the function of the imported module the code that it has in the changed source. Raises LookupError without one.

    `module` is the path of its file below the working directory. Modules that have imported the function call the changed one.
    """
    (code,) = (
        one for one in _codes(compile(change.source, module, "exec", dont_inherit=True)) if one.co_qualname == change.function
    )
    file = str(Path(module).absolute())
    # Tests may have hidden what was there before them from the collector.
    gc.unfreeze()
    found = [
        one
        for one in gc.get_objects()
        if type(one) is FunctionType and one.__code__.co_qualname == change.function and one.__code__.co_filename == file
    ]
    if not found:
        raise LookupError(f"{module} has no function {change.function}.")
    for function in found:
        function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)
