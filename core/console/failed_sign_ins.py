"""Failed tries to sign in: counted by their reason for /metrics, and logged without a name, an address or what was typed."""

from __future__ import annotations

import logging
from enum import StrEnum
from functools import cache

from core.counters import Counters

log = logging.getLogger(__name__)


class FailedBecause(StrEnum):
    """Why a try did not succeed."""

    #: The password is wrong, or nobody has this name: a page that told them apart would name the accounts.
    PASSWORD = "password"  # noqa: S105
    #: The code or the passkey is wrong.
    SECOND_FACTOR = "second-factor"
    #: There were too many tries, so this one was not looked at.
    TOO_MANY = "too-many-tries"


@cache
def counters() -> Counters:
    """Return the counters of this process's server."""
    return Counters("failed-sign-ins", list(FailedBecause))


def count(because: FailedBecause) -> None:
    """Count one try and log it; a log line is repeated at most once a minute (`core.repeated_errors`)."""
    counters().add(because)
    log.warning("A try to sign in to the console failed: %s.", because)
