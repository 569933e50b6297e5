"""A request to the editors of a language to translate the texts of a campaign, with what they have written so far."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core.audit_verbs import Verb
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle, advance
from notifications.models.campaign import Campaign


class RequestState(models.TextChoices):
    """The state of a request."""

    #: The editors of the language have it; nobody has begun.
    REQUESTED = "requested", "Requested"
    #: An editor has saved a part of it, or a second reader sent it back.
    IN_WORK = "in-work", "In work"
    #: An editor handed it in: the text is in the draft, and a second reader has to read it.
    RETURNED = "returned", "Returned for review"
    #: A second reader confirmed the text.
    READ = "read", "Read by a second reader"
    #: The author does not wait for it any more.
    WITHDRAWN = "withdrawn", "Withdrawn"


S = RequestState
#: The editors have the request: the campaign waits for the text.
OPEN = (S.REQUESTED, S.IN_WORK)
#: The text is in the campaign.
HANDED_IN = (S.RETURNED, S.READ)

REQUEST_LIFECYCLE = Lifecycle(
    model="notifications.TranslationRequest",
    states=RequestState,
    initial=S.REQUESTED,
    edges=[
        Edge(S.REQUESTED, S.IN_WORK, Verb.CAMPAIGN_TRANSLATION_STARTED, "an editor of the language saves a text"),
        Edge(S.REQUESTED, S.WITHDRAWN, Verb.CAMPAIGN_TRANSLATION_WITHDRAWN, "the author withdraws the request"),
        Edge(S.IN_WORK, S.RETURNED, Verb.CAMPAIGN_TRANSLATION_HANDED_IN, "an editor hands it in; the draft gets the text"),
        Edge(S.IN_WORK, S.WITHDRAWN, Verb.CAMPAIGN_TRANSLATION_WITHDRAWN, "the author withdraws the request"),
        Edge(S.RETURNED, S.READ, Verb.CAMPAIGN_TRANSLATION_READ, "a second reader confirms the text in the campaign"),
        Edge(
            S.RETURNED,
            S.IN_WORK,
            Verb.CAMPAIGN_TRANSLATION_SENT_BACK,
            "a second reader sends it back, or the author asks again because the source changed",
        ),
        Edge(S.RETURNED, S.WITHDRAWN, Verb.CAMPAIGN_TRANSLATION_WITHDRAWN, "the author sends without the language"),
        Edge(S.READ, S.IN_WORK, Verb.CAMPAIGN_TRANSLATION_REQUESTED, "the author asks again, because the source changed"),
        Edge(S.READ, S.WITHDRAWN, Verb.CAMPAIGN_TRANSLATION_WITHDRAWN, "the author sends without the language"),
    ],
)


class TranslationRequestQuerySet(models.QuerySet["TranslationRequest"]):
    """Find requests, and mark one as read."""

    def current(self) -> TranslationRequestQuerySet:
        """Return those that are not withdrawn; each campaign has at most one for each language."""
        return self.exclude(state=S.WITHDRAWN)

    def open(self) -> TranslationRequestQuerySet:
        """Return those that the editors have."""
        return self.filter(state__in=OPEN)

    def mark_read(self, campaign: Campaign, locale: str, *, by: User, at: datetime) -> None:
        """Mark the request for a text that a second reader has just confirmed, if there is one, in the caller's transaction."""
        found = self.filter(campaign=campaign, locale=locale, state=S.RETURNED).first()
        if found is not None:
            advance(found, S.READ, by=by, at=at, read_by=by, read_at=at)


class TranslationRequest(models.Model):
    """One language of one campaign, requested from its editors until a deadline.

    `source` and `texts` map the place of a text, such as `outer.title` or `variants.teen.inner.body`, to the text.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="translation_requests")
    locale = models.CharField(max_length=35)
    state = models.CharField(max_length=9, choices=RequestState.choices, default=RequestState.REQUESTED)
    deadline = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True, help_text="For the translators.")
    source_locale = models.CharField(max_length=35)
    source = models.JSONField(help_text="The source texts that the translation was made from.")
    texts = models.JSONField(default=dict, blank=True, help_text="What the editors have saved.")
    revision = models.PositiveIntegerField(default=0, help_text="Counts the saves; a save names the one that it began from.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why a second reader sent it back.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    translated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Who saved it last."
    )
    handed_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    handed_in_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True)

    objects: ClassVar[TranslationRequestQuerySet] = manager_of(TranslationRequestQuerySet)

    class Meta:
        ordering = ("deadline", "id")
        indexes = (models.Index(fields=["state", "deadline"], name="translationrequest_state_idx"),)
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "locale"], condition=~Q(state="withdrawn"), name="translationrequest_once"
            ),
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="translationrequest_state"),
            models.CheckConstraint(condition=Q(deadline__gt=F("requested_at")), name="translationrequest_deadline"),
            models.CheckConstraint(
                condition=~Q(state__in=("returned", "read")) | Q(handed_in_by__isnull=False, handed_in_at__isnull=False),
                name="translationrequest_handed_in",
            ),
            models.CheckConstraint(
                condition=~Q(state="read") | Q(read_by__isnull=False, read_at__isnull=False) & ~Q(read_by=F("handed_in_by")),
                name="translationrequest_read_by_another",
            ),
        )
        triggers = (
            REQUEST_LIFECYCLE.trigger(),
            pgtrigger.Trigger(
                name="of_a_draft",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF TG_OP = 'UPDATE' AND NEW.texts IS DISTINCT FROM OLD.texts
                        AND NOT (NEW.state = 'in-work' OR OLD.state = 'in-work' AND NEW.state = 'returned') THEN
                        RAISE EXCEPTION 'a translation changes only while it is in work' USING ERRCODE = 'check_violation';
                    END IF;
                    IF (TG_OP = 'INSERT' OR NEW.state <> OLD.state AND NEW.state IN ('in-work', 'returned'))
                        AND NOT EXISTS (
                            SELECT 1 FROM notifications_campaign c WHERE c.id = NEW.campaign_id AND c.state = 'draft'
                        ) THEN
                        RAISE EXCEPTION 'only the texts of a draft are translated' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.locale}"

    @property
    def is_open(self) -> bool:
        """Return whether the editors have it."""
        return self.state in OPEN

    @property
    def is_handed_in(self) -> bool:
        """Return whether its text is in the campaign."""
        return self.state in HANDED_IN
