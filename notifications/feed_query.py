"""Reading the feed from the tables: all of it for the memory of a web process, or one thread for one request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from notifications import cap
from notifications.feed import FIELDS, Feed, first_opening
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import APPROVED_ON, CampaignState

#: Alerts that a web process keeps in memory besides the unexpired ones; earlier pages are read from the table.
IN_MEMORY = 500

#: Between the first and the last opening of an alert: all zones of the world, and a night.
_MAX_SPREAD = timedelta(days=3)
_LONG_AGO, _FAR_FUTURE = datetime(1970, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)

#: Brakes under which an alert opens in no further country; as SQL, a tuple of Python's is one.
_NOT_GOING = ("paused", "halted", "held")

#: A text that changes whenever the feed does; the definition of an approved campaign is represented by its fingerprint.
VERSION_SQL = f"""
    SELECT md5(string_agg(
        concat_ws(' ', c.id, c.starts_at, c.fingerprint, c.state = 'stopped' OR b.state IS NOT DISTINCT FROM 'stopped',
            CASE WHEN b.state IN {_NOT_GOING} THEN b.set_at END),
        ',' ORDER BY c.id))
    FROM notifications_campaign c LEFT JOIN notifications_brake b ON b.campaign_id = c.id
    WHERE c.starts_at IS NOT NULL AND c.status = '{cap.AlertStatus.ACTUAL}'
        AND c.state IN ({", ".join(f"'{state}'" for state in APPROVED_ON)})
"""  # noqa: S608  (closed values of our own)


def read(*, at: datetime, limit: int | None = IN_MEMORY) -> Feed:
    """Read the `limit` newest alerts (None: all), every unexpired one, and all revisions of their threads from the tables."""
    return _read(_shown(), at=at, limit=limit)


def read_thread(number: int, *, at: datetime) -> Feed:
    """Read the alerts of the thread to which an alert belongs: nothing if there is no such alert."""
    shown = _shown()
    threads = list(shown.filter(pk=number).values_list("thread_id", flat=True))
    if not threads:
        return Feed(fresh=True)
    thread = threads[0] or number
    return _read(shown.filter(Q(thread=thread) | Q(pk=thread)), at=at, limit=None)


def _shown() -> QuerySet[Campaign]:
    return Campaign.objects.filter(state__in=APPROVED_ON, status=cap.AlertStatus.ACTUAL, starts_at__isnull=False)


def _read(shown: QuerySet[Campaign], *, at: datetime, limit: int | None) -> Feed:
    kept = shown.exclude(_stopped()).order_by("-starts_at", "-id").values(*FIELDS, "frozen_at")
    newest = list(kept if limit is None else kept[: limit + 1])
    cut_off = limit is not None and len(newest) > limit
    rows = {row["id"]: row for row in newest[:limit]}
    if cut_off:
        rows |= {row["id"]: row for row in kept.filter(not_after__gt=at)}
        threads = {row["thread_id"] or row["id"] for row in rows.values()}
        rows |= {row["id"]: row for row in kept.filter(Q(thread__in=threads) | Q(pk__in=threads))}
    stopped = list(shown.filter(_stopped()).values_list("id", "thread_id", "starts_at", "brake__set_at"))
    stops: dict[int, datetime] = {}
    for number, thread, _, stopped_at in stopped:
        # Without a brake nobody knows when it was stopped; then everything of the thread is removed.
        stops[thread or number] = max(stops.get(thread or number, _LONG_AGO), stopped_at or _FAR_FUTURE)
    braked = dict(shown.filter(brake__state__in=_NOT_GOING).values_list("id", "brake__set_at"))
    campaigns = [found for row in rows.values() if (found := _opened(Campaign(**row), braked.get(row["id"])))]
    removed = [campaign for campaign in campaigns if _frozen(campaign) <= stops.get(campaign.alert, _LONG_AGO)]
    left = sorted((c for c in campaigns if c not in removed), key=lambda c: (first_opening(c), c.pk), reverse=True)
    return Feed(
        campaigns=tuple(left),
        stopped={number: opens for number, _, opens, _ in stopped if opens is not None}
        | {campaign.pk: first_opening(campaign) for campaign in removed},
        complete_since=_last_opening(kept.exclude(pk__in=rows), newest[-1]["starts_at"]) if cut_off else None,
        fresh=limit is None,
    )


def _opened(campaign: Campaign, until: datetime | None) -> Campaign | None:
    """Return the campaign without the openings after `until` (None: with all of them), or None where it has no other."""
    if until is None:
        return campaign
    campaign.openings = {
        country: opens if opens and datetime.fromisoformat(opens) <= until else None
        for country, opens in campaign.openings.items()
    }
    return campaign if first_opening(campaign) <= until else None


def _last_opening(others: QuerySet[Campaign, dict[str, Any]], latest: datetime) -> datetime:
    """Return the last opening in any country of the alerts that are not held, of which the latest started at `latest`."""
    openings = others.filter(starts_at__gt=latest - _MAX_SPREAD).exclude(openings={}).values_list("openings", flat=True)
    return max([latest, *(datetime.fromisoformat(opens) for found in openings for opens in found.values() if opens)])


def _stopped() -> Q:
    # The brake comes first when a campaign is stopped; its state may follow a moment later.
    return Q(state=CampaignState.STOPPED) | Q(brake__state="stopped")


def _frozen(campaign: Campaign) -> datetime:
    assert campaign.frozen_at is not None
    return campaign.frozen_at
