"""Fixtures of the fault tests: an emulator and workers of their own, and sums that the database itself checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from notifications.models import Campaign
from tests.faults.workers import Auditor, Workers, end_connections
from tests.processes import Emulator, start_emulator


@pytest.fixture
def faulty_fcm(tmp_path: Path) -> Iterator[Emulator]:
    emulator = start_emulator(tmp_path)
    yield emulator
    emulator.stop()


@pytest.fixture
def workers(tmp_path: Path, faulty_fcm: Emulator, transactional_db: None, settings: Any) -> Iterator[Workers]:
    settings.FIREBASE_PROJECTS = {faulty_fcm.project: str(faulty_fcm.credentials_file)}
    group = Workers(tmp_path, faulty_fcm)
    yield group
    group.end()
    end_connections()


@pytest.fixture
def audited() -> Iterator[Callable[[Campaign], Auditor]]:
    started: list[Auditor] = []

    def start(campaign: Campaign) -> Auditor:
        auditor = Auditor(campaign)
        auditor.start()
        started.append(auditor)
        return auditor

    yield start
    for auditor in started:
        auditor.end()


@pytest.fixture
def adds_up_at_every_commit(raw_sql: psycopg.Connection[Any]) -> Iterator[None]:
    """Let the database itself refuse every commit after which a campaign's counts do not add up to its devices."""
    raw_sql.execute(
        """
        CREATE FUNCTION test_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE wrong record;
        BEGIN
            SELECT c.id, f.n INTO wrong FROM notifications_campaign c CROSS JOIN LATERAL (VALUES
                (false, c.devices, c.accepted + c.rejected + c.unknown + c.skipped),
                (true, c.topics, c.topics_accepted + c.topics_rejected + c.topics_unknown + c.topics_skipped)
            ) f (by_topic, n, folded)
            WHERE c.frozen_at IS NOT NULL AND f.n <> f.folded + (
                SELECT coalesce(sum(b.accepted + b.rejected + b.unknown + b.skipped
                    + greatest(0, b.size - b.accepted - b.rejected - b.unknown - b.skipped)), 0)
                FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id
                WHERE w.campaign_id = c.id AND w.by_topic = f.by_topic);
            IF FOUND THEN
                RAISE EXCEPTION 'campaign % does not add up to %', wrong.id, wrong.n;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    tables = ("notifications_batch", "notifications_campaign")
    for table in tables:
        raw_sql.execute(
            f"CREATE CONSTRAINT TRIGGER test_adds_up AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION test_adds_up()"
        )
    yield
    raw_sql.rollback()
    end_connections()
    for table in tables:
        raw_sql.execute(f"DROP TRIGGER test_adds_up ON {table}")
    raw_sql.execute("DROP FUNCTION test_adds_up()")
