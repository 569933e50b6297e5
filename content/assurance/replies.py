"""Act on what an organization replied about one of its channels."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.assurance.record import record_assurance
from content.models import Channel, ChannelRevision
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.reply import Reply, ReplyAnswer
from content.models.rights import require_service_country
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, SecondPersonRequired
from core.models import User


def accept_reply(reply: Reply, *, by: User, at: datetime) -> None:
    """Act on the reply as the first person: record a confirmation as a check, propose a correction or removal.

    Raises SecondPersonRequired for the person who created the link, because anyone who has it can answer in the organization's
    name, and ChangedMeanwhile where the channel has changed since the organization saw it, or somebody else was first.
    """
    if by.pk == reply.link.made_by_id:
        raise SecondPersonRequired("You created the link of this reply, so another assurer must accept the reply.")
    with transaction.atomic():
        channel = Channel.objects.select_related("service").filter(revision=reply.revision_id).first()
        if channel is None:
            raise ChangedMeanwhile("This channel has changed since the organization saw it; send the organization a new link.")
        _close(reply, accepted=True, by=by, at=at)
        when = f"{reply.at:%-d %B %Y}"
        if reply.answer == ReplyAnswer.CONFIRM:
            note = f"Confirmed by the organization through its correction link on {when}."
            record_assurance(channel, by=by, at=at, method=Method.CONFIRMED, note=note)
            return
        ChannelRevision.objects.propose(
            service_id=channel.service_id,
            position=channel.position,
            act=Act.REMOVE if reply.answer == ReplyAnswer.REMOVE else Act.CHANGE,
            by=by,
            at=at,
            facts=reply.facts(),
            reason=f"Reported by the organization through its correction link on {when}.",
        )


def dismiss_reply(reply: Reply, *, by: User, at: datetime) -> None:
    """Close the reply without acting on it."""
    with transaction.atomic():
        _close(reply, accepted=False, by=by, at=at)


def _close(reply: Reply, *, accepted: bool, by: User, at: datetime) -> None:
    roles.require(by, "content.assure_channel")
    require_service_country(by, reply.revision.service)
    if not Reply.objects.filter(pk=reply.pk, dealt_at=None).update(taken=accepted, dealt_by=by, dealt_at=at):
        raise ChangedMeanwhile()
    audit.record(by=by, verb=Verb.REPLY_ACCEPTED if accepted else Verb.REPLY_DISMISSED, row=reply, at=at, answer=reply.answer)
