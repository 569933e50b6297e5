"""What the command line may ask of the server."""

from __future__ import annotations

from typing import NamedTuple

from fcm_emulator.quota import GOOGLES


class Options(NamedTuple):
    """How strict and how patient the emulator is; a plan can replace all but `check_every` while it is in force."""

    #: Messages a minute and project; 0 lifts the quota.
    quota: int = GOOGLES
    #: What stands in Retry-After when the quota is used up; None leaves the header out.
    retry_after: int | None = None
    #: Of messages that differ in more than address and time to live, only each one so many gets every check.
    check_every: int = 1
    #: Requests after which a connection is told to go away; 0 never.
    goaway_after: int = 0
