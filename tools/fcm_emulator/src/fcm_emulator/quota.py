"""The number of messages that a project has sent in the last 60 seconds."""

from __future__ import annotations

#: Google's default for a project: https://firebase.google.com/docs/cloud-messaging/throttling-and-quotas
DEFAULT_QUOTA = 600_000
STEPS_PER_SECOND = 10
#: One step more than 60 seconds, because the current step is not complete: the window is 60.0 to 60.1 seconds long.
STEPS = 60 * STEPS_PER_SECOND + 1


class RateWindow:
    """A sliding window over one project's messages, in steps of 100 ms. Counting a message takes constant time."""

    __slots__ = ("_ring", "_step", "highest", "messages", "refused")

    def __init__(self) -> None:
        self._ring = [0] * STEPS
        self._step = 0
        #: Messages in the window, the highest number in any window so far, and the number of responses 429.
        self.messages = self.highest = self.refused = 0

    def has_room(self, limit: int, *, at: float) -> bool:
        """Move the window to `at` (seconds since 1970) and return whether another message fits; limit 0 is no limit."""
        step = int(at * STEPS_PER_SECOND)
        # When the clock is set back, the window stays where it is.
        if step > self._step:
            self._move(step)
        return not limit or self.messages < limit

    def count(self) -> None:
        """Count a message at the instant of the last call of has_room."""
        self._ring[self._step % STEPS] += 1
        self.messages += 1
        if self.messages > self.highest:
            self.highest = self.messages

    def _move(self, step: int) -> None:
        if step - self._step >= STEPS:
            self._ring = [0] * STEPS
            self.messages = 0
        else:
            for passed in range(self._step + 1, step + 1):
                place = passed % STEPS
                self.messages -= self._ring[place]
                self._ring[place] = 0
        self._step = step

    def as_dict(self, limit: int, *, at: float) -> dict[str, int | None]:
        """Return limit (None for no limit), messages in the window that ends at `at`, highest and refused."""
        self.has_room(limit, at=at)
        return {"limit": limit or None, "messages": self.messages, "highest": self.highest, "refused": self.refused}
