"""Services in the console: one person proposes, another approves, and a check covers exactly what the page showed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import Assurance, Channel, ChannelRevision, Organization, Service, ServiceRevision
from content.models.assurance import Method
from core.models import User
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
    client.force_login(make.person("nora", "auditor"))

    page = client.get(reverse("admin:services")).content.decode()
    found = client.get(reverse("admin:services") + "?q=08001111").context["rows"]
    emergency = client.get(reverse("admin:services") + "?role=emergency&country=NZ").context["rows"]

    assert "withheld: no channel" in page
    assert "withheld: never checked" in page
    assert "served, not assured" in page
    assert [service.id for service, _ in found] == ["gb-line"]
    assert [service.id for service, _ in emergency] == ["nz-line"]


def test_numbers_are_isolated_from_right_to_left_text(client: Client) -> None:
    client.force_login(make.person("nora", "auditor"))

    assert '<bdi dir="ltr" class="fp-dial">0800 1111</bdi>' in client.get(page()).content.decode()


FORM = {
    "name": "The gb-line service",
    "roles": ["helpline"],
    "audiences": ["teen"],
    "situations": ["blackmail"],
    "regions": "gb-wls",
    "max_age": "18",
    "age_measured": "now",
    "languages": "en, cy",
    "zone": "Europe/London",
    "status": "active",
    "confidence": "confirmed-in-source",
    "source": "https://example.org/about",
}


def propose_facts(client: Client, **changed: Any) -> str:
    """Propose facts as the form does; return the URL of the proposal."""
    edit = reverse("admin:service-edit", args=["gb-line"])
    version = client.get(edit).context["version"]
    form = FORM | changed | {"version": version}
    shown = client.post(edit, form | {"action": "preview"}).context["preview"]
    answer = client.post(edit, form | {"action": "propose", "seen": shown.token, "reason": "They told us."})
    assert answer.status_code == 302, answer.context["error"]
    return str(answer["Location"])


def test_facts_are_proposed_with_their_effect_and_approved_by_a_second_person(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    change = propose_facts(client)
    own = client.get(change).content.decode()
    refused = client.post(change, {"action": "approve"})
    line.refresh_from_db()
    assert line.audiences == ["teen", "parent", "educator", "bystander"]

    client.force_login(make.person("ben", "assurer"))
    queue = client.get(reverse("admin:service-changes")).content.decode()
    seen = client.get(change).content.decode()
    answer = client.post(change, {"action": "approve"}, follow=True)
    line.refresh_from_db()

    assert "You proposed this, so another person must approve it." in own
    assert refused.status_code == 403
    assert change in queue
    assert "They told us." in seen
    assert "<del>Teenagers, parents, educators, bystanders</del>" in seen
    assert "<ins>Teenagers</ins>" in seen
    assert "Approved: Change of" in answer.content.decode()
    assert (line.audiences, line.situations, line.general, line.regions) == (["teen"], ["blackmail"], False, ["GB-WLS"])
    assert (line.min_age, line.max_age, line.languages, line.zone) == (None, 18, ["en", "cy"], "Europe/London")
    assert (line.country_id, line.organization_id, Channel.objects.get().dial) == ("GB", "org", "0800 1111")


def test_nothing_is_proposed_before_its_effect_was_shown(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    edit = reverse("admin:service-edit", args=["gb-line"])
    version = client.get(edit).context["version"]

    unseen = client.post(edit, FORM | {"action": "propose", "version": version, "reason": "Because."})
    shown = unseen.context["preview"]
    other = client.post(
        edit, FORM | {"action": "propose", "version": version, "reason": "Because.", "max_age": "17", "seen": shown.token}
    )
    no_reason = client.post(edit, FORM | {"action": "propose", "version": version, "reason": " ", "seen": shown.token})

    assert (unseen.status_code, other.status_code, no_reason.status_code) == (409, 409, 400)
    assert "Read below what this change does" in unseen.content.decode()
    assert not ServiceRevision.objects.proposed().exists()


def test_a_form_that_was_opened_before_a_proposal_is_refused_and_kept(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    edit = reverse("admin:service-edit", args=["gb-line"])
    version = client.get(edit).context["version"]
    propose_facts(client)

    stale = client.post(edit, FORM | {"action": "preview", "version": version, "source": "https://example.org/typed"})

    assert stale.status_code == 409
    assert "https://example.org/typed" in stale.content.decode()


def test_a_second_proposal_waits_for_the_first(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    propose_facts(client)
    client.force_login(make.person("ben", "assurer"))
    edit = reverse("admin:service-edit", args=["gb-line"])
    shown = client.get(edit)

    answer = client.post(edit, FORM | {"action": "preview", "version": shown.context["version"], "max_age": "17"})
    refused = client.post(
        edit,
        FORM
        | {"action": "propose", "version": shown.context["version"], "max_age": "17", "reason": "Mine."}
        | {"seen": answer.context["preview"].token},
    )

    assert "asta has proposed a change of this service" in shown.content.decode()
    assert refused.status_code == 409
    assert ServiceRevision.objects.proposed().get().max_age == 18


def test_a_proposal_is_rejected_or_withdrawn(client: Client, line: Service) -> None:
    asta, ben = make.person("asta", "assurer"), make.person("ben", "assurer")
    client.force_login(asta)
    first = propose_facts(client)
    client.force_login(ben)
    client.post(first, {"action": "withdraw"})
    client.post(first, {"action": "reject"})
    client.force_login(asta)
    second = propose_facts(client, max_age="17")
    client.post(second, {"action": "withdraw"})

    assert [revision.state for revision in ServiceRevision.objects.filter(act="change")] == ["withdrawn", "withdrawn"]
    assert "Nothing has changed" in client.get(first).content.decode()


def test_notes_for_colleagues_are_saved_at_once(client: Client, line: Service) -> None:
    client.force_login(make.person("asta", "assurer"))
    edit = reverse("admin:service-edit", args=["gb-line"])
    notes = {"action": "write-notes", "version": client.get(edit).context["notes_version"], "notes": "Ring first."}

    saved, stale = client.post(edit, notes), client.post(edit, notes | {"notes": "Other."})
    line.refresh_from_db()

    assert (saved.status_code, stale.status_code, line.notes) == (302, 409, "Ring first.")
    assert "Other." in stale.content.decode()


def test_the_name_of_an_organization_is_proposed_and_approved(client: Client, line: Service) -> None:
    own = reverse("admin:organization", args=["org"])
    client.force_login(make.person("asta", "assurer"))
    refused = client.post(own, {"action": "propose", "name": "The Trust"})
    change = client.post(own, {"action": "propose", "name": "The Trust", "reason": "Renamed."})["Location"]
    client.force_login(make.person("ben", "assurer"))
    seen = client.get(change).content.decode()

    client.post(change, {"action": "approve"})

    assert refused.status_code == 400
    assert "Readers see the new name with these services: The gb-line service." in seen
    assert Organization.objects.get().name == "The Trust"


def test_staff_see_a_service_that_nobody_has_approved(client: Client, line: Service) -> None:
    facts = line.facts() | {"name": "A new line"}
    made = Service.objects.create(id="gb-new", **facts)
    ServiceRevision.objects.propose(service=made, facts={}, by=User.objects.system(), at=make.NOON)
    client.force_login(make.person("asta", "assurer"))

    one = client.get(reverse("admin:service", args=["gb-new"])).content.decode()
    every = client.get(reverse("admin:services")).content.decode()
    queue = client.get(reverse("admin:service-changes")).content.decode()
    change = client.get(reverse("admin:service-change", args=[ServiceRevision.objects.proposed().get().pk])).content.decode()

    assert "withheld: nobody has approved it yet" in one
    assert "A new line" in every
    assert "New service" in queue
    assert "<ins>A new line</ins>" in change
