"""A campaign: one alert or its update, from a draft to the counts that are left of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import OperationalError, connection, models, transaction
from django.db.models import F, Q

from content.terms import Audience
from core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound, SecondPersonRequired
from core.models import User
from core.roles import require
from core.states import advance
from notifications import cap
from notifications.models.campaign_rules import FOUR_EYES, FROZEN_DEFINITION, KEPT
from notifications.models.campaign_state import APPROVED_ON, LIFECYCLE, CampaignState

#: The word that stands for every app, country, region, audience or locale.
ALL = ["all"]
#: Share of the audience, and number, that a campaign may take off the list: beyond it something else is wrong than old addresses.
_MARKED_SHARE, _MARKED_ALWAYS = 0.02, 19


def most_marked(devices: int) -> int:
    """Return how many of so many installations a campaign may mark gone."""
    return max(int(devices * _MARKED_SHARE), _MARKED_ALWAYS)


class Kind(models.TextChoices):
    """What a campaign is in its thread."""

    ALERT = "alert"
    UPDATE = "update"
    CANCEL = "cancel"
    ALL_CLEAR = "all-clear"
    EXERCISE = "exercise"


class ScheduleKind(models.TextChoices):
    """When it begins."""

    NOW = "now"
    AT = "at"
    LOCAL = "local"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Draft and find campaigns."""

    def draft(self, definition: dict[str, Any], *, by: User, at: datetime) -> Campaign:
        """Make a draft from a definition (the mapping that `campaign create` reads); Invalid says what is wrong where."""
        from notifications.campaigns import definition as definitions

        require(by, "notifications.author_campaign")
        fields = definitions.parse(definition)
        return self.create(created_by=by, created_at=at, touched_by=[by.pk], **fields)

    def numbered(self, number: str | int) -> Campaign:
        """Return one campaign, or raise NotFound."""
        found = self.filter(pk=int(number)).first() if str(number).isdecimal() and len(str(number)) < 19 else None
        if found is None:
            raise NotFound(f"There is no campaign {number}.")
        return found

    def frozen_unfinished(self) -> CampaignQuerySet:
        """Those with a frozen audience that is not folded yet, stopped ones included."""
        return self.filter(frozen_at__isnull=False, finished_at=None)

    def opened(self, *, at: datetime) -> CampaignQuerySet:
        """Those that the feed has shown by then, stopped ones included; never anything but Actual."""
        return self.filter(state__in=APPROVED_ON, status=cap.Status.ACTUAL, starts_at__lte=at)


