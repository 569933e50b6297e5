"""Log lines as text, for people: what they belong to comes after the message."""

from __future__ import annotations

import logging

from core.log_context import fields_of


class TextFormatter(logging.Formatter):
    """Write time, level, logger and message, then `request=…` and the other fields."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the name is of logging.Formatter)
        """Return the line without its traceback."""
        return " ".join([super().formatMessage(record), *(f"{name}={value}" for name, value in fields_of(record).items())])
