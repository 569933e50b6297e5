"""Everything of one service or tip is approved in one act: each part is ticked, and none by the person who proposed it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from content.linting.fault import Fault, Strength
from content.models import Channel, ChannelRevision, Service, ServiceRevision, Tip, TipRevision, Unit
from content.models.channel_revision import Act
from content.terms import NumberKind
from core.models import User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db
SERVICE, TIP = "/console/services/gb-line/approve/", "/console/tip-changes/first-hour/approve/"


@pytest.fixture(autouse=True)
def content() -> None:
    make.small_content()


@pytest.fixture
def eva() -> User:
    return make.person("eva", "localisation-editor", "assurer")


def propose_service(by: User) -> None:
    """Propose another zone and another number of the service."""
    service, channel = Service.objects.get(pk="gb-line"), Channel.objects.get(service="gb-line")
    ServiceRevision.objects.propose(service=service, facts={"zone": "Europe/London"}, by=by, at=NOON, reason="They moved.")
    facts = channel.facts() | {"dial": "0808 800 5002", "address": "+448088005002"}
    ChannelRevision.objects.propose(
        service_id="gb-line", position=channel.position, act=Act.CHANGE, by=by, at=NOON, facts=facts, reason="A new number."
    )


def ticks(client: Client, page: str) -> list[str]:
    return re.findall(r'name="read" value="([^"]+)"', client.get(page).content.decode())


def test_a_service_with_its_numbers_is_approved_in_one_act_of_a_second_person(client: Client, eva: User) -> None:
    propose_service(eva)
    client.force_login(make.person("asta", "assurer"))

    html = client.get(SERVICE).content.decode()
    answer = client.post(SERVICE, {"action": "approve", "read": ticks(client, SERVICE)}, follow=True)

    assert "<del>0800 1111</del>" in html
    assert "<ins>0808 800 5002</ins>" in html
    assert "What this change does" in html
    assert "2 of 2 ticked parts approved." in answer.content.decode()
    assert ticks(client, SERVICE) == []
    assert (Service.objects.get(pk="gb-line").zone, Channel.objects.get(service="gb-line").dial) == (
        "Europe/London",
        "0808 800 5002",
    )


def test_the_proposer_finds_nothing_to_tick_and_a_sent_tick_is_refused(client: Client, eva: User) -> None:
    propose_service(eva)
    client.force_login(make.person("asta", "assurer"))
    sent = ticks(client, SERVICE)
    client.force_login(eva)

    own = client.get(SERVICE).content.decode()
    answer = client.post(SERVICE, {"action": "approve", "read": sent}, follow=True)

    assert 'name="read"' not in own
    assert "You wrote or proposed this, so another person must approve it." in own
    assert "cannot approve it; a second person must." in answer.content.decode()
    assert Channel.objects.get(service="gb-line").dial == "0800 1111"
    assert ChannelRevision.objects.proposed().count() == ServiceRevision.objects.proposed().count() == 1


def test_what_is_not_ticked_stays_and_what_was_decided_meanwhile_is_named(client: Client, eva: User) -> None:
    propose_service(eva)
    client.force_login(make.person("asta", "assurer"))
    facts, number = ticks(client, SERVICE)
    ServiceRevision.objects.proposed().get().withdraw(by=eva, at=NOON)

    nothing = client.post(SERVICE, {"action": "approve"})
    gone = client.post(SERVICE, {"action": "approve", "read": [facts]}, follow=True)

    assert (nothing.status_code, "Tick what you have read" in nothing.content.decode()) == (400, True)
    assert "1 part has changed or been decided since you opened the page. Read again." in gone.content.decode()
    assert ticks(client, SERVICE) == [number]
    assert Channel.objects.get(service="gb-line").dial == "0800 1111"


def test_a_tip_with_its_texts_is_approved_in_one_act_and_a_text_only_as_it_was_shown(client: Client, eva: User) -> None:
    facts = Tip.objects.get(pk="first-hour").facts() | {"order": 7}
    TipRevision.objects.propose(slug="first-hour", facts=facts, by=eva, at=NOON, reason="First.")
    for key, text in (("title", "The first hour after it"), ("do-not.1", "Do not pay, and do not buy anything.")):
        Unit.objects.get(key=f"tip.first-hour.{key}").revise(text=text, change="clarity", by=eva, at=NOON, from_revision=1)
    client.force_login(make.person("rim", "localisation-reviewer", locales=("en",)))
    shown = ticks(client, TIP)
    Unit.objects.get(key="tip.first-hour.do-not.1").revise(
        text="Do not pay anyone.", change="clarity", by=eva, at=NOON, from_revision=2
    )

    answer = client.post(TIP, {"action": "approve", "read": shown}, follow=True).content.decode()

    # The change of the tip and its texts, none of which was approved before.
    assert len(shown) > 3
    assert f"{len(shown) - 1} of {len(shown)} ticked parts approved." in answer
    assert "1 part has changed or been decided since you opened the page." in answer
    assert Tip.objects.get(pk="first-hour").order == 7
    states = dict(Unit.objects.filter(key__startswith="tip.first-hour.").values_list("key", "state"))
    assert (states["tip.first-hour.title"], states["tip.first-hour.do-not.1"]) == ("approved", "needs-review")


def test_all_that_the_approval_of_a_text_approves_is_shown(client: Client, eva: User) -> None:
    make.approve_texts()
    title = Unit.objects.get(key="tip.first-hour.title")
    title.revise(
        text=title.text, change="cosmetic", by=eva, at=NOON, from_revision=1, allowed_numbers={"18": NumberKind.AGE},
        allowed_hosts=["example.org"], stays_as_is=True,
    )  # fmt: skip
    client.force_login(make.person("rim", "localisation-reviewer", locales=("en",)))

    html = client.get(TIP).content.decode()
    client.post(TIP, {"action": "approve", "read": ticks(client, TIP)})

    for shown in ("18 (age)", "example.org", "Yes", "Cosmetic"):
        assert f"<ins>{shown}</ins>" in html
    assert html.count("<del>None</del>") == html.count("<del>No</del>") == 1
    assert reverse("admin:source-text", args=[title.key]) in html
    title.refresh_from_db()
    assert (title.state, title.approved_stays_as_is, title.approved_numbers) == ("approved", True, ["18"])


def test_a_warning_is_shown_and_a_text_with_another_warning_is_not_approved(
    client: Client, eva: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.approve_texts()
    Unit.objects.get(key="tip.first-hour.title").revise(
        text="The first hour, victim", change="clarity", by=eva, at=NOON, from_revision=1
    )
    client.force_login(make.person("rim", "localisation-reviewer", locales=("en",)))
    html, shown = client.get(TIP).content.decode(), ticks(client, TIP)
    later = [Fault("new", "A rule that came later.", Strength.WARN)]
    monkeypatch.setattr("content.console.approve_together.source_faults", lambda unit, known_services: later)

    answer = client.post(TIP, {"action": "approve", "read": shown}, follow=True).content.decode()

    assert '<li class="wait"><strong>Warning:</strong>' in html
    assert "1 part has changed or been decided since you opened the page." in answer
    assert "A rule that came later." in answer
    assert Unit.objects.get(key="tip.first-hour.title").state == "needs-review"


def test_roles_tick_what_they_may_approve_and_others_read(client: Client, eva: User) -> None:
    propose_service(eva)
    client.force_login(make.person("rim", "localisation-reviewer"))
    page, texts = client.get(SERVICE).content.decode(), ticks(client, SERVICE)
    client.force_login(make.person("paul", "publisher"))
    refused = client.post(SERVICE, {"action": "approve", "read": ["x"]})

    assert "A person of another role must approve this." in page
    # The text for readers, and neither the facts nor the number.
    assert len(texts) == 1
    assert refused.status_code == 403
    assert client.get(reverse("admin:service-approve", args=["nothing"])).status_code == 404
    assert client.get(reverse("admin:tip-approve", args=["nothing"])).status_code == 404
