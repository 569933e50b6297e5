"""A batch of a wave: up to 500 installations or topics, the unit that a worker claims, sends and settles.

The claims themselves are in `notifications.delivery.claims`; here are the row, its constraints, and the conditions under which a
batch may be claimed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.functions import Now

from core.querysets import manager_of
from notifications.models.brake import IDENTITY_SQL
from notifications.models.campaign import SUPERSEDED, URGENT, Campaign
from notifications.models.wave import Wave

BATCH_SIZE = 500
#: How long a claim lasts.
LEASE = timedelta(seconds=45)
#: Installations of a wave of more than one batch that are sent to first; their outcomes decide about the rest.
CANARY_SIZE = 200
#: A batch that was claimed this often and never settled ends its workers: the campaign halts, and a person has to look.
MAX_CLAIMS = 3

#: Enough of canary `k` has an outcome to decide about the wave: a few odd devices must not hold back all others.
DECIDED = "(k.accepted + k.rejected + k.unknown + k.skipped) * 10 >= k.size * 9"

#: Seconds after its approval for which a revision waits for claimed batches of earlier ones in its thread. No request of those
#: starts later than 2 s after the approval (`brake_monitor.MAX_AGE` and `MAX_DELAY`), and each ends within 15 s
#: (`fcm.REQUEST_TIMEOUT`).
ORDER_WAIT = 17.0
#: No worker holds a batch of an earlier revision of the thread of campaign `c`, and none has ended that did, or none of its
#: requests can be under way. The network may deliver what a process had sent before its end.
EARLIER_ENDED = f"""
    (c.thread_id IS NULL OR c.approved_at <= now() - make_interval(secs => {ORDER_WAIT}) OR NOT EXISTS (
        SELECT 1 FROM notifications_campaign o
        JOIN notifications_wave ow ON ow.campaign_id = o.id
        LEFT JOIN notifications_batch ob ON ob.wave_id = ow.id AND ob.state = 'claimed' AND ob.lease_until > now()
        WHERE (o.id = c.thread_id OR o.thread_id = c.thread_id) AND o.rev < c.rev
            AND (ob.id IS NOT NULL OR ow.holder_ended_at > now() - make_interval(secs => {ORDER_WAIT}))))
"""  # noqa: S608

#: The waves from which batches may be claimed: the campaign is sending and is the newest approved one of its thread, no brake is
#: on, and this is still the database that the brake knows. Every claim checks all of it in the statement that takes the batch.
#: Nothing of a wave is sent before its readers were found to have help (`campaigns/checks/wave_help.py`). A wave is `held` until
#: nine tenths of its canary have an outcome and at most half of it is gone; until then only the canary may be claimed.
#: Parameter: `ahead`, seconds.
SENDABLE_WAVES = f"""
    SELECT w.id, w.project, w.campaign_id, {URGENT} AS urgent, EXISTS (
        SELECT 1 FROM notifications_batch k
        WHERE k.wave_id = w.id AND k.canary AND NOT ({DECIDED} AND k.gone * 2 <= k.size)) AS held
    FROM notifications_wave w
    JOIN notifications_campaign c ON c.id = w.campaign_id AND c.state = 'sending' AND c.not_after > now()
    JOIN notifications_brake s ON s.campaign_id = c.id AND s.state = 'go'
    WHERE w.segments <> '{{}}' AND w.due_at <= now() + make_interval(secs => %(ahead)s) AND w.help_checked_at IS NOT NULL
        AND NOT {SUPERSEDED} AND {EARLIER_ENDED}
        AND EXISTS (SELECT 1 FROM notifications_brake WHERE campaign_id IS NULL AND state = 'go' AND database = ({IDENTITY_SQL}))
"""  # noqa: S608
#: Batch `b` is due, or, before its first try, within `ahead` seconds.
DUE = """
    b.state = 'open' AND b.ready_at <= now() + CASE WHEN b.tries = 0 THEN make_interval(secs => %(ahead)s) ELSE '0' END
