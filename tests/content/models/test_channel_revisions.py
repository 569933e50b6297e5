"""Two people change a channel. Nothing else does: not the ORM, not raw SQL, not an approval that is repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from content.assurance.record import record_assurance
from content.models import Channel, ChannelRevision, Service
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.revision import AlreadyProposed
from content.models.service_facts import Status
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from core.states import NoSuchEdge
from tests import make
from tests.make import NOON

NEW = {
    "type": "phone",
    "number_type": "e164",
    "dial": "0808 800 5000",
    "address": "+448088005000",
    "hours": "24/7",
    "cost": "free",
}


@pytest.fixture
def line(db: None) -> Service:
    make.world()
    return make.service()


def propose(service: Service, by: User, *, position: int | None = 1, act: Act = Act.CHANGE, **facts: object) -> ChannelRevision:
    return ChannelRevision.objects.propose(service_id=service.pk, position=position, act=act, by=by, at=NOON, facts=NEW | facts)


def test_an_approved_change_takes_effect_and_is_in_the_audit_log(line: Service) -> None:
    ann, ben = make.person("ann", "assurer"), make.person("ben", "assurer")
    revision = propose(line, ann)

    revision.approve(by=ben, at=NOON)

    channel = Channel.objects.get(service=line)
    assert (channel.dial, channel.address, channel.revision) == ("0808 800 5000", "+448088005000", revision)
    entry = AuditEntry.objects.get(verb=Verb.CHANNEL_CHANGE_APPROVED, row=str(revision.pk), model="content.ChannelRevision")
    assert entry.by == ben


def test_the_proposer_cannot_approve(line: Service) -> None:
    ann = make.person("ann", "assurer")
    revision = propose(line, ann)

    with pytest.raises(SecondPersonRequired, match="proposed a number"):
        revision.approve(by=ann, at=NOON)

    assert Channel.objects.get(service=line).dial == "0800 1111"


def test_an_editor_may_propose_and_not_approve_and_an_outsider_neither(line: Service) -> None:
    editor, outsider = make.person("eve", "localisation-editor"), make.person("olaf")
    revision = propose(line, editor)

    with pytest.raises(Forbidden):
        propose(line, outsider, position=None, act=Act.ADD)
    with pytest.raises(Forbidden):
        revision.approve(by=outsider, at=NOON)
    with pytest.raises(Forbidden):
        revision.approve(by=make.person("edith", "localisation-editor"), at=NOON)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"dial": "0808 800 5001"}, "does not dial"),
        ({"dial": "0808 800 5000 ext"}, "may contain only digits"),
        ({"dial": "+44 1930", "number_type": "short", "address": "1930"}, "short number"),
        ({"dial": "1930", "number_type": "short", "address": "1931"}, "does not dial"),
        ({"dial": "000", "address": "+44000"}, "not a possible phone number"),
        ({"dial": "0800 CHILD"}, "may contain only digits"),
        ({"dial": "0901 234 5678", "address": "+449012345678"}, "premium-rate"),
        ({"number_type": "", "dial": ""}, "how it is dialled"),
        ({"hours": "Mon-Fri 9am-5pm"}, "opening_hours"),
        ({"hours": "Mo-Fr 09:00-17:00"}, "no time zone"),
        ({"keyword": "HELP"}, "Only a text message"),
        ({"type": "url", "dial": "", "number_type": "", "address": "http://example.org"}, "not an https address"),
        ({"type": "url", "dial": "", "number_type": "", "address": "https://user@example.org"}, "must be plain ASCII"),
        ({"type": "url", "address": "https://example.org"}, "cannot have a number to dial"),
        ({"type": "email", "dial": "", "number_type": "", "address": "nobody"}, "not an e-mail address"),
        ({"type": "chat", "dial": "", "number_type": "", "address": "whatsapp:0800"}, "not a chat address"),
        ({"type": "app", "dial": "", "number_type": "", "address": "tap"}, "steps"),
    ],
)
def test_an_invalid_proposal_is_refused_with_a_sentence(line: Service, facts: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        propose(line, make.person("ann", "assurer"), **facts)


def test_a_channel_has_one_proposal_at_a_time(line: Service) -> None:
    ann = make.person("ann", "assurer")
    propose(line, ann)

    with pytest.raises(AlreadyProposed):
        propose(line, ann, dial="0800 1111", address="+448001111", hours="")


def test_a_proposal_older_than_the_approved_revision_is_refused(line: Service) -> None:
    ann, ben = make.person("ann", "assurer"), make.person("ben", "assurer")
    older = propose(line, ann)
    older.withdraw(by=ann, at=NOON)
    newer = propose(line, ann)
    newer.approve(by=ben, at=NOON)

    with pytest.raises(ChangedMeanwhile, match="propose yours again"):
        older.approve(by=ben, at=NOON)


def test_the_position_of_a_removed_channel_is_never_reused(line: Service) -> None:
    ann, ben = make.person("ann", "assurer"), make.person("ben", "assurer")
    propose(line, ann, act=Act.REMOVE).approve(by=ben, at=NOON)

    added = propose(line, ann, position=None, act=Act.ADD)

    assert not Channel.objects.filter(service=line).exists()
    assert added.position == 2


def test_a_check_covers_only_the_revision_that_was_checked(line: Service) -> None:
    ann, ben = make.person("ann", "assurer"), make.person("ben", "assurer")
    channel = Channel.objects.get(service=line)
    assurance = record_assurance(channel, by=ann, at=NOON, method=Method.RUNG, until=(NOON + timedelta(days=90)).date())

    propose(line, ann).approve(by=ben, at=NOON)

    channel.refresh_from_db()
    assert assurance.revision_id != channel.revision_id


@pytest.mark.parametrize(
    "change",
    [
        lambda channel: Channel.objects.filter(pk=channel.pk).update(dial="0808 800 5000"),
        lambda channel: Channel.objects.filter(pk=channel.pk).update(hours=""),
        lambda channel: Channel.objects.filter(pk=channel.pk).update(position=9),
        lambda channel: Channel.objects.filter(pk=channel.pk).delete(),
        lambda channel: Channel.objects.create(service=channel.service, position=7, revision=channel.revision, **NEW),
    ],
)
def test_the_orm_cannot_bypass_a_revision(line: Service, change: Callable[[Channel], object]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        change(Channel.objects.get(service=line))

    assert Channel.objects.get(service=line).dial == "0800 1111"


def seed() -> tuple[Channel, ChannelRevision]:
    make.world()
    line = make.service()
    return Channel.objects.get(service=line), propose(line, make.person("ann", "assurer"))


def test_of_two_concurrent_approvals_one_takes_effect(at_once: Callable[..., list[Any]]) -> None:
    channel, revision = seed()
    people = [make.person("ben", "assurer"), make.person("cleo", "assurer")]

    answers = at_once(*(lambda who=who: ChannelRevision.objects.get(pk=revision.pk).approve(by=who, at=NOON) for who in people))

    assert [type(answer) for answer in answers if answer is not None] in ([ChangedMeanwhile], [NoSuchEdge])
    assert (
        AuditEntry.objects.filter(
            model="content.ChannelRevision", verb=Verb.CHANNEL_CHANGE_APPROVED, row=str(revision.pk)
        ).count()
        == 1
    )
    assert Channel.objects.get(pk=channel.pk).dial == "0808 800 5000"


def test_two_concurrent_proposals_get_different_positions(at_once: Callable[..., list[Any]]) -> None:
    make.world()
    line, ann = make.service(), make.person("ann", "assurer")

    made = at_once(*[lambda: propose(line, ann, position=None, act=Act.ADD).position] * 4)

    assert sorted(made) == [2, 3, 4, 5]


def test_a_retired_service_keeps_its_channels_for_the_record(line: Service) -> None:
    make.service_facts(line.pk, status=Status.DEFUNCT)

    assert Channel.objects.filter(service=line).exists()
