"""How much processor time one network may use for responses that are not in memory yet."""

from __future__ import annotations

#: Seconds after which every network starts again, and networks that are counted apart.
WINDOW, MAX_NETWORKS = 10.0, 10_000


class MissBudget:
    """Processor time by network within a window, in this process alone; addresses are forgotten with the window."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._window = 0
        self._spent: dict[str, float] = {}

    def is_spent(self, network: str, *, now: float) -> bool:
        """Return whether the network has used up its time in the window of this Unix time."""
        self._turn(now)
        return self._spent.get(network, 0.0) >= self._seconds

    def charge(self, network: str, seconds: float, *, now: float) -> None:
        """Count processor time that a request of the network took."""
        self._turn(now)
        if network in self._spent or len(self._spent) < MAX_NETWORKS:
            self._spent[network] = self._spent.get(network, 0.0) + seconds

    def _turn(self, now: float) -> None:
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._spent = window, {}
