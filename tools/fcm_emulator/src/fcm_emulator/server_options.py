"""The options of `serve`."""

from __future__ import annotations

from typing import NamedTuple

from fcm_emulator.quota import DEFAULT_QUOTA


class ServerOptions(NamedTuple):
    """The options of one server. While a fault plan is in force, it can replace all of them but `check_every`."""

    #: Messages per minute and project; 0 for no limit.
    quota: int = DEFAULT_QUOTA
    #: Seconds in Retry-After when the quota is used up; None sends no such header.
    retry_after: int | None = None
    #: Only every Nth message is validated in full, and the others by target and size.
    check_every: int = 1
    #: Number of requests after which a connection gets GOAWAY; 0 for never.
    goaway_after: int = 0
