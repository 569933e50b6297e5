"""Included by a worker of a test: each of its processes writes how many objects Python's collector leaves alone."""

from __future__ import annotations

import gc
import logging
from typing import Any

from celery.signals import worker_process_init


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _write_count(**_unknown: Any) -> None:
    logging.getLogger(__name__).warning("frozen: %d objects", gc.get_freeze_count())
