"""Services in the console: one person proposes, another approves, and a check covers exactly what the page showed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import Assurance, Channel, ChannelRevision, Service
from content.models.assurance import Method
from core.errors import Forbidden, Invalid
from tests import make

pytestmark = pytest.mark.django_db
FACTS = {
    "action": "propose",
    "type": "phone",
    "number_type": "e164",
    "dial": "0808 800 5002",
    "address": "+448088005002",
    "hours": "24/7",
    "cost": "free",
    "anonymous": "true",
    "source": "https://example.org/contact",
    "reason": "Their page has a new number.",
}


@pytest.fixture(autouse=True)
def line() -> Service:
    make.world()
    return make.service("gb-line")


def page() -> str:
    return reverse("admin:service", args=["gb-line"])


def propose(client: Client, query: str = "?position=1", **changes: str) -> Any:
    return client.post(reverse("admin:contact-change-propose", args=["gb-line"]) + query, FACTS | changes)


def test_a_number_changes_when_a_second_person_approves_the_proposal(client: Client) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    propose(client)
    proposal = ChannelRevision.objects.proposed().get()
    assert Channel.objects.get().dial == "0800 1111"

    client.force_login(make.person("asta", "assurer"))
    queue = client.get(reverse("admin:contact-changes")).content.decode()
    client.post(reverse("admin:contact-changes"), {"action": "approve", "revision": str(proposal.pk)})

    assert "<del>0800 1111</del>" in queue
    assert "<ins>0808 800 5002</ins>" in queue
    assert "Their page has a new number." in queue
    channel = Channel.objects.get()
    assert (channel.dial, channel.anonymous) == ("0808 800 5002", True)


def test_the_proposer_of_a_number_cannot_approve_it(client: Client) -> None:
    client.force_login(make.person("asta", "assurer"))
    propose(client)
    proposal = ChannelRevision.objects.proposed().get()

    queue = client.get(reverse("admin:contact-changes")).content.decode()
    answer = client.post(reverse("admin:contact-changes"), {"action": "approve", "revision": str(proposal.pk)})

    assert 'value="approve"' not in queue
    assert answer.status_code == 403
    assert Channel.objects.get().dial == "0800 1111"


@pytest.mark.parametrize(
    "wrong",
    [
        {"dial": "0808-800-5002"},
        {"dial": "0800 3333"},
        {"number_type": "short"},
        {"address": "+44800222"},
        {"dial": ""},
        {"hours": "always"},
        {"reason": ""},
        {"type": "url", "number_type": "", "dial": "", "address": "http://example.org"},
    ],
)
def test_a_proposal_that_breaks_a_rule_is_refused_and_kept_in_the_form(client: Client, wrong: dict[str, str]) -> None:
    client.force_login(make.person("eva", "localisation-editor"))

    answer = propose(client, **wrong)

    assert answer.status_code == 400
    assert 'value="https://example.org/contact"' in answer.content.decode()
    assert not ChannelRevision.objects.proposed().exists()


def test_a_new_channel_and_a_removal_are_proposals_too(client: Client) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    propose(client, "?position=1&remove=1")
    propose(client, "")

    assert {(r.act, r.position, r.reason) for r in ChannelRevision.objects.proposed()} == {
        ("remove", 1, "Their page has a new number."),
        ("add", 2, "Their page has a new number."),
    }
    assert Channel.objects.count() == 1


def test_a_second_proposal_for_the_same_channel_is_refused(client: Client) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    propose(client)

    assert propose(client, dial="0800 1111", address="+448001111").status_code == 409


def test_a_proposal_is_withdrawn_or_rejected(client: Client) -> None:
    client.force_login(make.person("eva", "localisation-editor"))
    propose(client)
    own = ChannelRevision.objects.proposed().get()
    client.post(reverse("admin:contact-changes"), {"action": "withdraw", "revision": str(own.pk)})
    propose(client)
    other = ChannelRevision.objects.proposed().get()
    client.force_login(make.person("asta", "assurer"))
    client.post(reverse("admin:contact-changes"), {"action": "reject", "revision": str(other.pk)})

    assert set(ChannelRevision.objects.filter(pk__in=[own.pk, other.pk]).values_list("state", flat=True)) == {"withdrawn"}
    assert client.post(reverse("admin:contact-changes"), {"action": "approve", "revision": "x"}).status_code == 404


def test_an_assurer_records_how_a_channel_was_checked_and_until_when(client: Client) -> None:
    client.force_login(make.person("asta", "assurer"))
    channel = Channel.objects.get()
    until = (timezone.now() + timedelta(days=90)).date()
    form = {
        "action": "assure",
        "position": "1",
        "revision": str(channel.revision_id),
        "c1-method": "rung",
        "c1-note": "Answered.",
    }

    client.post(page(), form | {"c1-until": until.isoformat()})
    check = Assurance.objects.get()

    assert (check.method, check.until, check.note, check.by.username) == (Method.RUNG, until, "Answered.", "asta")
    assert f"assured until {until:%-d %B %Y}" in client.get(page()).content.decode()


@pytest.mark.parametrize("changed", [{"c1-method": ""}, {"c1-until": "2020-01-01"}, {"c1-until": "soon"}, {"position": "9"}])
def test_an_incomplete_check_is_refused(client: Client, changed: dict[str, str]) -> None:
    client.force_login(make.person("asta", "assurer"))
    until = (date.today() + timedelta(days=9)).isoformat()
    form = {"position": "1", "revision": str(Channel.objects.get().revision_id), "c1-method": "rung", "c1-until": until}

    answer = client.post(page(), {"action": "assure", **form, **changed})

    assert answer.status_code in (400, 404)
    assert not Assurance.objects.exists()


def test_a_check_of_a_number_that_has_changed_is_not_recorded(client: Client) -> None:
    shown = str(Channel.objects.get().revision_id)
    client.force_login(make.person("eva", "localisation-editor"))
    propose(client)
    ChannelRevision.objects.proposed().get().approve(by=make.checker(), at=timezone.now())
    client.force_login(make.person("asta", "assurer"))
    until = (date.today() + timedelta(days=9)).isoformat()

    answer = client.post(page(), {"action": "assure", "position": "1", "revision": shown, "c1-method": "rung", "c1-until": until})

    assert answer.status_code == 409
    assert not Assurance.objects.exists()


def test_the_list_says_why_a_service_is_withheld_and_finds_numbers(client: Client, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False
    make.service("gb-empty", channels=0)
    make.service("nz-line", country="NZ", roles=["emergency"])
    client.force_login(make.person("nora"))

    page = client.get(reverse("admin:services")).content.decode()
    found = client.get(reverse("admin:services") + "?q=08001111").context["rows"]
    emergency = client.get(reverse("admin:services") + "?role=emergency&country=NZ").context["rows"]

    assert "withheld: no channel" in page
    assert "withheld: never checked" in page
    assert "served, not assured" in page
    assert [service.id for service, _ in found] == ["gb-line"]
    assert [service.id for service, _ in emergency] == ["nz-line"]


def test_numbers_are_isolated_from_right_to_left_text(client: Client) -> None:
    client.force_login(make.person("nora"))

    assert '<bdi dir="ltr" class="fp-dial">0800 1111</bdi>' in client.get(page()).content.decode()


def test_an_assurer_edits_facts_but_never_a_number_a_name_or_a_role(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    edit = reverse("admin:service-edit", args=["gb-line"])
    shown = client.get(edit)
    form = {
        "action": "amend",
        "version": shown.context["version"],
        "audiences": ["teen"],
        "situations": ["blackmail"],
        "regions": "gb-wls",
        "max_age": "18",
        "age_measured": "now",
        "languages": "en, cy",
        "zone": "Europe/London",
        "status": "active",
        "name": "Another name",
        "roles": ["emergency"],
        "dial": "0800 0000",
    }

    answer = client.post(edit, form)
    stale = client.post(edit, form)
    line.refresh_from_db()

    assert answer.status_code == 302
    assert (line.audiences, line.situations, line.general, line.regions) == (["teen"], ["blackmail"], False, ["GB-WLS"])
    assert (line.min_age, line.max_age, line.languages, line.zone) == (None, 18, ["en", "cy"], "Europe/London")
    assert (line.name, line.roles, Channel.objects.get().dial) == ("The gb-line service", ["helpline"], "0800 1111")
    assert stale.status_code == 409


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"audiences": []}, "at least one audience"),
        ({"audiences": ["nobody"]}, "no audience nobody"),
        ({"situations": [], "general": False}, "at least one situation"),
        ({"regions": ["FR-75"]}, "not a region of GB"),
        ({"area": ["FR"]}, "Only a worldwide service"),
        ({"min_age": 18}, "the moment at which the age counts"),
        ({"min_age": 18, "max_age": 12, "age_measured": "now"}, "is above the highest"),
        ({"max_age": 999, "age_measured": "now"}, "999 is not"),
        ({"languages": ["english"]}, "not a language tag"),
        ({"zone": "Europe/Atlantis"}, "not an IANA time zone"),
        ({"status": "closed"}, "no status closed"),
        ({"successor_id": "gb-line"}, "another existing service"),
        ({"successor_id": "none"}, "another existing service"),
        ({"name": "Other"}, "cannot be changed here: name"),
        ({"roles": ["emergency"]}, "cannot be changed here: roles"),
    ],
)
def test_invalid_facts_of_a_service_are_refused(line: Service, facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        line.amend(by=make.person("asta", "assurer"), at=timezone.now(), **facts)

    assert Service.objects.get(pk="gb-line").audiences == ["teen", "parent", "educator", "bystander"]


def test_a_zone_that_opening_hours_need_cannot_be_removed(line: Service) -> None:
    asta = make.person("asta", "assurer")
    line.amend(by=asta, at=timezone.now(), zone="Europe/London")
    make.channel(line, dial="0808 800 5002", address="+448088005002", hours="Mo-Fr 09:00-17:00")

    with pytest.raises(Invalid, match="have no time zone"):
        line.amend(by=asta, at=timezone.now(), zone="")


def test_editors_cannot_change_the_facts_of_a_service(line: Service) -> None:
    with pytest.raises(Forbidden):
        line.amend(by=make.person("eva", "localisation-editor"), at=timezone.now(), status="defunct")
