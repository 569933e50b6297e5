"""The batches that a killed worker had claimed and not settled, read from the database right after the kill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.bench.push.celery_processes import APPLICATION


@dataclass(frozen=True)
class UnsettledClaim:
    """A claimed batch that is not settled. Its addresses have no outcome yet; only these may be sent to again."""

    batch: int
    fence: int
    campaign: int
    addresses: tuple[str, ...]


def unsettled(seen: set[tuple[int, int]]) -> list[UnsettledClaim]:
    """Return the unsettled claims, without those whose (batch, fence) is in `seen`."""
    rows = _query(
        """
        SELECT b.id, b.fence, w.campaign_id FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id
        WHERE b.state = 'claimed' ORDER BY b.id
        """
    )
    return [
        UnsettledClaim(batch, fence, campaign, _addresses(batch)) for batch, fence, campaign in rows if (batch, fence) not in seen
    ]


def _addresses(batch: int) -> tuple[str, ...]:
    from notifications.registrations import sealed

    rows = _query(
        """
        SELECT r.address_sealed, r.address_digest
        FROM notifications_batch b
        JOIN notifications_wave w ON w.id = b.wave_id
        JOIN notifications_campaign c ON c.id = w.campaign_id
        JOIN notifications_registration r ON (r.segment_id, r.ticket) >= (b.from_segment, b.from_ticket)
            AND (r.segment_id, r.ticket) <= (b.to_segment, b.to_ticket)
        WHERE b.id = %s AND r.segment_id = ANY(w.segments) AND r.ticket <= c.ticket_watermark
            AND CASE WHEN b.accepted + b.rejected + b.unknown + b.skipped
                + cardinality(b.retry_tickets) + cardinality(b.uncertain_tickets) = 0
                THEN r.ticket <> ALL(w.canary) ELSE r.ticket = ANY(b.retry_tickets || b.uncertain_tickets) END
        """,
        batch,
    )
    addresses = sealed.unseal_all(rows)
    assert None not in addresses, "a sealed address is damaged"
    return tuple(map(str, addresses))


def backends() -> set[int]:
    """Return the process ids of the database's connections to workers."""
    return {row[0] for row in _query("SELECT pid FROM pg_stat_activity WHERE application_name = %s", APPLICATION)}


def expire_leases() -> None:
    """Expire the leases of killed workers, as if 45 seconds had passed."""
    _query("UPDATE notifications_batch SET lease_until = now() - interval '1 ms' WHERE state = 'claimed' RETURNING id")


def _query(sql: str, *parameters: int | str) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return list(cursor.fetchall())
