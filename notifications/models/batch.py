"""Up to 500 installations of a wave: the unit that a worker claims, sends and settles."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, IntegerField, Q

from notifications.models.wave import Wave

BATCH_SIZE = 500
LEASE = timedelta(seconds=45)
#: A batch that was claimed so often without being settled takes its worker down with it; a person has to look.
MOST_CLAIMS = 3


class BatchState(models.TextChoices):
    """Where a batch is; no lifecycle with an audit, it changes many times a second."""

    #: Waits for its time.
    OPEN = "open"
    #: A worker has it, until the lease ends.
    CLAIMED = "claimed"
    #: Every installation in it has an outcome.
    DONE = "done"


class Length(Func):
    """Number of elements of an array, 0 for an empty one."""

    function = "CARDINALITY"
    output_field = IntegerField()


class Batch(models.Model):
    """A range of (segment, ticket), both ends included, and what became of it, in numbers.

    Before the first settlement nothing is known of anybody in the range. After it every one of the n is counted, or stands in
    `later` (surely not accepted) or `unsure` (perhaps accepted) by ticket; whoever has moved meanwhile has another ticket.
    """

    wave = models.ForeignKey(Wave, on_delete=models.PROTECT, related_name="batches")
    from_segment = models.IntegerField()
    from_ticket = models.BigIntegerField()
    to_segment = models.IntegerField()
    to_ticket = models.BigIntegerField()
    n = models.PositiveSmallIntegerField()

    state = models.CharField(max_length=7, choices=BatchState.choices, default=BatchState.OPEN)
    ready_at = models.DateTimeField(help_text="Not to be claimed before.")
    lease_until = models.DateTimeField(null=True)
    fence = models.IntegerField(default=0, help_text="Counts the claims; a settlement of an earlier one is void.")
    claims = models.PositiveSmallIntegerField(default=0, help_text="Claims since the last settlement.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="Settlements that left something to do.")

    accepted = models.PositiveSmallIntegerField(default=0)
    rejected = models.PositiveSmallIntegerField(default=0)
    unknown = models.PositiveSmallIntegerField(default=0)
    skipped = models.PositiveSmallIntegerField(default=0)
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    later = ArrayField(models.BigIntegerField(), default=list)
    unsure = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        verbose_name_plural = "batches"
        indexes = (
            models.Index(fields=["ready_at"], condition=Q(state="open"), name="batch_open"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="batch_claimed"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state"),
            models.CheckConstraint(condition=Q(n__gte=1, n__lte=BATCH_SIZE), name="batch_size"),
            models.CheckConstraint(condition=Q(state="claimed") ^ Q(lease_until=None), name="batch_lease_while_claimed"),
            models.CheckConstraint(
                # All or nothing: a batch that is half counted would lose or double somebody.
                condition=Q(n=F("accepted") + F("rejected") + F("unknown") + F("skipped") + Length("later") + Length("unsure"))
                | Q(accepted=0, rejected=0, unknown=0, skipped=0, later=[], unsure=[]),
                name="batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(n=F("accepted") + F("rejected") + F("unknown") + F("skipped")),
                name="batch_done_is_done",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} of wave {self.wave_id}: {self.state}"

    @property
    def is_fresh(self) -> bool:
        """Tell whether it was never settled, so that its whole range is to be read."""
        return not (self.accepted or self.rejected or self.unknown or self.skipped or self.later or self.unsure)
