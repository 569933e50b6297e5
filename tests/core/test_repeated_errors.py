"""The same warning or error is written once a minute, and the number of those that were left out is known."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from core.json_log import JsonFormatter
from core.repeated_errors import MAX_REMEMBERED, OnceAMinute

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def log(clock: Clock, stream: io.StringIO) -> logging.Logger:
    handler = OnceAMinute(stream, clock=clock)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("x")
    logger.addHandler(handler)
    return logger


def lines(stream: io.StringIO) -> list[tuple[str, int]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [(line["message"], line.get("left_out", 0)) for line in found]


def test_a_hundred_of_the_same_are_two_lines_and_a_number(log: logging.Logger, clock: Clock, stream: io.StringIO) -> None:
    for _ in range(100):
        log.error("The database is away (%s).", "OperationalError")
    log.error("Something else.")
    log.info("Said as often as it is.")
    log.info("Said as often as it is.")
    during = lines(stream)

    clock.now += 61
    log.info("Later.")

    assert during == [
        ("The database is away (OperationalError).", 0),
        ("Something else.", 0),
        ("Said as often as it is.", 0),
        ("Said as often as it is.", 0),
    ]
    assert lines(stream)[4:] == [("The database is away (OperationalError).", 98), ("Later.", 0)]


def test_after_a_minute_it_is_written_again(log: logging.Logger, clock: Clock, stream: io.StringIO) -> None:
    log.warning("Away.")
    clock.now += 61
    log.warning("Away.")

    assert lines(stream) == [("Away.", 0), ("Away.", 0)]


def test_the_end_of_the_process_writes_what_was_left_out(log: logging.Logger, stream: io.StringIO) -> None:
    for _ in range(3):
        log.error("Away.")

    log.handlers[0].close()

    assert lines(stream) == [("Away.", 0), ("Away.", 1)]


def test_an_exception_is_the_same_by_its_kind_and_place(log: logging.Logger, stream: io.StringIO) -> None:
    for number in range(4):
        try:
            int(f"wrong {number}")
        except ValueError:
            log.exception("Failed.")
    try:
        int("elsewhere")
    except ValueError:
        log.exception("Failed.")

    assert lines(stream) == [("Failed.", 0), ("Failed.", 0)]
    handler = log.handlers[0]
    assert isinstance(handler, OnceAMinute)
    # Nothing of the exceptions is kept: their frames hold a request.
    assert [one.last.exc_info for one in handler._seen.values() if one.last is not None] == [None]


def test_what_is_remembered_is_bounded_and_nothing_is_lost(log: logging.Logger, stream: io.StringIO) -> None:
    for number in range(MAX_REMEMBERED + 5):
        for _ in range(2):
            log.warning("Number %s.", number)

    handler = log.handlers[0]
    assert isinstance(handler, OnceAMinute)
    assert len(handler._seen) == MAX_REMEMBERED
    assert lines(stream).count(("Number 0.", 0)) == 2


FULL = """
import logging
from core.repeated_errors import OnceAMinute
logging.getLogger().addHandler(OnceAMinute())
for number in range(3):
    logging.getLogger("x").error("Number %s.", number)
print("went on", flush=True)
"""


def test_a_full_disk_of_the_log_stops_nothing() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([sys.executable, "-c", FULL], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, text=True, timeout=60)

    assert done.stdout == "went on\n"
