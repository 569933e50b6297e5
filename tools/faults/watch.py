"""Watch what the page of a campaign says while something fails: nothing may stand still for long without a reason in words."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

from fcm_emulator.testing import EmulatorProcess

#: Seconds within which the page has to say why nothing is sent.
WORDS_WITHIN = 30.0
#: Seconds between two samples.
_INTERVAL = 1.0
#: What counts as said when the page cannot be shown either.
_NO_DATABASE = "The database does not answer."


@dataclass(frozen=True)
class Sample:
    """What was seen of a campaign at one instant."""

    #: On the clock of time.monotonic.
    at: float
    #: Messages of it that the emulator has received.
    messages: int
    #: Why nothing is sent, or less than usual, as the page says it; "" if it says nothing.
    words: str
    #: Whether something is still to be sent.
    pending: bool


class Watch:
    """Samples of one campaign, taken each second by a thread with connections of its own."""

    def __init__(self, emulator: EmulatorProcess, campaign: int) -> None:
        self._emulator, self._campaign = emulator, campaign
        self.samples: list[Sample] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples."""
        self._ended.set()
        self._thread.join(timeout=30)

    def find(self, pattern: str, *, since: float) -> Sample | None:
        """Return the first sample since an instant whose words match a pattern."""
        return next((one for one in list(self.samples) if one.at >= since and re.search(pattern, one.words)), None)

    def _run(self) -> None:
        while not self._ended.wait(_INTERVAL):
            self.samples.append(self._sample())

    def _sample(self) -> Sample:
        from django.db import Error, connection

        from notifications.campaigns.progress import progress_of
        from notifications.models import Campaign

        began, messages = time.monotonic(), int(self._emulator.counts(str(self._campaign))["messages"])
        try:
            counts = progress_of(Campaign.objects.get(pk=self._campaign))
        except (Error, Campaign.DoesNotExist):
            return Sample(began, messages, _NO_DATABASE, pending=True)
        finally:
            # Each sample is a new session, as a page is: settings of the database apply from its beginning.
            connection.close()
        pending = counts["state"] == "approved" or bool(counts["pending"])
        said = counts["halted"] or counts["waiting"] or ""
        return Sample(began, messages, said or ("Paused." if counts["state"] == "paused" else ""), pending)


def longest_silence(samples: list[Sample]) -> float:
    """Return the most seconds for which no message arrived, something was still to be sent, and the page did not say why."""
    longest = 0.0
    since: Sample | None = None
    for one in samples:
        if since is None or one.messages != since.messages or one.words or not one.pending:
            since = one
        longest = max(longest, one.at - since.at)
    return longest
