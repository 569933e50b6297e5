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

from content.importing.facts import load_facts
from content.importing.facts_file import FactsRefused, read_facts
from content.models import (
    Channel,
    ChannelRevision,
    Country,
    Locale,
    Organization,
    Service,
    Unit,
)
from content.models.service_facts import Status
from content.terms import Audience
from core.errors import Forbidden
from core.models import AuditEntry
from tests import make
from tests.content.importing.facts_files import AREAS, FILE, SOME, channel, load, with_entry
from tests.examples import examples
from tests.make import NOON


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


@pytest.mark.sampled
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


ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, "", " ", "x", "x" * 6000, "\x00", "\ud800", "٣", 0, -1, 10**9, 1.5, True, [], ["x"], [None], [[]], {}, {"x": 1}]
)


@settings(max_examples=examples(300), deadline=None)
@given(data=st.data())
def test_any_value_is_loaded_or_refused_with_a_reason(data: st.DataObject) -> None:
    facts = json.loads(SOME)
    entry = data.draw(st.sampled_from([entry for entry in facts["entries"] if entry["channels"]]))
    part = data.draw(st.sampled_from([entry, entry["channels"][0]]))
    field = data.draw(st.sampled_from([*part, "odd"]))
    part[field] = data.draw(ODD)

    with contextlib.suppress(FactsRefused):
        read_facts(json.dumps(facts).encode(), AREAS)
