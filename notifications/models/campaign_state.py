"""The states of a campaign and the edges between them."""

from __future__ import annotations

from django.db import models

from core.audit_verbs import Verb
from core.states import Edge, Lifecycle


class CampaignState(models.TextChoices):
    """The state of a campaign."""

    #: May be edited.
    DRAFT = "draft"
    #: Messages and fingerprint are written; a second person has to decide.
    SUBMITTED = "submitted"
    #: A second person refused it for good.
    REJECTED = "rejected"
    #: Approved; begins when it is due.
    APPROVED = "approved"
    #: The audience is frozen; batches are sent as they fall due.
    SENDING = "sending"
    #: A person paused it.
    PAUSED = "paused"
    #: The product stopped it, because something is wrong.
    HALTED = "halted"
    #: The database was restored or failed over; a person has to release it.
    HELD = "held"
    #: A person stopped it for good.
    STOPPED = "stopped"
    #: Every installation has an outcome.
    DONE = "done"
    #: Its end (not_after) passed before it was approved or began, or a newer revision was approved before it began.
    EXPIRED = "expired"


S = CampaignState
LIFECYCLE = Lifecycle(
    model="notifications.Campaign",
    states=CampaignState,
    initial=S.DRAFT,
    edges=[
        Edge(S.DRAFT, S.SUBMITTED, Verb.CAMPAIGN_SUBMITTED, "the messages are written and fingerprinted"),
        Edge(S.SUBMITTED, S.DRAFT, Verb.CAMPAIGN_RETURNED, "it is returned to be edited; the messages are deleted"),
        Edge(S.SUBMITTED, S.REJECTED, Verb.CAMPAIGN_REJECTED, "a second person refuses it"),
        Edge(S.SUBMITTED, S.APPROVED, Verb.CAMPAIGN_APPROVED, "a second person who never touched it approves its fingerprint"),
        Edge(S.SUBMITTED, S.EXPIRED, Verb.CAMPAIGN_EXPIRED, "its end passed before anyone approved it"),
        Edge(S.APPROVED, S.DRAFT, Verb.CAMPAIGN_REOPENED, "it is returned to be edited; messages and approval are deleted"),
        Edge(S.APPROVED, S.SENDING, Verb.CAMPAIGN_STARTED, "the audience is frozen"),
        Edge(S.APPROVED, S.HALTED, Verb.CAMPAIGN_REFUSED, "the planner refuses it, for example for fewer than 20 registrations"),
        Edge(S.APPROVED, S.HELD, Verb.CAMPAIGN_HELD, "the database was restored or failed over"),
        Edge(S.APPROVED, S.STOPPED, Verb.CAMPAIGN_STOPPED, "a person stops it for good"),
        Edge(
            S.APPROVED,
            S.EXPIRED,
            Verb.CAMPAIGN_EXPIRED,
            "its end passed, or a newer revision was approved, before it began",
        ),
        Edge(S.SENDING, S.PAUSED, Verb.CAMPAIGN_PAUSED, "a person pauses it"),
        Edge(
            S.SENDING,
            S.HALTED,
            Verb.CAMPAIGN_HALTED,
            "FCM's responses (to a canary and its second group), a batch, the approval or the help of its readers show a fault",
        ),
        Edge(S.SENDING, S.HELD, Verb.CAMPAIGN_HELD, "the database was restored or failed over"),
        Edge(S.SENDING, S.STOPPED, Verb.CAMPAIGN_STOPPED, "a person stops it for good"),
        Edge(S.SENDING, S.DONE, Verb.CAMPAIGN_FINISHED, "every installation has an outcome"),
        Edge(S.PAUSED, S.SENDING, Verb.CAMPAIGN_RESUMED, "a person resumes it"),
        Edge(S.PAUSED, S.STOPPED, Verb.CAMPAIGN_STOPPED, "a person stops it for good"),
        Edge(
            S.PAUSED,
            S.DONE,
            Verb.CAMPAIGN_FINISHED,
            "its end passed or a newer revision was approved; the rest is skipped",
        ),
        Edge(S.HALTED, S.SENDING, Verb.CAMPAIGN_RESUMED, "a person resumes it after the cause was removed"),
        Edge(S.HALTED, S.APPROVED, Verb.CAMPAIGN_RESUMED, "a person resumes it; the planner tries again"),
        Edge(S.HALTED, S.STOPPED, Verb.CAMPAIGN_STOPPED, "a person stops it for good"),
        Edge(
            S.HALTED,
            S.DONE,
            Verb.CAMPAIGN_FINISHED,
            "its end passed or a newer revision was approved; the rest is skipped",
        ),
        Edge(S.HELD, S.SENDING, Verb.CAMPAIGN_RELEASED, "a person has checked it and releases it"),
        Edge(S.HELD, S.APPROVED, Verb.CAMPAIGN_RELEASED, "a person has checked it and lets it begin"),
        Edge(S.HELD, S.STOPPED, Verb.CAMPAIGN_STOPPED, "a person stops it for good"),
        Edge(
            S.HELD,
            S.DONE,
            Verb.CAMPAIGN_FINISHED,
            "its end passed or a newer revision was approved; the rest is skipped",
        ),
        Edge(S.DONE, S.STOPPED, Verb.CAMPAIGN_WITHDRAWN, "a person takes it out of the feed after it was sent"),
    ],
)

#: Every state from approval on. An expired campaign may have ended before its approval: `Campaign.was_approved` tells.
APPROVED_ON = (S.APPROVED, S.SENDING, S.PAUSED, S.HALTED, S.HELD, S.STOPPED, S.DONE, S.EXPIRED)
#: The audience is or may be frozen, and some installations have no outcome yet.
IN_FLIGHT = (S.SENDING, S.PAUSED, S.HALTED, S.HELD)
#: Approved, and messages may still be sent.
BEFORE_THE_END = (S.APPROVED, *IN_FLIGHT)
