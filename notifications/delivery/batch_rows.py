"""Read the installations of a claimed batch, by looks into the index of (segment, ticket) alone."""

from __future__ import annotations

from typing import Any

from django.db import connection

from notifications.delivery import outcomes
from notifications.delivery.claims import Claim
from notifications.delivery.fcm import PushTarget
from notifications.delivery.outcomes import Outcome
from notifications.delivery.settlements import Destination
from notifications.delivery.verified_campaign import VerifiedCampaign
from notifications.models.segment import Segment
from notifications.registrations import sealed

#: (segment, ticket, address kind, sealed address, address digest)
Row = tuple[int, int, str, str, str]

_COLUMNS = "r.segment_id, r.ticket, r.address_kind, r.address_sealed, r.address_digest"
# Without OFFSET the planner may join in another way: for a range over many segments it has scanned the table.
_RANGE = f"""
    SELECT r.* FROM unnest(%(segments)s::integer[]) AS one(segment_id), LATERAL (
        SELECT {_COLUMNS} FROM notifications_registration r
        WHERE r.segment_id = one.segment_id
            AND r.ticket >= CASE WHEN one.segment_id = %(low_segment)s THEN %(low_ticket)s::bigint ELSE 0 END
            AND r.ticket <= CASE WHEN one.segment_id = %(high_segment)s
                THEN least(%(high_ticket)s::bigint, %(watermark)s::bigint) ELSE %(watermark)s::bigint END
            AND r.gone_at IS NULL
            AND CASE WHEN %(fresh)s THEN r.ticket <> ALL(%(canary)s::bigint[]) ELSE r.ticket = ANY(%(left)s::bigint[]) END
        OFFSET 0) r
"""  # noqa: S608
_PAIRS = f"""
    SELECT r.* FROM unnest(%(segments)s::integer[], %(tickets)s::bigint[]) AS one(segment_id, ticket), LATERAL (
        SELECT {_COLUMNS} FROM notifications_registration r
        WHERE r.segment_id = one.segment_id AND r.ticket = one.ticket AND r.gone_at IS NULL
        OFFSET 0) r
"""  # noqa: S608


def read(claim: Claim, verified: VerifiedCampaign) -> list[Row]:
    """Return the registrations that are to be sent to, ordered by segment and ticket."""
    left = sorted(claim.retry_tickets | claim.uncertain_tickets)
    segment_of = {} if claim.fresh else verified.canary_segments(claim.wave_id)
    if segment_of.keys() >= set(left) and left:
        # A canary: its range crosses all segments of its wave.
        return _rows(_PAIRS, {"segments": [segment_of[ticket] for ticket in left], "tickets": left})
    low_segment, low_ticket, high_segment, high_ticket = claim.range
    return _rows(
        _RANGE,
        {
            "low_segment": low_segment, "low_ticket": low_ticket, "high_segment": high_segment, "high_ticket": high_ticket,
            "segments": verified.segments(claim.wave_id, low_segment, high_segment),
            "watermark": verified.campaign.ticket_watermark, "fresh": claim.fresh, "left": left,
            "canary": verified.canary(claim.wave_id) if claim.fresh else [],
        },
    )  # fmt: skip


def _rows(sql: str, parameters: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return sorted(cursor.fetchall())


Installations = tuple[dict[int, Destination], list[PushTarget], dict[int, Outcome]]


def read_batch(claim: Claim, verified: VerifiedCampaign) -> Installations:
    """Read the batch's installations: destinations by ticket, targets, and outcomes of those whose address cannot be read."""
    if verified.is_by_topic(claim.wave_id):
        return _read_topics(claim, verified)
    rows = read(claim, verified)
    destinations, targets, unreadable = {}, [], {}
    addresses = sealed.unseal_all((row[3], row[4]) for row in rows)
    for (segment, ticket, kind, _, digest), address in zip(rows, addresses, strict=True):
        message = verified.message_id(segment)
        destinations[ticket] = Destination(segment, ticket, digest, message)
        if address is None:
            unreadable[ticket] = outcomes.UNREADABLE_ADDRESS
        else:
            targets.append(PushTarget(ticket, kind, address, verified.templates[message]))
    return destinations, targets, unreadable


def _read_topics(claim: Claim, verified: VerifiedCampaign) -> Installations:
    """Read the batch's topics: each is a segment, whose id is its ticket too."""
    low, _, high, _ = claim.range
    left = {*claim.retry_tickets, *claim.uncertain_tickets}
    destinations, targets = {}, []
    for segment in Segment.objects.topics().filter(pk__in=verified.segments(claim.wave_id, low, high)).order_by("pk"):
        if claim.fresh or segment.pk in left:
            destinations[segment.pk] = destination = Destination(segment.pk, segment.pk, "", verified.message_id(segment.pk))
            targets.append(PushTarget(segment.pk, "topic", segment.topic, verified.templates[destination.message]))
    return destinations, targets, {}
