"""Where a campaign stands, and the only ways from one state to another."""

from __future__ import annotations

from django.db import models

from core.states import Edge, Lifecycle


class CampaignState(models.TextChoices):
    """Where a campaign stands."""

    #: May be edited.
    DRAFT = "draft"
    #: Messages and fingerprint are written; waits for a second person.
    SUBMITTED = "submitted"
    #: That person refused it for good.
    REJECTED = "rejected"
    #: Waits for its time.
    APPROVED = "approved"
    #: The audience is frozen; batches go out as they fall due.
    SENDING = "sending"
    #: A person stopped it for a while.
    PAUSED = "paused"
    #: The product stopped it because something is wrong.
    HALTED = "halted"
    #: The database was restored or failed over; a person has to look.
    HELD = "held"
    #: A person stopped it for good.
    STOPPED = "stopped"
    #: Every installation has an outcome.
    DONE = "done"
    #: Its last instant passed before it began.
    EXPIRED = "expired"


S = CampaignState
LIFECYCLE = Lifecycle(
    model="notifications.Campaign",
    states=CampaignState,
    initial=S.DRAFT,
    edges=[
        Edge(S.DRAFT, S.SUBMITTED, "submit", "its messages are written and fingerprinted"),
        Edge(S.SUBMITTED, S.DRAFT, "return", "it goes back to be edited; the messages are deleted"),
        Edge(S.SUBMITTED, S.REJECTED, "reject", "a second person refuses it"),
        Edge(S.SUBMITTED, S.APPROVED, "approve", "a second person who never touched it approves its fingerprint"),
        Edge(S.APPROVED, S.DRAFT, "reopen", "it goes back to be edited; messages and approval are deleted"),
        Edge(S.APPROVED, S.SENDING, "begin", "the planner freezes the audience"),
        Edge(S.APPROVED, S.HALTED, "refuse", "the planner refuses it, for example for fewer than 20 registrations"),
        Edge(S.APPROVED, S.HELD, "hold", "the database was restored or failed over"),
        Edge(S.APPROVED, S.STOPPED, "stop", "a person stops it for good"),
        Edge(S.APPROVED, S.EXPIRED, "expire", "its last instant passed before it began"),
        Edge(S.SENDING, S.PAUSED, "pause", "a person stops it for a while"),
        Edge(S.SENDING, S.HALTED, "halt", "FCM's answers, a batch or the approval itself are not as they should be"),
        Edge(S.SENDING, S.HELD, "hold", "the database was restored or failed over"),
        Edge(S.SENDING, S.STOPPED, "stop", "a person stops it for good"),
        Edge(S.SENDING, S.DONE, "finish", "every installation has an outcome"),
        Edge(S.PAUSED, S.SENDING, "resume", "a person lets it go on"),
        Edge(S.PAUSED, S.STOPPED, "stop", "a person stops it for good"),
        Edge(S.PAUSED, S.DONE, "finish", "its last instant passed; the rest is skipped"),
        Edge(S.HALTED, S.SENDING, "resume", "a person lets it go on after the cause is gone"),
        Edge(S.HALTED, S.APPROVED, "resume", "a person lets the planner try again"),
        Edge(S.HALTED, S.STOPPED, "stop", "a person stops it for good"),
        Edge(S.HALTED, S.DONE, "finish", "its last instant passed; the rest is skipped"),
        Edge(S.HELD, S.SENDING, "release", "a person has looked and lets it go on"),
        Edge(S.HELD, S.APPROVED, "release", "a person has looked and lets it begin"),
        Edge(S.HELD, S.STOPPED, "stop", "a person stops it for good"),
        Edge(S.HELD, S.DONE, "finish", "its last instant passed; the rest is skipped"),
        Edge(S.DONE, S.STOPPED, "withdraw", "a person takes it out of the feed after it was sent"),
    ],
)

#: From approval on.
APPROVED_ON = (S.APPROVED, S.SENDING, S.PAUSED, S.HALTED, S.HELD, S.STOPPED, S.DONE, S.EXPIRED)
#: The audience is frozen, or nearly so, and not everybody has an outcome.
IN_FLIGHT = (S.SENDING, S.PAUSED, S.HALTED, S.HELD)
#: Approved, and somebody may yet be sent something.
BEFORE_THE_END = (S.APPROVED, *IN_FLIGHT)