"""


def ready(most: str) -> str:
    """Return SQL for (id, ready_at) of the first `most` batches of a sendable wave `w` that can be claimed, in order.

    In two parts, so that no claim reads past the other batches of a wave that waits for its canary; each with its own order and
    limit, so that the index gives them.
    """
    parts = (
        f"(SELECT b.id, b.ready_at FROM notifications_batch b WHERE {held} AND b.wave_id = w.id AND {DUE} "  # noqa: S608
        f"ORDER BY b.ready_at, b.id LIMIT {most})"
        for held in ("w.held AND b.canary", "NOT w.held")
    )
    return f"({' UNION ALL '.join(parts)})"


#: The lease on batch `b` has ended without a settlement, or was released (`delivery.holders`), and it may be claimed again.
ABANDONED = f"b.state = 'claimed' AND b.lease_until < now() AND b.claims < {MAX_CLAIMS}"


class BatchState(models.TextChoices):
    """The state of a batch. It changes many times a second, so it is no audited lifecycle."""

    #: Waits until `ready_at`.
    OPEN = "open"
    #: A worker holds it until the lease ends.
    CLAIMED = "claimed"
    #: Every installation in it has an outcome.
    DONE = "done"


class Length(Func):
    """The number of elements of an array, 0 for an empty one."""

    function = "CARDINALITY"
    output_field = IntegerField()


def _decided() -> Q:
    """Return DECIDED as a condition of a query."""
    return Q(size__lte=(F("accepted") + F("rejected") + F("unknown") + F("skipped")) * 10 / 9)


class BatchQuerySet(models.QuerySet["Batch"]):
    """Find batches."""

    def awaited_canary(self, campaign: Campaign) -> Batch | None:
        """Return a canary, preferably a second one, for whose outcomes a wave that has begun waits; None if there is none."""
        begun = self.filter(wave__campaign=campaign, canary=True).filter(Q(ready_at__lte=Now()) | Q(tries__gt=0))
        return begun.exclude(_decided()).order_by("-second", "pk").first()

    def canaries_mostly_gone(self, campaign: Campaign) -> BatchQuerySet:
        """Return the canaries of which more than half is gone."""
        return self.filter(_decided(), wave__campaign=campaign, canary=True, gone__gt=F("size") / 2)

    def undecided_second_groups(self) -> BatchQuerySet:
        """Return the second groups that decide about their wave and of which too few have an outcome yet."""
        return self.filter(canary=True, second=True).exclude(_decided())

    def release_decided_waves(self, campaign: Campaign) -> None:
        """Release the waves whose canary has enough outcomes, because a person who has seen them resumes the campaign."""
        self.filter(_decided(), wave__campaign=campaign, canary=True).update(canary=False)

    def restart_second_groups(self, campaign: Campaign | None = None, *, at: datetime) -> None:
        """Start the time of undecided second groups anew: of one campaign, because a person resumes it, or of all."""
        undecided = Wave.objects.filter(pk__in=self.undecided_second_groups().values("wave"))
        if campaign is not None:
            undecided = undecided.filter(campaign=campaign)
        undecided.exclude(second_since=None).update(second_since=at)

    def waiting_for_worker_since(self, campaign: Campaign) -> datetime | None:
        """Return since when claimable batches of a campaign have waited with no worker on their project; None if none waits.

        A worker shows in two ways: it holds a claim on a batch of the project, or it takes permits, which moves `booked_until`.
        The result lies in the future while permits are booked ahead.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH w AS MATERIALIZED ({SENDABLE_WAVES} AND w.campaign_id = %(campaign)s), waiting AS (
                    SELECT project, min(since) AS since FROM (
                        SELECT w.project, ready.ready_at AS since
                        FROM w, LATERAL {ready("1")} ready
                        UNION ALL
                        SELECT w.project, b.lease_until FROM notifications_batch b JOIN w ON w.id = b.wave_id WHERE {ABANDONED}
                    ) claimable GROUP BY project
                )
                SELECT min(greatest(x.since, q.booked_until, q.blocked_until, brake.released_at))
                FROM waiting x LEFT JOIN notifications_quota q USING (project), LATERAL (
                    SELECT max(set_at) AS released_at FROM notifications_brake
                    WHERE campaign_id = %(campaign)s OR campaign_id IS NULL) brake
                WHERE NOT EXISTS (
                    SELECT 1 FROM notifications_batch b JOIN notifications_wave v ON v.id = b.wave_id AND v.project = x.project
                    WHERE b.state = 'claimed' AND b.lease_until > now())
                """,  # noqa: S608
                {"campaign": campaign.pk, "ahead": 0.0},
            )
            since: datetime | None = cursor.fetchone()[0]
        return since


class Batch(models.Model):
    """A range of (segment, ticket), both ends included, and the counts of its outcomes.

    Before the first settlement nothing is known of any ticket in the range. After it each of `size` is counted, or its ticket is
    in `retry_tickets` (certainly not accepted) or `uncertain_tickets` (possibly accepted). An installation that has moved to
    another segment has another ticket.
    """

    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="batches")
    from_segment = models.IntegerField()
    from_ticket = models.BigIntegerField()
    to_segment = models.IntegerField()
    to_ticket = models.BigIntegerField()
    size = models.PositiveSmallIntegerField()
    canary = models.BooleanField(
        default=False, db_default=False, help_text="Sent first and alone; its outcomes decide about the rest of the wave."
    )
    second = models.BooleanField(
        default=False, db_default=False, help_text="Drawn as a second group: it becomes the canary when the first one fails."
    )

    state = models.CharField(max_length=7, choices=BatchState.choices, default=BatchState.OPEN)
    ready_at = models.DateTimeField(help_text="May not be claimed earlier.")
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0, help_text="Number of claims; a settlement under an earlier number is void.")
    claims = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last settlement.")
    holder = models.UUIDField(null=True, help_text="The process of the last claim, by core.process_locks.")
    holder_fence = models.IntegerField(null=True, help_text="The claim that the holder made.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Settlements that left something to send.")
    device_tries = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Those after which a device failed by itself, while FCM accepted others."
    )

    accepted = models.PositiveSmallIntegerField(default=0)
    rejected = models.PositiveSmallIntegerField(default=0)
    unknown = models.PositiveSmallIntegerField(default=0)
    skipped = models.PositiveSmallIntegerField(default=0)
    gone = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Rejected ones whose address FCM does not know or does not accept."
    )
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    retry_tickets = ArrayField(models.BigIntegerField(), default=list)
    uncertain_tickets = ArrayField(models.BigIntegerField(), default=list)

    objects: ClassVar[BatchQuerySet] = manager_of(BatchQuerySet)

    class Meta:
        verbose_name_plural = "batches"
        indexes = (
            models.Index(fields=["wave", "ready_at", "id"], condition=Q(state="open"), name="batch_open_of_wave"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="batch_claimed"),
            models.Index(fields=["wave"], condition=Q(canary=True), name="batch_canary"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state"),
            models.CheckConstraint(condition=Q(size__gte=1, size__lte=BATCH_SIZE), name="batch_size"),
            models.CheckConstraint(condition=Q(state="claimed") ^ Q(lease_until=None), name="batch_lease_while_claimed"),
            models.CheckConstraint(
                # All or nothing: a batch that is counted in part would lose or double an installation.
                condition=Q(
                    size=F("accepted") + F("rejected") + F("unknown") + F("skipped")
                    + Length("retry_tickets") + Length("uncertain_tickets")
                )
                | Q(accepted=0, rejected=0, unknown=0, skipped=0, retry_tickets=[], uncertain_tickets=[]),
                name="batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(size=F("accepted") + F("rejected") + F("unknown") + F("skipped")),
                name="batch_done_is_done",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.pk} of wave {self.wave_id}: {self.state}"
