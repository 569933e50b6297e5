"""The facts of a service and the name of an organization change only by a proposal that a second person approves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.models import Channel, Organization, OrganizationRevision, Service, ServiceRevision
from content.models.revision import AlreadyProposed, RevisionState
from content.models.service_revision import ServiceAct
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, DomainError, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db
SANDBOX = Policy(date(2026, 12, 1), serve_unreviewed=True, sandbox=True)


@pytest.fixture
def line() -> Service:
    make.world()
    return make.service("gb-line")


@pytest.fixture
def asta() -> User:
    return make.person("asta", "assurer")


def propose(by: User, **facts: Any) -> ServiceRevision:
    line = Service.objects.get(pk="gb-line")
    return ServiceRevision.objects.propose(service=line, facts=facts, by=by, at=NOON, reason="Because.")


def rename(by: User, name: str) -> OrganizationRevision:
    return OrganizationRevision.objects.propose(organization=Organization.objects.get(), name=name, by=by, at=NOON)


def unapproved(name: str = "gb-new") -> Service:
    """Add a service as a file does, before anybody has approved it."""
    facts = Service.objects.get(pk="gb-line").facts() | {"name": "A new line"}
    made = Service.objects.create(id=name, **facts)
    ServiceRevision.objects.propose(service=made, facts={}, by=User.objects.system(), at=NOON)
    return made


def test_a_proposal_changes_nothing_until_a_second_person_approves(line: Service, asta: User) -> None:
    revision = propose(asta, audiences=["parent", "teen"], min_age=13, age_measured="now")
    before = Service.objects.get(pk="gb-line").facts()

    revision.approve(by=make.checker(), at=NOON)
    after = Service.objects.get(pk="gb-line")

    assert before == line.facts()
    assert (after.audiences, after.min_age, after.revision_id) == (["teen", "parent"], 13, revision.pk)
    verbs = AuditEntry.objects.filter(model="content.ServiceRevision", row=str(revision.pk)).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [Verb.SERVICE_CHANGE_PROPOSED, Verb.SERVICE_CHANGE_APPROVED]


def test_the_proposer_cannot_approve(line: Service, asta: User) -> None:
    revision = propose(asta, status="defunct")

    with pytest.raises(SecondPersonRequired):
        revision.approve(by=asta, at=NOON)

    assert Service.objects.get().status == "active"


def test_editors_propose_and_do_not_approve(line: Service, asta: User) -> None:
    eva = make.person("eva", "localisation-editor")
    mine = propose(eva, zone="Europe/London")

    with pytest.raises(Forbidden):
        mine.approve(by=make.person("ben", "localisation-editor"), at=NOON)
    mine.withdraw(by=eva, at=NOON)
    with pytest.raises(Forbidden):
        propose(make.person("olaf", "publisher"), zone="Europe/London")
    with pytest.raises(Forbidden):
        propose(asta, zone="Europe/London").withdraw(by=eva, at=NOON)


def test_a_new_service_is_in_no_pack_before_it_is_approved(line: Service) -> None:
    make.labels()
    make.emergency()
    new = unapproved()
    make.channel(new, dial="0808 800 5002", address="+448088005002")
    before = build_packs(read_snapshot(SANDBOX))

    ServiceRevision.objects.proposed().get().approve(by=make.checker(), at=NOON)
    after = build_packs(read_snapshot(SANDBOX))

    assert b"gb-new" not in before["GB", "en"].body
    assert b"gb-new" in after["GB", "en"].body
    assert ServiceRevision.objects.get(service=new).act == ServiceAct.ADD


def test_an_unapproved_service_is_offered_to_no_campaign_and_succeeds_nothing(line: Service) -> None:
    from content.publishing.withdrawal import withdraw

    unapproved()

    assert list(Service.objects.active()) == [line]
    with pytest.raises(Invalid, match="not approved yet"):
        withdraw("gb-line", by=make.person("olaf", "publisher"), at=NOON, successor="gb-new")


def test_a_service_has_one_proposal_at_a_time(line: Service, asta: User) -> None:
    propose(asta, min_age=13, age_measured="now")

    with pytest.raises(AlreadyProposed):
        propose(make.person("ben", "assurer"), min_age=14, age_measured="now")

    assert ServiceRevision.objects.proposed().get().min_age == 13


def test_two_people_who_propose_at_once_leave_one_proposal(transactional_db: None, at_once: Callable[..., list[Any]]) -> None:
    make.world()
    make.service("gb-line")
    people = [make.person(name, "assurer") for name in ("ann", "ben")]

    answers = at_once(*(lambda by=by, n=n: propose(by, min_age=n, age_measured="now") for n, by in enumerate(people)))

    assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyProposed", "ServiceRevision"]
    assert ServiceRevision.objects.proposed().count() == 1


def test_a_proposer_replaces_the_own_proposal_and_the_older_one_is_final(line: Service, asta: User) -> None:
    first = propose(asta, zone="Europe/London")
    facts = {"zone": "Europe/Dublin"}
    ServiceRevision.objects.propose(service=line, facts=facts, by=asta, at=NOON, replaces=first.pk)

    with pytest.raises(ChangedMeanwhile):
        ServiceRevision.objects.get(pk=first.pk).approve(by=make.checker(), at=NOON)
    with pytest.raises(ChangedMeanwhile):
        ServiceRevision.objects.propose(service=line, facts=facts, by=asta, at=NOON, replaces=first.pk)

    assert ServiceRevision.objects.get(pk=first.pk).state == RevisionState.WITHDRAWN
    assert ServiceRevision.objects.proposed().get().zone == "Europe/Dublin"


def test_a_rejected_proposal_changes_nothing_and_cannot_be_approved(line: Service, asta: User) -> None:
    revision = propose(asta, status="defunct")
    revision.withdraw(by=make.checker(), at=NOON)

    with pytest.raises(DomainError):
        revision.approve(by=make.checker(), at=NOON)
    with pytest.raises(ChangedMeanwhile):
        revision.withdraw(by=asta, at=NOON)

    assert Service.objects.get().status == "active"


def test_a_proposal_without_a_change_is_refused(line: Service, asta: User) -> None:
    with pytest.raises(Invalid, match="nothing to propose"):
        propose(asta, audiences=list(reversed(line.audiences)))

    assert not ServiceRevision.objects.proposed().exists()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"audiences": []}, "at least one audience"),
        ({"audiences": ["nobody"]}, "no audience nobody"),
        ({"situations": [], "general": False}, "at least one situation"),
        ({"roles": []}, "at least one role"),
        ({"roles": ["lawyer"]}, "no role lawyer"),
        ({"regions": ["FR-75"]}, "not a region of GB"),
        ({"area": ["FR"]}, "Only a worldwide service"),
        ({"min_age": 18}, "the moment at which the age counts"),
        ({"min_age": 18, "max_age": 12, "age_measured": "now"}, "is above the highest"),
        ({"max_age": 999, "age_measured": "now"}, "999 is not"),
        ({"max_age": 116111, "age_measured": "now"}, "116111 is not"),
        ({"languages": ["english"]}, "not a language tag"),
        ({"zone": "Europe/Atlantis"}, "not an IANA time zone"),
        ({"status": "closed"}, "no status closed"),
        ({"successor_id": "gb-line"}, "another existing service"),
        ({"successor_id": "none"}, "another existing service"),
        ({"name": " "}, "Enter the name"),
        ({"name": "Line\u202e"}, "one line without invisible"),
        ({"name": "x" * 201}, "at most 200"),
        ({"organization_id": "none"}, "no such organization"),
        ({"source": ""}, "the source in which the facts are confirmed"),
        ({"notes": "x"}, "no such facts: notes"),
    ],
)
def test_invalid_facts_are_refused(line: Service, asta: User, facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        propose(asta, **facts)

    assert not ServiceRevision.objects.proposed().exists()


def test_a_zone_that_opening_hours_need_cannot_be_removed(line: Service, asta: User) -> None:
    make.service_facts("gb-line", zone="Europe/London")
    make.channel(line, dial="0808 800 5002", address="+448088005002", hours="Mo-Fr 09:00-17:00")

    with pytest.raises(Invalid, match="have no time zone"):
        propose(asta, zone="")


def test_facts_are_checked_again_when_they_are_approved(line: Service, asta: User) -> None:
    make.service_facts("gb-line", zone="Europe/London")
    revision = propose(asta, zone="")
    line.refresh_from_db()
    make.channel(line, dial="0808 800 5002", address="+448088005002", hours="Mo-Fr 09:00-17:00")

    with pytest.raises(Invalid, match="have no time zone"):
        revision.approve(by=make.checker(), at=NOON)

    assert Service.objects.get().zone == "Europe/London"


def test_an_older_proposal_is_not_approved_after_a_newer_one(line: Service, asta: User) -> None:
    older = propose(asta, zone="Europe/London")
    newer = ServiceRevision.objects.propose(service=line, facts={"zone": "Europe/Dublin"}, by=asta, at=NOON, replaces=older.pk)
    newer.approve(by=make.checker(), at=NOON)

    with pytest.raises(ChangedMeanwhile):
        older.approve(by=make.checker(), at=NOON)

    assert Service.objects.get().zone == "Europe/Dublin"


def test_an_organization_is_renamed_by_two_people(line: Service, asta: User) -> None:
    revision = rename(asta, " The Helpline Trust ")
    with pytest.raises(SecondPersonRequired):
        revision.approve(by=asta, at=NOON)
    assert Organization.objects.get().name == "An Organization"

    revision.approve(by=make.checker(), at=NOON)

    assert Organization.objects.get().name == "The Helpline Trust"
    assert b"The Helpline Trust" in build_packs(read_snapshot(SANDBOX))["GB", "en"].body


@pytest.mark.parametrize("name", ["", "An Organization", "Other", "x" * 201, "A\nB", "A\0B"])
def test_an_invalid_name_of_an_organization_is_refused(line: Service, asta: User, name: str) -> None:
    Organization.objects.create(id="other", name="Other")
    own = Organization.objects.get(pk="org")

    with pytest.raises(Invalid):
        OrganizationRevision.objects.propose(organization=own, name=name, by=asta, at=NOON)

    assert not OrganizationRevision.objects.exists()


def test_a_contact_is_approved_by_a_second_person_and_kept_with_another_name(line: Service, asta: User) -> None:
    own = Organization.objects.get()
    revision = OrganizationRevision.objects.propose(
        organization=own, name=own.name, contact=" listings@trust.example ", by=asta, at=NOON
    )
    with pytest.raises(SecondPersonRequired):
        revision.approve(by=asta, at=NOON)
    revision.approve(by=make.checker(), at=NOON)
    rename(asta, "The Helpline Trust").approve(by=make.checker(), at=NOON)

    assert Organization.objects.get().facts() == {"name": "The Helpline Trust", "contact": "listings@trust.example"}
    proposed = AuditEntry.objects.filter(verb=Verb.ORGANIZATION_CHANGE_PROPOSED).order_by("pk")
    assert [entry.details["contact_changed"] for entry in proposed] == [True, False]
    assert "listings@" not in str([entry.details for entry in AuditEntry.objects.all()])


@pytest.mark.parametrize(
    "contact",
    ["listings", "a@b", "a b@trust.example", "a@trust.example,b@trust.example", "a@trust.example\nBcc: b@c.example", "é@x.fr"],
)
def test_a_contact_is_one_mailbox(line: Service, asta: User, contact: str) -> None:
    own = Organization.objects.get()

    with pytest.raises(Invalid, match="Contact for corrections: enter one email address"):
        OrganizationRevision.objects.propose(organization=own, name=own.name, contact=contact, by=asta, at=NOON)


def test_a_name_that_another_took_in_between_is_not_approved(line: Service, asta: User) -> None:
    revision = rename(asta, "Taken")
    Organization.objects.create(id="other", name="Taken")

    with pytest.raises(Invalid, match="Another organization has this name"):
        revision.approve(by=make.checker(), at=NOON)


def test_an_organization_has_one_proposed_name_at_a_time(line: Service, asta: User) -> None:
    rename(asta, "One")

    with pytest.raises(AlreadyProposed):
        rename(make.person("ben", "assurer"), "Two")


def test_channels_are_proposed_for_a_service_that_waits(line: Service) -> None:
    new = unapproved()

    make.channel(new, dial="0808 800 5002", address="+448088005002")

    assert Channel.objects.get(service=new).dial == "0808 800 5002"