class Campaign(models.Model):
    """One alert or a later word on it. Definition, approval, and the counts of its delivery."""

    # What the author writes: see `definition.py` for its form, `campaign_rules.DEFINITION` for the list.
    name = models.CharField(max_length=120, help_text="For staff.")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    references = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="referenced_by")
    thread = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers")
    apps = ArrayField(models.CharField(max_length=40))
    countries = ArrayField(models.CharField(max_length=3))
    regions = ArrayField(models.CharField(max_length=6))
    audiences = ArrayField(models.CharField(max_length=10))
    locales = ArrayField(models.CharField(max_length=35))
    words = models.JSONField(help_text="Locale to outer and inner text, and variants by audience.")
    services = ArrayField(models.CharField(max_length=80))
    tips = models.JSONField(default=dict, help_text="Audience to the slug of the tip that opens.")
    severity = models.CharField(max_length=8, choices=cap.Severity.choices)
    urgency = models.CharField(max_length=9, choices=cap.Urgency.choices)
    certainty = models.CharField(max_length=8, choices=cap.Certainty.choices)
    status = models.CharField(max_length=8, choices=cap.Status.choices)
    home_zone = models.CharField(max_length=40)
    home_locale = models.CharField(max_length=35)
    schedule_kind = models.CharField(max_length=5, choices=ScheduleKind.choices)
    schedule_at = models.CharField(max_length=25, blank=True, help_text="UTC instant or local time, as it was given.")
    not_after = models.DateTimeField(help_text="Nothing goes out from this instant on.")
    quiet_override = models.CharField(max_length=300, blank=True, help_text="Why quiet hours are not respected.")

    state = models.CharField(max_length=9, choices=CampaignState.choices, default=CampaignState.DRAFT)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was returned, rejected, halted, held or stopped.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    touched_by = ArrayField(models.BigIntegerField(), help_text="Everybody who ever wrote, edited or submitted it.")
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    rev = models.PositiveSmallIntegerField(null=True, help_text="Number in its thread; the first alert is 1.")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)

    starts_at = models.DateTimeField(null=True, help_text="First due instant; the feed opens then.")
    frozen_at = models.DateTimeField(null=True)
    ticket_high = models.BigIntegerField(null=True, help_text="Later tickets are not in the audience.")
    devices = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # What folded batches leave behind; until then the batches hold the counts.
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0, db_default=0, help_text="Installations that FCM called gone, marked or not.")
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    # Topics are counted apart: one of them is any number of phones.
    topics = models.PositiveIntegerField(default=0, db_default=0)
    topics_accepted = models.PositiveIntegerField(default=0, db_default=0)
    topics_rejected = models.PositiveIntegerField(default=0, db_default=0)
    topics_unknown = models.PositiveIntegerField(default=0, db_default=0)
    topics_skipped = models.PositiveIntegerField(default=0, db_default=0)

    objects: ClassVar[CampaignQuerySet] = CampaignQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("author_campaign", "Can create, edit and submit campaigns"),
            ("approve_campaign", "Can approve, return and reject campaigns"),
            ("stop_campaign", "Can pause, resume and stop campaigns"),
        )
        indexes = (models.Index(fields=["state"], name="campaign_state_idx"),)
        constraints = (
            models.UniqueConstraint(fields=["thread", "rev"], name="campaign_rev_once"),
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="campaign_state"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="campaign_kind"),
            models.CheckConstraint(condition=Q(severity__in=cap.Severity.values), name="campaign_severity"),
            models.CheckConstraint(condition=Q(urgency__in=cap.Urgency.values), name="campaign_urgency"),
            models.CheckConstraint(condition=Q(certainty__in=cap.Certainty.values), name="campaign_certainty"),
            models.CheckConstraint(condition=Q(status__in=cap.Status.values), name="campaign_status"),
            models.CheckConstraint(
                condition=Q(audiences__contained_by=[*Audience.values, *ALL]) & ~Q(audiences=[]), name="campaign_audiences"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("update", "cancel", "all-clear")) ^ Q(references=None), name="campaign_references"
            ),
            models.CheckConstraint(condition=~Q(kind="exercise") | ~Q(status="Actual"), name="campaign_exercise_is_not_actual"),
            models.CheckConstraint(
                condition=~Q(state__in=("submitted", *APPROVED_ON))
                | Q(submitted_by__isnull=False, submitted_at__isnull=False, rev__isnull=False) & ~Q(fingerprint=""),
                name="campaign_submitted_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=APPROVED_ON)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("submitted_by")),
                name="campaign_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(submitted_by=None, approved_by=None, fingerprint="", rev=None),
                name="campaign_draft_is_open",
            ),
        )
        triggers = (LIFECYCLE.trigger(), FOUR_EYES, FROZEN_DEFINITION, KEPT)

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def alert(self) -> int:
        """Return the id of the thread's first alert: what the apps and the tag know it by."""
        return int(self.thread_id or self.pk)

    def edit(self, definition: dict[str, Any], *, by: User, at: datetime) -> None:
        """Replace the whole definition of a draft; whoever does may not approve it later."""
        from notifications.campaigns import definition as definitions

        require(by, "notifications.author_campaign")
        fields = definitions.parse(definition)
        with transaction.atomic():
            row = Campaign.objects.select_for_update().get(pk=self.pk)
            if row.state != CampaignState.DRAFT:
                raise Conflict("Only a draft can be edited; take it back first.", code="state")
            touched = sorted({*row.touched_by, by.pk})
            Campaign.objects.filter(pk=self.pk).update(touched_by=touched, **fields)
        self.refresh_from_db()

    def submit(self, *, by: User, at: datetime) -> str:
        """Write the immutable messages, freeze the definition and return the fingerprint that a second person approves."""
        from notifications.campaigns import fingerprint, messages

        require(by, "notifications.author_campaign")
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Campaign.objects.select_for_update(of=("self",)))
            LIFECYCLE.edge(self.state, CampaignState.SUBMITTED)
            self.rev = self._next_rev()
            self.submitted_at = at
            messages.check(self, at=at)
            messages.write_messages(self)
            advance(
                self, CampaignState.SUBMITTED, by=by, at=at, submitted_by=by, submitted_at=at, rev=self.rev, reason="",
                touched_by=sorted({*self.touched_by, by.pk}), fingerprint=fingerprint.compute(self),
            )  # fmt: skip
        return self.fingerprint

    def _next_rev(self) -> int:
        if self.thread_id is None:
            return 1
        # The lock on the thread's first alert lets two updates be submitted only one after the other.
        Campaign.objects.select_for_update(of=("self",)).get(pk=self.thread_id)
        highest = Campaign.objects.filter(thread=self.thread_id).aggregate(highest=models.Max("rev"))["highest"]
        return int(highest or 1) + 1

    def approve(self, *, fingerprint: str, by: User, at: datetime) -> None:
        """Approve exactly what has this fingerprint; by a second person who never touched the campaign."""
        from notifications.campaigns import fingerprint as fingerprints
        from notifications.models.brake import Brake

        require(by, "notifications.approve_campaign")
        with transaction.atomic():
            self.refresh_from_db(from_queryset=Campaign.objects.select_for_update(of=("self",)))
            LIFECYCLE.edge(self.state, CampaignState.APPROVED)
            if by.pk in self.touched_by:
                raise SecondPersonRequired("Nobody can approve a campaign that they wrote, edited or submitted.")
            if fingerprint != self.fingerprint or fingerprints.compute(self) != self.fingerprint:
                raise ChangedMeanwhile(
                    "This is not the fingerprint of the submitted campaign; look at the campaign again.", code="fingerprint"
                )
            if self.not_after <= at:
                raise Conflict("Its last instant has passed.", code="not-after")
            advance(self, CampaignState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
            Brake.objects.release(self, by=by, at=at)

    def send_back(self, *, by: User, at: datetime, reason: str = "") -> None:
        """Take it back to draft: by its authors, or by the approver with a reason. Messages and approval are deleted."""
        require(by, "notifications.author_campaign" if by.pk in self.touched_by else "notifications.approve_campaign")
        with transaction.atomic():
            advance(
                self, CampaignState.DRAFT, by=by, at=at, reason=reason, submitted_by=None, submitted_at=None, fingerprint="",
                rev=None, approved_by=None, approved_at=None,
            )  # fmt: skip
            self.messages.all().delete()

    def reject(self, *, by: User, at: datetime, reason: str) -> None:
        """Refuse it for good, with a reason."""
        require(by, "notifications.approve_campaign")
        if not reason.strip():
            raise Invalid("A rejection says why.", code="reason", field="reason")
        advance(self, CampaignState.REJECTED, by=by, at=at, reason=reason)

    def pause(self, *, by: User, at: datetime) -> None:
        """Let no further request leave until somebody resumes it."""
        from notifications.models.brake import Brake, BrakeState

        require(by, "notifications.stop_campaign")
        LIFECYCLE.edge(self.state, CampaignState.PAUSED)
        Brake.objects.pull(self, BrakeState.PAUSED, by=by, at=at)
        try:
            advance(self, CampaignState.PAUSED, by=by, at=at)
        except ChangedMeanwhile:
            # The planner may have let the state follow the brake already.
            self.refresh_from_db()
            if self.state != CampaignState.PAUSED:
                raise

    def resume(self, *, by: User, at: datetime) -> None:
        """Let a paused, halted or held campaign go on, or begin when its audience is not frozen yet."""
        from notifications.models.batch import Batch, BatchState
        from notifications.models.brake import Brake

        require(by, "notifications.stop_campaign")
        # The edge from submitted to approved belongs to an approver alone.
        if self.state not in (CampaignState.PAUSED, CampaignState.HALTED, CampaignState.HELD):
            raise Conflict("Only what was paused, halted or held can go on.", code="state")
        with transaction.atomic():
            advance(self, CampaignState.SENDING if self.frozen_at else CampaignState.APPROVED, by=by, at=at, reason="")
            # A batch that died on its workers gets new tries, and stays known as one that perhaps sent something.
            Batch.objects.filter(wave__campaign=self, claims__gt=1).update(claims=1)
            # Whoever resumes has seen how the first ones fared, and lets the others go.
            Batch.objects.filter(wave__campaign=self, canary=True, state=BatchState.DONE).update(canary=False)
            Brake.objects.release(self, by=by, at=at)

    def stop(self, *, by: User, at: datetime, reason: str = "") -> None:
        """Stop it for good: no further request leaves, and the alert is out of the feed, also when all was sent already.

        The brake is pulled before anything that could wait for a lock. Where the campaign's row is held by somebody, its state
        follows with the next tick.
        """
        from notifications.models.brake import Brake, BrakeState

        require(by, "notifications.stop_campaign")
        self.refresh_from_db()
        LIFECYCLE.edge(self.state, CampaignState.STOPPED)
        Brake.objects.pull(self, BrakeState.STOPPED, by=by, at=at)
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '1s'")
                self.refresh_from_db()
                advance(self, CampaignState.STOPPED, by=by, at=at, reason=reason)
        except (OperationalError, ChangedMeanwhile):
            return

    def halt(self, reason: str, *, at: datetime) -> bool:
        """Stop it in the product's own name, with the reason in words for a person; False when it was not sending."""
        from notifications.models.brake import Brake, BrakeState

        system = User.objects.system()
        self.refresh_from_db()
        if (str(self.state), str(CampaignState.HALTED)) not in LIFECYCLE.edges:
            return False
        Brake.objects.pull(self, BrakeState.HALTED, by=system, at=at)
        advance(self, CampaignState.HALTED, by=system, at=at, reason=reason[:500])
        return True

    def counts(self) -> dict[str, Any]:
        """Return what `campaign status` says, out of one snapshot, so that it adds up at every instant."""
        from notifications.campaigns import progress as counts

        return counts.of(self)
