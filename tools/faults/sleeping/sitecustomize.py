"""Imported at the start of processes with a wrong clock: libfaketime 0.9.10 makes the system call of time.sleep fail."""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
