"""The file of facts is loaded whole or not at all, repeatably, and never over what people decided."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.importing.facts import FACTS_DIR, load_facts
from content.importing.facts_file import FactsRefused, read_facts
from content.models import (
    Channel,
    ChannelRevision,
    Country,
    Locale,
    Organization,
    OrganizationRevision,
    Service,
    ServiceRevision,
    Unit,
)
from content.models.channel_revision import Act
from content.models.revision import RevisionState
from content.models.service_facts import Status
from content.models.service_revision import ServiceAct
from content.terms import Audience, Change
from core.errors import Forbidden
from core.models import AuditEntry, User
from tests import make
from tests.make import NOON

FILE = (FACTS_DIR / "reporting_tools.json").read_bytes()
AREAS = json.loads((FACTS_DIR / "areas.json").read_bytes())


def some_of(file: bytes) -> bytes:
    """Return a file of the entries that the tests of later files use."""
    names = {
        "gb-childline",
        "gb-ceop-safety-centre",
        "platform-skype",
        "platform-teams",
        "zz-take-it-down",
        "zz-stopncii",
        "de-polizei-110",
        *AREAS,
    }
    return json.dumps({"entries": [entry for entry in json.loads(file)["entries"] if entry["id"] in names]}).encode()


def with_entry(name: str, change: Callable[[dict[str, Any]], object], file: bytes = FILE) -> bytes:
    """Return the file with one entry changed."""
    facts = json.loads(file)
    change(next(entry for entry in facts["entries"] if entry["id"] == name))
    return json.dumps(facts).encode()


SOME = some_of(FILE)


def load(data: bytes = FILE) -> Any:
    return load_facts(data, by=User.objects.system(), at=NOON)


def approve_all() -> None:
    make.approve_services()
    for revision in ChannelRevision.objects.proposed().order_by("pk"):
        revision.approve(by=make.checker(), at=NOON)


@pytest.fixture
def loaded(db: None) -> None:
    load(SOME)
    approve_all()


def test_all_entries_become_services_with_proposals_and_drafts(db: None) -> None:
    answer = load()

    channels = sum(len(entry["channels"]) for entry in json.loads(FILE)["entries"])
    assert Service.objects.count() == answer.entries == len(json.loads(FILE)["entries"]) > 200
    assert ChannelRevision.objects.proposed().count() == channels > 300
    assert not Channel.objects.exists()
    assert Unit.objects.filter(key__endswith=".purpose", state="needs-review").count() == answer.entries
    assert (Country.objects.count(), Locale.objects.count()) == (250, 27)
    assert not Organization.objects.filter(services=None).exists()


def test_loading_again_changes_nothing_and_says_so(db: None) -> None:
    load()
    counts = [model.objects.count() for model in (Service, ChannelRevision, Unit, AuditEntry)]

    again = load()

    assert not again.changed
    assert [model.objects.count() for model in (Service, ChannelRevision, Unit, AuditEntry)] == counts


def test_loading_again_after_approval_changes_nothing(loaded: None) -> None:
    assert not load(SOME).changed
    assert Channel.objects.count() == ChannelRevision.objects.count() > 5


def test_topics_audiences_and_kinds_become_our_terms(loaded: None) -> None:
    ceop, general = Service.objects.get(pk="gb-ceop-safety-centre"), Service.objects.get(pk="gb-childline")

    assert "blackmail" in ceop.situations
    assert not {"sextortion", "livestream", "general"} & {s for service in Service.objects.all() for s in service.situations}
    assert general.general
    assert Service.objects.get(pk="zz-stopncii").audiences == Audience.values
    skype = Service.objects.get(pk="platform-skype")
    assert (skype.status, skype.successor_id) == (Status.DEFUNCT, "platform-teams")


def test_the_areas_of_worldwide_numbers_come_from_their_table(loaded: None) -> None:
    assert len(Service.objects.get(pk="zz-eu-112").area or []) == 27
    assert Service.objects.get(pk="zz-eu-116111").area == []
    assert Service.objects.get(pk="zz-take-it-down").area is None


def test_a_channel_names_the_situations_that_it_is_for(db: None) -> None:
    load()

    of_instagram = ChannelRevision.objects.filter(service="platform-instagram").order_by("position")
    assert [revision.situations for revision in of_instagram if revision.address.endswith("/hacked")] == [["hacked-account"]]
    assert ChannelRevision.objects.get(service="gb-childline", type="phone").situations is None


def test_a_service_of_some_states_alone_is_loaded(db: None) -> None:
    facts = json.loads(FILE)
    for name, country, regions in (("in-state-line", "IN", ["IN-KL", "IN-MH"]), ("de-state-police", "DE", ["DE-BY"])):
        entry = next(entry for entry in facts["entries"] if entry["id"] == "gb-marie-collins") | {"id": name, "country": country}
        facts["entries"].append(entry | {"regions": regions})

    load(json.dumps(facts).encode())

    assert Service.objects.get(pk="in-state-line").regions == ["IN-KL", "IN-MH"]
    assert Service.objects.get(pk="de-state-police").regions == ["DE-BY"]


def test_a_printed_hyphen_becomes_a_space_with_a_note(db: None) -> None:
    answer = load()

    assert ChannelRevision.objects.get(service="ca-988", type="phone").dial == "9 8 8"
    assert "ca-988: channel 1 is printed 9-8-8 and stored as 9 8 8." in answer.notes


def test_a_label_does_not_repeat_the_channels_own_number(db: None) -> None:
    load()

    labels = dict(Unit.objects.filter(key__startswith="channel.es-incibe-017").values_list("key", "text"))
    assert labels == {"channel.es-incibe-017.2.label": "WhatsApp", "channel.es-incibe-017.3.label": "Telegram"}


def test_a_purpose_may_keep_its_own_numbers_only(db: None) -> None:
    load()

    assert Unit.objects.get(key="service.de-krisenchat.purpose").numbers == {"25": "age"}
    assert Unit.objects.get(key="service.gb-childline.purpose").allowed_numbers == []


def channel(number: int, **values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry["channels"][number].update(values)


REFUSED = {
    "unknown kind": ("gb-childline", lambda e: e.update(kinds=["lawyer"]), r"kinds\.1: unknown value 'lawyer'"),
    "unknown topic": ("gb-childline", lambda e: e.update(topics=["exams"]), r"topics\.1: unknown value 'exams'"),
    "unknown audience": ("gb-childline", lambda e: e.update(audiences=["dog"]), r"audiences\.1: unknown value 'dog'"),
    "no audience": ("gb-childline", lambda e: e.update(audiences=[]), "audiences: must not be empty"),
    "unknown channel type": ("gb-childline", channel(0, type="fax"), r"channels\.1\.type: unknown value 'fax'"),
    "unknown channel cost": (
        "gb-childline",
        channel(0, cost="cheap"),
        r"channels\.1\.cost: unknown value 'cheap'",
    ),
    "unknown status": ("gb-childline", lambda e: e.update(status="closed"), "status: unknown value 'closed'"),
    "unknown field": ("gb-childline", lambda e: e.update(photo="x"), "photo: unknown field"),
    "unknown channel field": ("gb-childline", channel(0, logo="x"), r"channels\.1\.logo: unknown field"),
    "missing field": ("gb-childline", lambda e: e.pop("confidence"), "confidence: this field is required"),
    "an unassigned country": ("gb-childline", lambda e: e.update(country="UK"), "'UK' is not an assigned ISO 3166-1 code"),
    "a region elsewhere": ("gb-meic", lambda e: e.update(regions=["FR-75"]), "'FR-75' is not a region of GB"),
    "an invalid language tag": ("gb-childline", lambda e: e.update(languages=["english"]), "'english' is not a language tag"),
    "ages without a moment": ("gb-report-remove", lambda e: e.update(age_measured=None), "age_measured: required"),
    "a differing digit": ("gb-childline", channel(0, dial="0800 1112"), "does not dial"),
    "a differing digit in a short number": ("fr-3018", channel(0, dial="3019"), "does not dial '3018'"),
    "words in dial": ("gb-childline", channel(0, dial="0800 CHILD"), "may contain only digits"),
    "a short number with a country code": ("fr-3018", channel(0, value="+333018", dial="3018"), "short number"),
    "an impossible number": ("gb-childline", channel(0, value="+448001", dial="0800 1"), "not a possible phone number"),
    "http": ("gb-iwf-report", channel(0, value="http://www.iwf.org.uk/report"), "not an https address"),
    "a URL with spaces": ("gb-iwf-report", channel(0, value="https://www.iwf.org.uk/re port"), "must be plain ASCII"),
    "hours in words": ("gb-posh", channel(0, hours="Mon-Fri 10am-4pm"), "opening_hours"),
    "hours without a zone": ("gb-posh", lambda e: e.update(time_zone=None), "no time zone"),
    "an unknown zone": ("gb-posh", lambda e: e.update(time_zone="Europe/Cardiff"), "not an IANA time zone"),
    "confirmed nowhere": ("gb-childline", lambda e: e.update(source=None), "source: required"),
    "a number in a purpose": ("gb-childline", lambda e: e.update(purpose="Call 0800 1111."), "too long for a text"),
    "a picture in a purpose": ("gb-childline", lambda e: e.update(purpose="![x](y)"), "images"),
    "a keyword for a call": ("gb-childline", channel(0, keyword="HELP"), "Only a text message"),
    "an unknown chat": ("gb-childline", channel(1, value="skype:childline"), "not a chat address"),
    "a channel for no situation": ("gb-childline", channel(0, topics=[]), r"channels\.1\.topics: must not be empty"),
    "a channel for an unknown topic": (
        "gb-childline",
        channel(0, topics=["exams"]),
        r"channels\.1\.topics\.1: unknown value 'exams'",
    ),
    "a successor that is not there": (
        "platform-skype",
        lambda e: e.update(successor="platform-icq"),
        "there is no entry platform-icq",
    ),
    "a successor of what still works": ("gb-childline", lambda e: e.update(successor="gb-shout"), "only a retired service"),
    "an id that is not a slug": ("gb-childline", lambda e: e.update(id="GB Childline"), "is not a slug"),
}


@pytest.mark.parametrize(("name", "change", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_each_broken_rule_is_reported_with_its_entry_and_place(
    name: str, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    with pytest.raises(FactsRefused, match=said) as refused:
        read_facts(with_entry(name, change), AREAS)

    assert {fault.split(":")[0] for fault in refused.value.extra["faults"]} <= {name, "GB Childline"}


def test_every_fault_is_named_at_once() -> None:
    facts = json.loads(FILE)
    facts["entries"].append(copy.deepcopy(facts["entries"][0]))
    facts["entries"][5]["kinds"] = ["lawyer"]

    with pytest.raises(FactsRefused) as refused:
        read_facts(json.dumps(facts).encode(), AREAS | {"zz-atlantis": {"countries": []}})

    assert [fault.split(":")[0] for fault in refused.value.extra["faults"]] == [
        "gb-emergency-999",
        "zz-atlantis",
        facts["entries"][5]["id"],
    ]


def test_a_malformed_entry_does_not_hide_the_faults_of_another() -> None:
    facts = json.loads(with_entry("fr-3018", channel(0, dial="3019")))
    facts["entries"][0]["kinds"] = ["lawyer"]

    with pytest.raises(FactsRefused) as refused:
        read_facts(json.dumps(facts).encode(), AREAS)

    assert [fault.split(": ")[:2] for fault in refused.value.extra["faults"]] == [
        [facts["entries"][0]["id"], "kinds.1"],
        ["fr-3018", "channels.1"],
    ]


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"entries": [1]}', b'{"entries": null}', b"\xff", b'{"entries": [{}]}'])
def test_a_file_that_holds_no_facts_is_refused(data: bytes) -> None:
    with pytest.raises(FactsRefused):
        read_facts(data, {})


def test_one_bad_entry_loads_nothing(db: None) -> None:
    with pytest.raises(FactsRefused):
        load(with_entry("platform-telegram", lambda e: e.update(kinds=["lawyer"])))

    assert not Service.objects.exists()
    assert not Country.objects.exists()


def test_loading_needs_the_permission_to_propose(db: None) -> None:
    with pytest.raises(Forbidden):
        load_facts(FILE, by=make.person("olaf", "publisher"), at=NOON)


# A later file, loaded over approved channels.

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


ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, "", " ", "x", "x" * 6000, "\x00", "\ud800", "٣", 0, -1, 10**9, 1.5, True, [], ["x"], [None], [[]], {}, {"x": 1}]
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_value_is_loaded_or_refused_with_a_reason(data: st.DataObject) -> None:
    facts = json.loads(SOME)
    entry = data.draw(st.sampled_from([entry for entry in facts["entries"] if entry["channels"]]))
    part = data.draw(st.sampled_from([entry, entry["channels"][0]]))
    field = data.draw(st.sampled_from([*part, "odd"]))
    part[field] = data.draw(ODD)

    with contextlib.suppress(FactsRefused):
        read_facts(json.dumps(facts).encode(), AREAS)
