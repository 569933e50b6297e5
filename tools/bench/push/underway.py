"""A campaign to everybody that is being sent at full rate: what brakes and kills are tried on."""

from __future__ import annotations

import time
from random import Random
from typing import Any

from tools.bench.push.stage import Stage, finish, to_everybody, wait

#: Messages after which a campaign counts as under way, and the longest that is waited on from there, in seconds.
WARM, LONGEST_WAIT = 2_000, 1.5


class UnderWay:
    """Has a campaign under way whenever it is asked for one; keeps all that it began."""

    def __init__(self, stage: Stage, devices: int, random: Random) -> None:
        self._stage, self._devices, self._random = stage, devices, random
        self.campaigns: list[Any] = []

    def fresh(self) -> Any:
        """Begin a campaign and return it at a random moment of its sending."""
        from tests import make

        self.campaigns.append(make.campaign(**to_everybody()))
        self._warm_up()
        return self.campaigns[-1]

    def any(self) -> Any:
        """Return one that has half of its audience before it, at a random moment; it is begun when there is none."""
        from notifications.campaigns.progress import progress_of

        if not self.campaigns or progress_of(self.campaigns[-1])["pending"] < self._devices // 2:
            for campaign in self.campaigns[-1:]:
                finish(campaign, 300)
            return self.fresh()
        self._warm_up()
        return self.campaigns[-1]

    def messages(self) -> int:
        """Return how many messages of the newest campaign the emulator has seen."""
        return int(self._stage.emulator.counts(str(self.campaigns[-1].pk))["messages"])

    def _warm_up(self) -> None:
        warm = self.messages() + min(WARM, self._devices // 20)
        wait(lambda: self.messages() >= warm, 60, "nothing was sent", pause=0.01)
        # A tenth of a small audience is gone sooner.
        time.sleep(self._random.uniform(0, min(LONGEST_WAIT, self._devices / 40_000)))
        self.campaigns[-1].refresh_from_db()
