"""A campaign to all devices that is being sent at full rate: what brakes and kills are tried on."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from tools.bench.push import records
from tools.bench.push.testbed import Testbed, finish, wait

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Messages after which a campaign counts as under way, and the longest random wait after them, in seconds.
WARM_UP_MESSAGES, LONGEST_WAIT = 2_000, 1.5


class CampaignUnderWay:
    """Provides a campaign that is being sent, at a random moment; keeps all campaigns that it has started."""

    def __init__(self, testbed: Testbed, devices: int, random: Random) -> None:
        self._testbed, self._devices, self._random = testbed, devices, random
        self.campaigns: list[Campaign] = []

    def new(self) -> Campaign:
        """Start a campaign; return it at a random moment while it is being sent."""
        self.campaigns.append(records.create_campaign())
        self._warm_up()
        return self.campaigns[-1]

    def any(self) -> Campaign:
        """Return a campaign with at least half of its audience pending, at a random moment; start one if there is none."""
        from notifications.campaigns.progress import progress_of

        if not self.campaigns or progress_of(self.campaigns[-1])["pending"] < self._devices // 2:
            for campaign in self.campaigns[-1:]:
                finish(campaign, 300)
            return self.new()
        self._warm_up()
        return self.campaigns[-1]

    def messages(self) -> int:
        """Return how many messages of the newest campaign the emulator has received."""
        return int(self._testbed.emulator.counts(str(self.campaigns[-1].pk))["messages"])

    def _warm_up(self) -> None:
        enough = self.messages() + min(WARM_UP_MESSAGES, self._devices // 20)
        wait(lambda: self.messages() >= enough, 60, "nothing was sent", pause=0.01)
        # A small audience is finished sooner.
        time.sleep(self._random.uniform(0, min(LONGEST_WAIT, self._devices / 40_000)))
        self.campaigns[-1].refresh_from_db()
