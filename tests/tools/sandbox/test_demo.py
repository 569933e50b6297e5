"""The campaigns of ./run on a database that was kept: which one it reports, and the one that waits on the start page."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.core.management import call_command

from notifications.delivery import planner
from notifications.models import Campaign, CampaignState
from tests import make
from tools.sandbox.demo import newest_sent, submit_waiting_campaign
from tools.sandbox.demo_campaign import WAITING
from tools.sandbox.supervisor import Sandbox

pytestmark = pytest.mark.django_db


class CommandsHere:
    """The commands of a sandbox, run in this process on the database of the test."""

    def __init__(self, run: Path) -> None:
        """Write the files of the demo into `run`."""
        self.paths = SimpleNamespace(run=run)

    def json_command(self, *arguments: str, text: str = "") -> dict[str, Any]:
        """Run a management command with --json; return the object that it printed."""
        out = io.StringIO()
        call_command(*arguments, "--json", stdout=out)
        return dict(json.loads(out.getvalue()))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """Create what the demo's campaigns name, with the author and the approver of the demo."""
    make.campaign_ground()
    for name in ("gb-nspcc-helpline", "gb-childline"):
        make.service(name)
    make.tip("first-hour-parents", audiences=["parent"])
    make.approve_texts()
    make.person("amina", "campaign-author")
    make.person("david", "campaign-approver")
    make.app()
    make.installations(20, country="GB", audience="parent", region=None, locale="en")
    return cast(Sandbox, CommandsHere(tmp_path))


def waiting() -> list[tuple[int, str]]:
    """Return id and state of the campaigns for the start page, oldest first."""
    return list(Campaign.objects.filter(name__startswith=WAITING).order_by("pk").values_list("pk", "state"))


def test_a_campaign_that_waits_is_submitted_once(sandbox: Sandbox) -> None:
    submit_waiting_campaign(sandbox)
    submit_waiting_campaign(sandbox)

    assert [state for _, state in waiting()] == [CampaignState.SUBMITTED]


def test_one_that_has_ended_is_rejected_and_another_one_submitted(sandbox: Sandbox) -> None:
    now = datetime.now(UTC)
    end = (now - timedelta(days=1)).isoformat()
    ended = make.campaign(state="submitted", at=now - timedelta(days=3), name=f"{WAITING} three days ago", not_after=end)

    submit_waiting_campaign(sandbox)

    (old, old_state), (new, new_state) = waiting()
    assert (old, old_state) == (ended.pk, CampaignState.REJECTED)
    assert new_state == CampaignState.SUBMITTED
    assert Campaign.objects.get(pk=new).not_after > now


def test_what_an_earlier_start_has_sent_is_not_the_campaign_that_waits(sandbox: Sandbox) -> None:
    before = newest_sent(sandbox)
    older, newer = make.campaign(), make.campaign()
    for campaign in (older, newer):
        assert planner.plan_audience(campaign, at=datetime.now(UTC))
        Campaign.objects.filter(pk=campaign.pk).update(state="done", finished_at=datetime.now(UTC))
    submit_waiting_campaign(sandbox)

    assert before is None
    assert newest_sent(sandbox) == str(newer.pk)
