"""Included by a worker of a test: it writes a line each time that it has tried to acknowledge a message, even in vain."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from kombu.message import Message

LINE = "tried to acknowledge a message"

_acknowledge: Callable[..., None] = Message.ack_log_error


def _acknowledge_and_say_so(self: Message, *arguments: Any, **named: Any) -> None:
    _acknowledge(self, *arguments, **named)
    # No warning: the log leaves out one that it has just written.
    logging.getLogger(__name__).info(LINE)


Message.ack_log_error = _acknowledge_and_say_so  # type: ignore[method-assign]
