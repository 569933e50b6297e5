"""From an approved campaign to phones, turned by hand: tick, deliver, look."""

from __future__ import annotations

import pytest

from notifications import delivery, planner
from notifications.models import Batch
from tests import make
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def turn() -> None:
    """Let the planner and then a sender work once."""
    planner.tick(at=planner.database_now())
    delivery.run(seconds=10)
    planner.tick(at=planner.database_now())


def test_an_approved_campaign_reaches_every_installation_once(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()

    turn()

    counts = campaign.counts()
    assert counts["state"] == "done"
    assert (counts["devices"], counts["accepted"], counts["pending"]) == (30, 30, 0)
    assert fcm_emulator.counts()["accepted_total"] == 30
    assert fcm_emulator.counts()["doubled"] == 0
    assert not Batch.objects.exists()
