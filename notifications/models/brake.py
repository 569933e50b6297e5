"""Brakes: every sender checks them before each request. A sender that cannot read them sends nothing."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import connection, models
from django.db.models import Q

from core import audit
from core.audit_verbs import Verb
from core.errors import Conflict, Forbidden
from core.models import User
from core.querysets import manager_of
from core.roles import require, require_approver
from notifications.models.campaign import ALL, Campaign


class BrakeState(models.TextChoices):
    """Whether requests may leave."""

    GO = "go"
    #: By a person, until somebody resumes the campaign.
    PAUSED = "paused"
    #: By the product, because something is wrong.
    HALTED = "halted"
    #: After a restore or failover of the database, until a person releases it.
    HELD = "held"
    #: For good.
    STOPPED = "stopped"


class BrakeQuerySet(models.QuerySet["Brake"]):
    """Pull and release brakes."""

    def pull(self, campaign: Campaign, state: BrakeState, *, by: User, at: datetime, reason: str = "") -> None:
        """Set the brake of one campaign, in a statement of its own that waits for no lock; a stopped one stays stopped."""
        mine = self.filter(campaign=campaign).exclude(state=BrakeState.STOPPED)
        mine.update(state=state, set_by=by, set_at=at, reason=reason[:300])

    def release(self, campaign: Campaign, *, by: User, at: datetime) -> None:
        """Let one campaign begin or continue; a stopped one stays stopped."""
        self.bulk_create([Brake(campaign=campaign, state=BrakeState.GO, set_by=by, set_at=at)], ignore_conflicts=True)
        self.pull(campaign, BrakeState.GO, by=by, at=at)

    def stop_everything(self, *, by: User, at: datetime, reason: str) -> None:
        """Stop all sending, of every campaign, until an approver releases it."""
        require(by, "notifications.stop_campaign")
        brake = self.for_everything()
        self.filter(pk=brake.pk).update(state=BrakeState.STOPPED, set_by=by, set_at=at, reason=reason)
        audit.record(by=by, verb=Verb.SENDING_STOPPED, row=brake, at=at, reason=reason)

    def release_everything(self, *, by: User, at: datetime) -> None:
        """Allow sending again; the brake of each campaign stays as it is."""
        require_approver(by, "notifications.approve_campaign")
        if not by.acts_on(ALL, ALL):
            raise Forbidden("Only an approver for every app and country can let everything go out again.", code="limits")
        brake = self.for_everything()
        if brake.state == BrakeState.HELD:
            raise Conflict("The database was restored and is not checked yet: run manage.py restore_check.", code="unchecked")
        self.filter(pk=brake.pk).update(state=BrakeState.GO, set_by=by, set_at=at, reason="")
        audit.record(by=by, verb=Verb.SENDING_RESUMED, row=brake, at=at)

    def for_everything(self) -> Brake:
        """Return the brake of all campaigns together."""
        found = self.filter(campaign=None).first()
        if found is None:
            self.bulk_create([Brake(campaign=None, database=database_identity())], ignore_conflicts=True)
            found = self.get(campaign=None)
        return found


class Brake(models.Model):
    """The brake of one campaign or, without a campaign, of all sending; that one also records the identity of the database."""

    campaign = models.OneToOneField(Campaign, null=True, on_delete=models.CASCADE, related_name="brake")
    state = models.CharField(max_length=7, choices=BrakeState.choices, default=BrakeState.GO)
    reason = models.CharField(max_length=300, blank=True)
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(null=True)
    database = models.CharField(max_length=80, blank=True)
    restores = models.PositiveIntegerField(default=0, db_default=0, help_text="How many restores of the database were noticed.")

    objects: ClassVar[BrakeQuerySet] = manager_of(BrakeQuerySet)

    class Meta:
        constraints = (
            models.UniqueConstraint(models.Value(1), condition=Q(campaign=None), name="brake_one_for_everything"),
            models.CheckConstraint(condition=Q(state__in=BrakeState.values), name="brake_state"),
        )

    def __str__(self) -> str:
        return f"{self.campaign or 'everything'}: {self.state}"


#: The cluster's system identifier (where readable), its timeline and this database's oid. After a restore from a dump the first
#: or the last differs; after a restore to a point in time or a failover, the timeline does.
IDENTITY_SQL = """
    concat_ws(' ',
        CASE WHEN has_function_privilege('pg_control_system()', 'execute')
             THEN (SELECT system_identifier::text FROM pg_control_system()) ELSE 'unreadable' END,
        CASE WHEN pg_is_in_recovery() THEN 'standby'
             WHEN has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
             THEN substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) ELSE 'unreadable' END,
        (SELECT oid::text FROM pg_database WHERE datname = current_database()))
"""


def database_identity() -> str:
    """Return a text that differs between this database and a restored copy of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {IDENTITY_SQL}")
        return str(cursor.fetchone()[0])
