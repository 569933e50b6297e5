"""A later file of facts becomes proposals, and never undoes what people decided."""

from __future__ import annotations

from typing import Any

from content.models import (
    Channel,
    ChannelRevision,
    OrganizationRevision,
    Service,
    ServiceRevision,
    Unit,
)
from content.models.channel_revision import Act
from content.models.revision import RevisionState
from content.models.service_revision import ServiceAct
from content.terms import Change
from core.models import User
from tests import make
from tests.content.importing.facts_files import SOME, channel, load, with_entry
from tests.make import NOON

OTHER_NUMBER = with_entry("gb-childline", channel(0, value="+448000282233", dial="08000 28 22 33"), SOME)


def test_a_changed_number_becomes_a_proposal(loaded: None) -> None:
    answer = load(OTHER_NUMBER)

    assert answer.proposed == {"change": 1}
    assert Channel.objects.get(service="gb-childline", position=1).dial == "0800 1111"
    assert ChannelRevision.objects.proposed().get().dial == "08000 28 22 33"
    assert not load(OTHER_NUMBER).changed


def test_a_proposal_no_longer_in_the_file_is_withdrawn(loaded: None) -> None:
    load(OTHER_NUMBER)

    answer = load(SOME)

    assert (answer.withdrawn, answer.proposed.total()) == (1, 0)
    assert not ChannelRevision.objects.proposed().exists()


def test_a_proposal_of_a_person_is_left_alone(loaded: None) -> None:
    standing = Channel.objects.get(service="gb-childline", position=1)
    ann = make.person("ann", "assurer")
    mine = ChannelRevision.objects.propose(
        service_id="gb-childline", position=1, act=Act.CHANGE, by=ann, at=NOON, facts=standing.facts() | {"hours": ""}
    )

    answer = load(OTHER_NUMBER)

    mine.refresh_from_db()
    assert mine.state == RevisionState.PROPOSED
    assert "gb-childline: channel 1 already has another proposal." in answer.notes


def test_an_old_file_does_not_undo_what_two_people_decided(loaded: None) -> None:
    standing = Channel.objects.get(service="gb-childline", position=1)
    ChannelRevision.objects.propose(
        service_id="gb-childline",
        position=1,
        act=Act.CHANGE,
        by=make.person("ann", "assurer"),
        at=NOON,
        facts=standing.facts() | {"dial": "08000 28 22 33", "address": "+448000282233"},
    ).approve(by=make.checker(), at=NOON)

    answer = load(SOME)

    assert not answer.changed
    assert "gb-childline: channel 1 is kept as people approved it." in answer.notes


def test_a_rejected_proposal_is_not_made_again(loaded: None) -> None:
    load(OTHER_NUMBER)
    ChannelRevision.objects.proposed().get().withdraw(by=make.checker(), at=NOON)

    answer = load(OTHER_NUMBER)

    assert not answer.changed


def test_a_removal_is_proposed_once_and_not_after_people_reject_it(loaded: None) -> None:
    without = with_entry("gb-childline", lambda e: e["channels"].pop(), SOME)

    first = load(without)
    proposal = ChannelRevision.objects.proposed().get()
    proposal.withdraw(by=make.checker(), at=NOON)
    second = load(without)

    assert (first.proposed, proposal.position, proposal.act) == ({"remove": 1}, 2, Act.REMOVE)
    assert not second.changed


def test_a_channel_inserted_first_gets_a_new_position_and_its_texts(loaded: None) -> None:
    added = {
        "type": "phone",
        "value": "+448000282233",
        "dial": "08000 28 22 33",
        "number_type": "e164",
        "hours": None,
        "cost": "free",
    }
    added |= {"anonymous": None, "label": "Parents"}

    answer = load(with_entry("gb-childline", lambda e: e["channels"].insert(0, added), SOME))

    assert answer.proposed == {"add": 1}
    assert ChannelRevision.objects.proposed().get().position == 3
    assert Unit.objects.get(key="channel.gb-childline.2.label").text == "1-2-1 chat, email and message boards"
    assert Unit.objects.get(key="channel.gb-childline.3.label").text == "Parents"


