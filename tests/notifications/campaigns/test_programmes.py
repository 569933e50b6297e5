"""Programmes: campaigns that are submitted, approved, sent back and stopped together, each by its own rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core.errors import ChangedMeanwhile, Conflict, Forbidden, SecondPersonRequired
from core.models import AuditEntry, User
from notifications.campaigns import approval, lifecycle, programmes
from notifications.campaigns.programmes import Decision, ProgrammeNotReady
from notifications.models import Brake, Campaign, FirstApproval, Programme
from tests import make

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def staff() -> tuple[User, User]:
    return make.campaign_staff()


def parents_and_educators() -> None:
    """Register 20 parents and 20 educators, and make a helpline that helps both."""
    make.small_content()
    make.app()
    for number in range(20):
        make.installation(number)
        make.installation(100 + number, audience="educator")


@pytest.fixture
def programme(staff: tuple[User, User]) -> Programme:
    """Return a programme with two ready drafts, one for parents and one for educators."""
    parents_and_educators()
    made = programmes.create("Half-term", "Both on the same day.", by=staff[0], at=now())
    for name, audience in (("Parents", "parent"), ("Educators", "educator")):
        draft = make.campaign(state="draft", name=name, audience={"countries": ["GB"], "audiences": [audience]})
        programmes.add(made, draft, by=staff[0], at=now())
    return made


def campaigns(programme: Programme) -> list[Campaign]:
    return list(programmes.campaigns_of(programme))


def states(programme: Programme) -> list[str]:
    return [str(campaign.state) for campaign in campaigns(programme)]


def decisions(programme: Programme, **more: Any) -> dict[int, Decision]:
    return {one.pk: Decision(one.fingerprint, frozenset(one.words), **more) for one in campaigns(programme)}


def test_a_programme_is_submitted_and_approved_in_one_reading(programme: Programme, staff: tuple[User, User]) -> None:
    author, approver = staff

    programmes.submit(programme, by=author, at=now())
    waiting = states(programme)
    left = programmes.approve(programme, decisions(programme), by=approver, at=now())

    assert (waiting, left, states(programme)) == (["submitted"] * 2, [], ["approved"] * 2)
    verbs = list(AuditEntry.objects.filter(model="notifications.Programme").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["programme.created", "programme.submitted", "programme.approved"]
    joined = AuditEntry.objects.filter(verb="campaign.joined").values_list("details", flat=True)
    assert [entry["programme"] for entry in joined] == ["Half-term"] * 2


def test_one_draft_that_is_not_ready_keeps_all_from_being_submitted(programme: Programme, staff: tuple[User, User]) -> None:
    Campaign.objects.filter(name="Educators").update(not_after=now() - timedelta(hours=1))

    with pytest.raises(ProgrammeNotReady) as refused:
        programmes.submit(programme, by=staff[0], at=now())

    (one,) = refused.value.extra["unready"]
    assert one.campaign.name == "Educators"
    assert "The end has passed" in one.reasons[0]
    assert states(programme) == ["draft"] * 2


def test_nobody_approves_a_programme_of_which_they_edited_one_campaign(programme: Programme, staff: tuple[User, User]) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    educators = campaigns(programme)[1]
    document = make.definition(name="Educators", audience={"countries": ["GB"], "audiences": ["educator"]})
    lifecycle.edit(educators, document, by=both, at=now())
    programmes.submit(programme, by=staff[0], at=now())
    parents = campaigns(programme)[0]

    with pytest.raises(SecondPersonRequired):
        programmes.approve(programme, decisions(programme), by=both, at=now())
    with pytest.raises(SecondPersonRequired):
        lifecycle.approve(parents, fingerprint=parents.fingerprint, by=both, at=now())

    assert states(programme) == ["submitted"] * 2
    assert both.pk not in parents.touched_by


def test_a_list_of_campaigns_knows_those_of_ones_own_programmes(programme: Programme, staff: tuple[User, User]) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    document = make.definition(name="Educators", audience={"countries": ["GB"], "audiences": ["educator"]})
    lifecycle.edit(campaigns(programme)[1], document, by=both, at=now())
    make.campaign(state="draft", name="Alone")

    found = Campaign.objects.annotate(own=approval.touched_in_programme(both)).values_list("name", "own")

    assert dict(found) == {"Parents": True, "Educators": True, "Alone": False}
    for campaign in Campaign.objects.all():
        assert approval.has_touched_programme(campaign, both) is (campaign.name != "Alone")
        assert not approval.has_touched_programme(campaign, staff[1])


def test_the_database_refuses_such_an_approval_too(programme: Programme, staff: tuple[User, User]) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    educators = campaigns(programme)[1]
    document = make.definition(name="Educators", audience={"countries": ["GB"], "audiences": ["educator"]})
    lifecycle.edit(educators, document, by=both, at=now())
    programmes.submit(programme, by=staff[0], at=now())
    parents = campaigns(programme)[0]
    approval.confirm_texts(parents, ["en"], by=staff[1], at=now())

    with pytest.raises(DatabaseError, match="nobody approves a programme"), transaction.atomic():
        Campaign.objects.filter(pk=parents.pk).update(state="approved", approved_by=both, approved_at=now())


def test_a_text_that_changed_meanwhile_keeps_all_from_being_approved(programme: Programme, staff: tuple[User, User]) -> None:
    programmes.submit(programme, by=staff[0], at=now())
    seen = decisions(programme)
    last = campaigns(programme)[1]
    wrong = {**seen, last.pk: Decision("0" * 64, seen[last.pk].languages)}

    with pytest.raises(ChangedMeanwhile, match="Educators"):
        programmes.approve(programme, wrong, by=staff[1], at=now())
    with pytest.raises(ChangedMeanwhile):
        programmes.approve(programme, {last.pk: seen[last.pk]}, by=staff[1], at=now())

    assert states(programme) == ["submitted"] * 2


def test_an_urgent_campaign_among_them_needs_two_approvers_for_all(programme: Programme, staff: tuple[User, User]) -> None:
    author, approver = staff
    urgent = {"severity": "Severe", "urgency": "Immediate", "certainty": "Observed", "status": "Actual"}
    make.campaign(name="Earlier", alert=urgent)
    lifecycle.edit(campaigns(programme)[0], make.definition(name="Parents", alert=urgent), by=author, at=now())
    programmes.submit(programme, by=author, at=now())

    first = programmes.approve(programme, decisions(programme, reason="It goes on."), by=approver, at=now())
    after_one = states(programme)
    with pytest.raises(SecondPersonRequired):
        programmes.approve(programme, decisions(programme, reason="It goes on."), by=approver, at=now())
    second = programmes.approve(programme, decisions(programme), by=make.person("second", "campaign-approver"), at=now())

    assert [campaign.name for campaign in first] == ["Parents"]
    assert FirstApproval.objects.count() == 1
    assert (after_one, second, states(programme)) == (["submitted"] * 2, [], ["approved"] * 2)


def test_a_programme_is_sent_back_with_one_reason(programme: Programme, staff: tuple[User, User]) -> None:
    programmes.submit(programme, by=staff[0], at=now())

    programmes.send_back(programme, reason="The date is wrong.", by=staff[1], at=now())

    assert states(programme) == ["draft"] * 2
    assert {campaign.reason for campaign in campaigns(programme)} == {"The date is wrong."}


def test_all_campaigns_of_a_programme_are_stopped_or_one_alone(programme: Programme, staff: tuple[User, User]) -> None:
    programmes.submit(programme, by=staff[0], at=now())
    programmes.approve(programme, decisions(programme), by=staff[1], at=now())
    lifecycle.stop(campaigns(programme)[0], by=staff[1], at=now())
    alone = states(programme)

    stopped = programmes.stop(programme, reason="Wrong day", by=staff[1], at=now())

    assert (alone, [one.name for one in stopped], states(programme)) == (["stopped", "approved"], ["Educators"], ["stopped"] * 2)
    assert Brake.objects.filter(state="stopped").count() == 2


def test_a_campaign_leaves_its_programme_only_as_a_draft(programme: Programme, staff: tuple[User, User]) -> None:
    first, second = campaigns(programme)
    programmes.remove(first, by=staff[0], at=now())
    programmes.add(programme, first, by=staff[0], at=now())
    programmes.submit(programme, by=staff[0], at=now())

    with pytest.raises(Conflict):
        programmes.remove(second, by=staff[0], at=now())
    with pytest.raises(DatabaseError, match="as a draft"), transaction.atomic():
        Campaign.objects.filter(pk=second.pk).update(programme=None)

    assert AuditEntry.objects.filter(verb="campaign.left").count() == 1


def test_a_draft_in_the_programme_keeps_it_from_being_approved(programme: Programme, staff: tuple[User, User]) -> None:
    programmes.submit(programme, by=staff[0], at=now())
    programmes.add(programme, make.campaign(state="draft", name="Third"), by=staff[0], at=now())

    with pytest.raises(Conflict, match="Third"):
        programmes.approve(programme, decisions(programme), by=staff[1], at=now())


@pytest.mark.parametrize("role", ["localisation-editor", "campaign-approver"])
def test_only_authors_create_and_change_a_programme(programme: Programme, role: str) -> None:
    other = make.person("other", role)
    draft = make.campaign(state="draft")

    for act in (
        lambda: programmes.create("Mine", "", by=other, at=now()),
        lambda: programmes.rename(programme, "Mine", "", by=other, at=now()),
        lambda: programmes.add(programme, draft, by=other, at=now()),
        lambda: programmes.remove(campaigns(programme)[0], by=other, at=now()),
        lambda: programmes.submit(programme, by=other, at=now()),
        lambda: programmes.delete(programme, by=other, at=now()),
    ):
        with pytest.raises(Forbidden):
            act()


def test_a_template_is_neither_submitted_nor_put_into_a_programme(programme: Programme, staff: tuple[User, User]) -> None:
    draft = make.campaign(state="draft")
    Campaign.objects.filter(pk=draft.pk).update(is_template=True)
    draft.refresh_from_db()

    with pytest.raises(Conflict, match="template"):
        lifecycle.submit(draft, by=staff[0], at=now())
    with pytest.raises(Conflict, match="template"):
        programmes.add(programme, draft, by=staff[0], at=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Campaign.objects.filter(pk=draft.pk).update(programme=programme)
