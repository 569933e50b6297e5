"""What is removed from log lines, because no log says what a client requested."""

from __future__ import annotations

import logging


class WithoutPath(logging.Filter):
    """Remove the path of the request from Django's messages, such as "Internal Server Error: /console/…"."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the reason alone; a traceback stays."""
        if isinstance(record.args, tuple) and len(record.args) == 2:
            record.msg, record.args = "%s", record.args[:1]
        return True
