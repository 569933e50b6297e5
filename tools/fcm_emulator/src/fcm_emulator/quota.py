"""How many messages a project sent in the last 60 seconds, and whether there is room for one more."""

from __future__ import annotations

#: What Google gives a project: https://firebase.google.com/docs/cloud-messaging/throttling-and-quotas
GOOGLES = 600_000
STEPS_A_SECOND = 10
#: One step more than 60 seconds, because the step under way is not complete: the window is 60.0 to 60.1 seconds long.
STEPS = 60 * STEPS_A_SECOND + 1


class Quota:
    """A sliding window over one project's messages, in steps of 100 ms; each message costs the same, however many there were."""

    __slots__ = ("_ring", "_step", "highest", "messages", "refused")

    def __init__(self) -> None:
        self._ring = [0] * STEPS
        self._step = 0
        #: Messages in the window, the most that any window held, and how often the answer was 429.
        self.messages = self.highest = self.refused = 0

    def has_room(self, limit: int, *, at: float) -> bool:
        """Move the window to `at` and say whether another message fits; a limit of 0 has room for all."""
        step = int(at * STEPS_A_SECOND)
        # A clock that was set back stays in the step it had reached.
        if step > self._step:
            self._move(step)
        return not limit or self.messages < limit

    def count(self) -> None:
        """Count a message at the instant that has_room was asked about."""
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
        """Return limit (None without one), messages in the window that ends at `at`, highest and refused."""
        self.has_room(limit, at=at)
        return {"limit": limit or None, "messages": self.messages, "highest": self.highest, "refused": self.refused}
