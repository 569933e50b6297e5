"""No step of delivery but the freeze itself reads or sorts a whole table: EXPLAIN of what it really executes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from notifications.campaigns.progress import progress_of
from notifications.delivery import batch_rows, canaries, claims, maintenance, planner, scheduler
from notifications.delivery.canaries import CanaryCandidate
from notifications.delivery.verified_campaign import VerifiedCampaign
from notifications.models import Batch, Campaign, SegmentCount, Wave
from notifications.models.batch import CANARY_SIZE
from tests import make
from tests.notifications.steps import tick
from tools.bench.push import planning

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DEVICES = 100_000
#: Tables that grow with the audience.
LARGE = {"notifications_registration", "notifications_batch"}


@contextmanager
def explained() -> Iterator[list[dict[str, Any]]]:
    """Yield a list that grows by each node of the plans of all statements that are executed meanwhile.

    A prepared statement has two: PostgreSQL plans it for its parameters at first, and later for any.
    """
    nodes: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        statement = sql.strip().removeprefix("DISCARD PLANS; ")
        if statement.upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE", "EXECUTE")):
            for mode in ("custom", "generic") if statement.startswith("EXECUTE") else ("custom",):
                with connection.connection.cursor() as cursor:
                    cursor.execute(f"SET plan_cache_mode = force_{mode}_plan")
                    cursor.execute("EXPLAIN (FORMAT JSON) " + statement, parameters)
                    found = cursor.fetchone()[0]
                    cursor.execute("RESET plan_cache_mode")
                nodes.extend(_nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        yield nodes


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _scans(nodes: list[dict[str, Any]]) -> list[str]:
    """Return the scans of whole large tables, and the sorts of more rows than a canary has segments."""
    return [
        f"{node['Node Type']} of {node.get('Relation Name')}, {node['Plan Rows']} rows"
        for node in nodes
        if (node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE)
        or ("Sort" in node["Node Type"] and node["Plan Rows"] > 5_000)
    ]


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Return a campaign to 100,000 installations in 2,000 segments of unequal size, in 5,000 batches."""
    monkeypatch.setattr(planner, "BATCH_SIZE", 20)
    make.app()
    planning.add(DEVICES)
    SegmentCount.objects.fold(at_least=1)
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_registration, notifications_batch, notifications_wave, notifications_campaign")
    return campaign


def test_no_step_of_delivery_scans_a_large_table(frozen: Campaign) -> None:
    wave = Wave.objects.get()
    verified = VerifiedCampaign.load(frozen.pk)

    with explained() as drawing:
        found = canaries.draw(
            [CanaryCandidate(segment, 50, str(segment % 6)) for segment in wave.segments],
            size=CANARY_SIZE, watermark=10**12,
        )  # fmt: skip
    # They are prepared now.
    assert claims.waiting_projects() == {"fingerpost-test": 1}
    assert claims.claim_batch("no-project") is None
    with explained() as claiming:
        assert claims.waiting_projects() == {"fingerpost-test": 1}
        first = claims.claim_batch("fingerpost-test")
        # The canary is under way: the search for another batch passes over all those that wait for it.
        assert claims.claim_batch("fingerpost-test") is None
    assert first is not None
    with explained() as reading:
        canary = batch_rows.read(first, verified)
    Batch.objects.filter(canary=True).update(canary=False)
    # The second group, which lists its tickets too, comes before the first range.
    listed, second = claims.claim_batch("fingerpost-test"), claims.claim_batch("fingerpost-test")
    assert listed is not None
    assert second is not None
    assert (listed.fresh, second.fresh) == (False, True)
    with explained() as reading_a_range:
        usual = batch_rows.read(second, verified)
    with explained() as looking:
        progress_of(frozen)
    with explained() as maintaining:
        maintenance.run_due_jobs(at=datetime.now(UTC))

    assert "notifications_batch" in {node.get("Relation Name") for node in claiming}
    assert len(found) == CANARY_SIZE
    assert (len(canary), len(usual)) == (first.size, second.size)
    assert {name: _scans(nodes) for name, nodes in {
        "draw": drawing, "claim": claiming, "canary": reading, "range": reading_a_range, "daily": maintaining,
    }.items()} == {"draw": [], "claim": [], "canary": [], "range": [], "daily": []}  # fmt: skip
    assert "notifications_registration" in {node.get("Relation Name") for node in maintaining}
    # The page adds up the batches of one campaign, here all there are.
    assert "notifications_registration" not in {node.get("Relation Name") for node in looking}


def test_a_tick_reads_no_segments_for_campaigns_that_begin_next_week() -> None:
    make.app()
    make.installations(30)
    later = datetime.now(UTC) + timedelta(days=7)
    schedules = ({"at": later.isoformat()}, {"local": later.strftime("%Y-%m-%dT%H:%M")})
    for schedule in schedules:
        make.campaign(schedule=schedule, not_after=(later + timedelta(days=2)).isoformat())
    tick()

    with explained() as nodes:
        scheduler.tick(at=scheduler.database_now())

    read = {node.get("Relation Name") for node in nodes}
    assert "notifications_campaign" in read
    assert "notifications_segment" not in read
