"""A campaign: one alert or a follow-up to it, with its definition, its approval and the counts of its delivery.

The verbs (draft, submit, approve, stop …) are in `notifications.campaigns.lifecycle`.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from content.terms import HANDOUT_SITUATIONS, Handout, Recipient
from core.errors import NotFound
from core.querysets import manager_of
from notifications import cap
from notifications.models.campaign_rules import (
    APPROVED_TWICE,
    APPROVER_NOT_PAUSED,
    FOUR_EYES,
    FROZEN_DEFINITION,
    IN_PROGRAMME,
    KEPT,
    READ_IN_EVERY_LANGUAGE,
    RETURNED,
    TRANSLATED,
    WITHIN_LIMITS,
)
from notifications.models.campaign_state import APPROVED_ON, BEFORE_THE_END, LIFECYCLE, CampaignState
from notifications.models.programme import Programme

#: The word that stands for every app, country, region, audience or locale.
ALL = ["all"]
#: Share of its audience, and number, that a campaign may always mark gone: with more, something else is wrong than old addresses.
_MARKED_SHARE, _MARKED_ALWAYS = 0.02, 19


#: Campaign `c` is urgent: it is severe, or corrects or ends an earlier alert.
URGENT = "(c.kind IN ('update', 'cancel', 'all-clear') OR c.severity IN ('Extreme', 'Severe'))"
#: A newer revision of the thread of campaign `c` was approved: nothing more of `c` is sent. An exercise replaces no real alert.
SUPERSEDED = """
    EXISTS (SELECT 1 FROM notifications_campaign n
        WHERE n.thread_id = coalesce(c.thread_id, c.id) AND n.rev > c.rev AND n.approved_at IS NOT NULL
            AND n.status IN (c.status, 'Actual'))
"""


def max_marked_gone(devices: int) -> int:
    """Return how many installations a campaign to that many devices may mark gone."""
    return max(int(devices * _MARKED_SHARE), _MARKED_ALWAYS)


class CampaignKind(models.TextChoices):
    """What a campaign is in its thread."""

    ALERT = "alert"
    UPDATE = "update"
    CANCEL = "cancel"
    ALL_CLEAR = "all-clear"
    EXERCISE = "exercise"


#: The kinds that correct or end an earlier alert.
_FOLLOWING = (CampaignKind.UPDATE, CampaignKind.CANCEL, CampaignKind.ALL_CLEAR)


class ScheduleKind(models.TextChoices):
    """How the start of a campaign is given: at once, as an instant, or as a local time."""

    NOW = "now"
    AT = "at"
    LOCAL = "local"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Find campaigns."""

    def numbered(self, number: str | int) -> Campaign:
        """Return one campaign, or raise NotFound."""
        found = self.filter(pk=int(number)).first() if str(number).isdecimal() and len(str(number)) < 19 else None
        if found is None:
            raise NotFound(f"There is no campaign {number}.")
        return found

    def ids_to_begin_now(self) -> list[int]:
        """Return the ids of those that are approved and begin at once."""
        return list(self.filter(state=CampaignState.APPROVED, schedule_kind=ScheduleKind.NOW).values_list("pk", flat=True))

    def frozen_unfinished(self) -> CampaignQuerySet:
        """Return those whose audience is frozen and not folded yet, stopped ones included."""
        return self.filter(frozen_at__isnull=False, finished_at=None)

    def approved(self) -> CampaignQuerySet:
        """Return those that were approved, whatever became of them."""
        return self.filter(approved_at__isnull=False)

    def to_begin_or_expire(self, *, at: datetime) -> list[Campaign]:
        """Return the approved ones, and the submitted ones whose end has passed; urgent ones first."""
        unapproved = Q(state=CampaignState.SUBMITTED, not_after__lte=at)
        found = self.filter(Q(state=CampaignState.APPROVED) | unapproved)
        # The freeze of a large audience takes a minute.
        return sorted(found, key=lambda one: (not one.is_urgent, one.pk))

    def opened(self, *, at: datetime) -> CampaignQuerySet:
        """Return the Actual ones that the feed has shown by then, stopped ones included."""
        return self.filter(state__in=APPROVED_ON, status=cap.AlertStatus.ACTUAL, starts_at__lte=at)