def test_a_changed_purpose_is_revised_unless_a_person_edited_it(loaded: None) -> None:
    newer = with_entry("gb-childline", lambda e: e.update(purpose="Talk about anything, at any time."), SOME)
    load(newer)
    unit = Unit.objects.get(key="service.gb-childline.purpose")
    assert (unit.revision, unit.last_change, unit.text) == (2, Change.CLARITY, "Talk about anything, at any time.")
    unit.revise(text="My words.", change=Change.CLARITY, by=make.person("eve", "localisation-editor"), at=NOON, from_revision=2)

    answer = load(newer)

    unit.refresh_from_db()
    assert unit.text == "My words."
    assert "service.gb-childline.purpose: a person has edited this text; it is kept." in answer.notes


WELSH_TOO = with_entry("gb-childline", lambda e: e.update(languages=["en", "cy"]), SOME)


def test_a_changed_fact_of_a_service_becomes_a_proposal(loaded: None) -> None:
    before = Service.objects.get(pk="gb-childline").languages

    answer = load(WELSH_TOO)
    again = load(WELSH_TOO)

    assert (answer.services_proposed, answer.services_changed, again.changed) == (["gb-childline"], [], False)
    assert Service.objects.get(pk="gb-childline").languages == before
    make.approve_services()
    assert Service.objects.get(pk="gb-childline").languages == ["en", "cy"]
    assert not load(WELSH_TOO).changed


def test_a_new_service_waits_for_a_second_person(db: None) -> None:
    answer = load()

    assert len(answer.services_new) == Service.objects.count() == ServiceRevision.objects.proposed().count()
    assert not Service.objects.approved().exists()
    assert {revision.act for revision in ServiceRevision.objects.all()} == {ServiceAct.ADD}
    make.approve_services()
    assert Service.objects.approved().count() == len(answer.services_new)


def test_a_proposed_fact_no_longer_in_the_file_is_withdrawn(loaded: None) -> None:
    load(WELSH_TOO)

    answer = load(SOME)

    assert (answer.withdrawn, answer.services_proposed) == (1, [])
    assert not ServiceRevision.objects.proposed().exists()


def test_what_people_decided_of_a_service_is_not_undone_by_a_file(loaded: None) -> None:
    make.person("ann", "assurer")
    line = Service.objects.get(pk="gb-childline")
    ServiceRevision.objects.propose(
        service=line, facts={"languages": ["cy"]}, by=User.objects.get(username="ann"), at=NOON
    ).approve(by=make.checker(), at=NOON)

    older, newer = load(SOME), load(WELSH_TOO)

    assert not older.changed
    assert "gb-childline: the facts in the file are older than a decision of a person, or were rejected." in older.notes
    assert "gb-childline: a person has changed it." in newer.notes
    assert Service.objects.get(pk="gb-childline").languages == ["cy"]


def test_a_rejected_fact_is_not_proposed_again(loaded: None) -> None:
    load(WELSH_TOO)
    ServiceRevision.objects.proposed().get().withdraw(by=make.checker(), at=NOON)

    assert not load(WELSH_TOO).changed


def test_the_proposal_of_a_person_for_a_service_is_left_alone(loaded: None) -> None:
    line = Service.objects.get(pk="gb-childline")
    mine = ServiceRevision.objects.propose(service=line, facts={"languages": ["cy"]}, by=make.person("ann", "assurer"), at=NOON)

    answer = load(WELSH_TOO)

    assert "gb-childline: another proposal is waiting." in answer.notes
    assert ServiceRevision.objects.proposed().get() == mine


def test_where_an_entry_was_read_is_written_at_once_and_notes_of_people_stay(loaded: None) -> None:
    changes: dict[str, Any] = {"notes": "From the file.", "more_sources": ["https://example.org/more"]}
    answer = load(with_entry("gb-childline", lambda e: e.update(changes), SOME))
    line = Service.objects.get(pk="gb-childline")
    assert (answer.services_changed, line.notes) == (["gb-childline"], "From the file.")
    line.write_notes("Ours.", by=make.person("ann", "assurer"), at=NOON)

    load(SOME)

    line.refresh_from_db()
    assert (line.notes, line.more_sources == ["https://example.org/more"]) == ("Ours.", False)


def test_a_renamed_organization_keeps_its_services_and_its_name(loaded: None) -> None:
    own = Service.objects.get(pk="gb-childline").organization
    OrganizationRevision.objects.propose(
        organization=own, name="Another name", by=make.person("ann", "assurer"), at=NOON
    ).approve(by=make.checker(), at=NOON)

    assert not load(SOME).changed
    assert Service.objects.get(pk="gb-childline").organization.name == "Another name"
