"""What a soak asks the product's database, over a connection of its own."""

from __future__ import annotations

from typing import Any

import psycopg

#: How the soak's own sessions are called, so that they are neither counted nor ended.
_OWN = "soak"


class Database:
    """The database, as its superuser. A connection is opened for each question, because the soak also ends connections."""

    def __init__(self, url: str) -> None:
        self._url = url

    def sessions(self) -> int:
        """Return how many sessions the product has."""
        sql = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> %s"
        )
        return int(self._rows(sql, _OWN)[0][0])

    def end_connections(self) -> None:
        """End all sessions of the product."""
        self._rows(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> %s",
            _OWN,
        )

    def claimed(self, campaign: str) -> int:
        """Return how many devices are in batches that a worker holds: each may be sent to again when that worker ends."""
        return int(
            self._rows(
                "SELECT coalesce(sum(size), 0) FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id"
                " WHERE b.state = 'claimed' AND w.campaign_id = %s",
                campaign,
            )[0][0]
        )

    def expire_leases(self) -> None:
        """Expire the leases of workers that are gone, as if 45 seconds had passed."""
        self._rows("UPDATE notifications_batch SET lease_until = now() - interval '1 ms' WHERE state = 'claimed' RETURNING id")

    def ended(self, campaign: str) -> str | None:
        """Return the state of a campaign that has ended or waits for a person; None while it is under way."""
        ((state, finished),) = self._rows("SELECT state, finished_at FROM notifications_campaign WHERE id = %s", campaign)
        return str(state) if finished is not None or state in ("halted", "held") else None

    def _rows(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, application_name=_OWN, autocommit=True) as connection:
            return connection.execute(sql.encode(), parameters or None).fetchall()