class Campaign(models.Model):
    """One alert or a follow-up to it: definition, approval, and the counts of its delivery."""

    # What the author writes: `campaigns.definition` reads it, `campaign_rules.DEFINITION` lists the columns.
    name = models.CharField(max_length=120, help_text="For staff.")
    kind = models.CharField(max_length=9, choices=CampaignKind.choices)
    references = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="referenced_by")
    thread = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="followers")
    apps = ArrayField(models.CharField(max_length=40))
    countries = ArrayField(models.CharField(max_length=3))
    regions = ArrayField(models.CharField(max_length=6))
    audiences = ArrayField(models.CharField(max_length=10))
    locales = ArrayField(models.CharField(max_length=35))
    words = models.JSONField(help_text="Locale to outer and inner text, and variants by audience, region or both.")
    unchanged_locales = ArrayField(
        models.CharField(max_length=35),
        default=list,
        db_default=[],
        help_text="Texts that stay as the referenced alert has them: a locale, or a variant such as cy/educator.",
    )
    services = ArrayField(models.CharField(max_length=80))
    tips = models.JSONField(default=dict, help_text="Audience to the slug of the tip that opens.")
    handouts = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, db_default=[], help_text="Slugs of the handouts to print."
    )
    handout_situations = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        db_default=[],
        help_text="The situations for which each handout is attached; empty: the usual handout.",
    )
    severity = models.CharField(max_length=8, choices=cap.Severity.choices)
    urgency = models.CharField(max_length=9, choices=cap.Urgency.choices)
    certainty = models.CharField(max_length=8, choices=cap.Certainty.choices)
    status = models.CharField(max_length=8, choices=cap.AlertStatus.choices)
    home_zone = models.CharField(max_length=40)
    home_locale = models.CharField(max_length=35)
    schedule_kind = models.CharField(max_length=5, choices=ScheduleKind.choices)
    schedule_at = models.CharField(max_length=25, blank=True, help_text="UTC instant or local time, as it was given.")
    not_after = models.DateTimeField(help_text="Nothing is sent from this instant on.")
    quiet_override = models.CharField(max_length=300, blank=True, help_text="Why quiet hours are not respected.")
    quiet_deferral = models.BooleanField(
        default=False, db_default=False, help_text="The author decided that phones in quiet hours wait for their end."
    )
    named_services = models.JSONField(
        default=dict, blank=True, db_default={}, help_text="Service id to the name that stands in the texts for it."
    )

    programme = models.ForeignKey(Programme, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")

    # How far the author is: of no importance once the campaign is submitted.
    open_tasks = ArrayField(
        models.CharField(max_length=7), default=list, blank=True, db_default=[], help_text="Tasks that nobody has saved yet."
    )
    preset = models.CharField(max_length=9, blank=True, db_default="", help_text="What the author started from.")
    is_template = models.BooleanField(
        default=False, db_default=False, help_text="A draft to start campaigns from; it is never submitted."
    )
    reach_confirmed = models.PositiveIntegerField(null=True, help_text="Phones that the author confirmed by typing the number.")

    state = models.CharField(max_length=9, choices=CampaignState.choices, default=CampaignState.DRAFT)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was returned, rejected, halted, held or stopped.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    touched_by = ArrayField(models.BigIntegerField(), help_text="Everyone who ever wrote, edited or submitted it.")
    returned_by = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], help_text="Everyone who sent it back; they cannot edit it."
    )
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    rev = models.PositiveSmallIntegerField(null=True, help_text="Number in its thread; the first alert is 1.")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)

    starts_at = models.DateTimeField(null=True, help_text="First due instant; the feed opens then.")
    openings = models.JSONField(
        default=dict, db_default={}, help_text="Country to the instant at which its feed opens, if not at starts_at; null: never."
    )
    frozen_at = models.DateTimeField(null=True)
    ticket_watermark = models.BigIntegerField(null=True, help_text="Later tickets are not in the audience.")
    devices = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Sums of the folded batches; until they are folded, the batches hold the counts.
    accepted = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0, db_default=0, help_text="Installations that FCM reported gone, marked or not.")
    tally = models.JSONField(default=dict, help_text="Message id to outcome to number.")
    # Topics are counted separately: one topic is any number of phones.
    topics = models.PositiveIntegerField(default=0, db_default=0)
    topics_accepted = models.PositiveIntegerField(default=0, db_default=0)
    topics_rejected = models.PositiveIntegerField(default=0, db_default=0)
    topics_unknown = models.PositiveIntegerField(default=0, db_default=0)
    topics_skipped = models.PositiveIntegerField(default=0, db_default=0)

    objects: ClassVar[CampaignQuerySet] = manager_of(CampaignQuerySet)

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
            models.CheckConstraint(condition=Q(kind__in=CampaignKind.values), name="campaign_kind"),
            models.CheckConstraint(condition=Q(severity__in=cap.Severity.values), name="campaign_severity"),
            models.CheckConstraint(condition=Q(urgency__in=cap.Urgency.values), name="campaign_urgency"),
            models.CheckConstraint(condition=Q(certainty__in=cap.Certainty.values), name="campaign_certainty"),
            models.CheckConstraint(condition=Q(status__in=cap.AlertStatus.values), name="campaign_status"),
            models.CheckConstraint(
                condition=Q(audiences__contained_by=[*Recipient.values, *ALL]) & (~Q(audiences=[]) | Q(state="draft")),
                name="campaign_audiences",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(countries=[]) & ~Q(apps=[]) & ~Q(services=[]) & ~Q(words={}) & Q(open_tasks=[]),
                name="campaign_submitted_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("update", "cancel", "all-clear")) ^ Q(references=None), name="campaign_references"
            ),
            models.CheckConstraint(condition=Q(handouts__contained_by=Handout.values), name="campaign_handouts"),
            models.CheckConstraint(
                condition=Q(handout_situations__contained_by=HANDOUT_SITUATIONS) & (Q(handout_situations=[]) | ~Q(handouts=[])),
                name="campaign_handout_situations",
            ),
            models.CheckConstraint(
                condition=Q(is_template=False) | Q(state="draft", programme=None), name="campaign_template_is_a_draft"
            ),
            models.CheckConstraint(condition=~Q(kind="exercise") | ~Q(status="Actual"), name="campaign_exercise_is_not_actual"),
            models.CheckConstraint(
                condition=~Q(state__in=("submitted", *APPROVED_ON))
                | Q(submitted_by__isnull=False, submitted_at__isnull=False, rev__isnull=False) & ~Q(fingerprint=""),
                name="campaign_submitted_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=APPROVED_ON)
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("submitted_by"))
                # Nobody approved it before its end: then nothing of it was ever shown or sent.
                | Q(state="expired", approved_by=None, approved_at=None, starts_at=None, frozen_at=None),
                name="campaign_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="draft") | Q(submitted_by=None, approved_by=None, fingerprint="", rev=None),
                name="campaign_draft_is_open",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            FOUR_EYES,
            RETURNED,
            READ_IN_EVERY_LANGUAGE,
            TRANSLATED,
            APPROVED_TWICE,
            APPROVER_NOT_PAUSED,
            WITHIN_LIMITS,
            FROZEN_DEFINITION,
            KEPT,
            IN_PROGRAMME,
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def alert(self) -> int:
        """Return the id of the thread's first alert, which the apps and the tag use."""
        return int(self.thread_id or self.pk)

    @property
    def can_reach_readers(self) -> bool:
        """Return whether it is before a decision or before its end, so that a step may still send it."""
        return self.state in (CampaignState.SUBMITTED, *BEFORE_THE_END)

    @property
    def is_urgent(self) -> bool:
        """Return whether it is sent before others; see URGENT."""
        return self.kind in _FOLLOWING or self.severity in (cap.Severity.EXTREME, cap.Severity.SEVERE)

    @property
    def was_approved(self) -> bool:
        """Return whether it was approved, whatever became of it; an expired campaign may not have been."""
        return self.approved_at is not None

    def successor(self) -> Campaign | None:
        """Return the newest approved revision of the thread after this one, or None; see SUPERSEDED."""
        if self.rev is None:
            return None
        newer = Campaign.objects.filter(
            thread=self.alert, rev__gt=self.rev, approved_at__isnull=False, status__in=(self.status, cap.AlertStatus.ACTUAL)
        )
        return newer.order_by("-rev").first()
