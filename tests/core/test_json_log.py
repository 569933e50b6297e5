"""Log lines as JSON: one object a line, whatever the message holds."""

from __future__ import annotations

import json
import logging
import sys

from core.json_log import JsonFormatter


def test_a_line_is_one_object_with_its_level_and_logger() -> None:
    record = logging.LogRecord("content.tasks", logging.WARNING, __file__, 1, "Not signed:\n%s", ('"no key"',), None)

    line = JsonFormatter().format(record)

    assert "\n" not in line
    found = json.loads(line)
    assert (found["level"], found["logger"], found["message"]) == ("WARNING", "content.tasks", 'Not signed:\n"no key"')
    assert found["time"].endswith("+00:00")
    assert "traceback" not in found


def test_a_traceback_is_in_the_same_line() -> None:
    try:
        int("wrong")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Failed.", (), sys.exc_info())

    assert "ValueError: invalid literal" in json.loads(JsonFormatter().format(record))["traceback"]
