"""A whole new tip from nothing in the console: proposed by one person, approved by another, then in the packs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from content.models import Tip, TipRevision, Unit
from tests import make

pytestmark = pytest.mark.django_db
URL = "/console/new-tip/"
FORM = {
    "action": "propose",
    "slug": "next-day",
    "title": "The day after",
    "short": "You can still get help. It is not your fault.",
    "now": "Talk to {service:gb-line}.\r\n\r\nTell one adult. If you are under 18, a parent can help too.\n\n",
    "never": "Do not pay.",
    "more_text": "",
    "numbers-age": "18",
    "audiences": ["teen"],
    "situations": ["blackmail", "grooming"],
    "countries": "",
    "min_age": "",
    "max_age": "17",
    "age_measured": "now",
    "order": "30",
    "order_in_grooming": "5",
    "reason": "Asked for by the helpline.",
}


@pytest.fixture(autouse=True)
def eva(client: Client) -> make.User:
    make.small_content()
    eva = make.person("eva", "localisation-editor")
    client.force_login(eva)
    return eva


def send(client: Client, **changes: Any) -> Any:
    return client.post(URL, {**FORM, **changes}, follow=True)


def test_a_short_title_beside_the_title_is_optional(client: Client, eva: make.User) -> None:
    send(client, short_title="Talk tomorrow")
    refused = send(client, slug="other-day", short_title="Sexual extortion")

    assert Unit.objects.get(key="tip.next-day.short-title").text == "Talk tomorrow"
    assert "beside the phone" in str(refused.context["form"].errors["short_title"])
    assert client.get(f"{URL}?like=first-hour").context["form"].initial["short_title"] == ""


def test_a_tip_is_proposed_approved_and_compiled(client: Client, eva: make.User) -> None:
    sent = send(client)
    revision = TipRevision.objects.proposed().get(slug="next-day")
    units = dict(Unit.objects.filter(owner="tip:next-day").values_list("key", "text"))
    revision.approve(by=make.checker(), at=make.NOON)
    for unit in Unit.objects.filter(owner="tip:next-day"):
        unit.approve(by=make.checker(), at=make.NOON)
    make.release()
    tip = Tip.objects.get(pk="next-day")

    assert "Another person must approve the tip, and each of its texts" in sent.content.decode()
    assert (revision.act, revision.proposed_by, revision.reason) == ("add", eva, "Asked for by the helpline.")
    assert units == {
        "tip.next-day.title": "The day after",
        "tip.next-day.short": "You can still get help. It is not your fault.",
        "tip.next-day.do-now.1": "Talk to {service:gb-line}.",
        "tip.next-day.do-now.2": "Tell one adult. If you are under 18, a parent can help too.",
        "tip.next-day.do-not.1": "Do not pay.",
    }
    assert (tip.situations, tip.order_in, tip.do_now, tip.do_not, tip.more) == (
        ["blackmail", "grooming"], {"grooming": 5}, [1, 2], [1], False,
    )  # fmt: skip
    body = make.pack_body(make.Release.objects.get(), "GB", "en")
    assert body is not None
    assert "The day after" in body[0] + body[1]


def test_the_proposal_leads_to_the_page_that_approves_the_tip_with_its_texts(client: Client) -> None:
    send(client)
    proposal = reverse("admin:tip-change", args=[TipRevision.objects.proposed().get().pk])
    page = reverse("admin:tip-approve", args=["next-day"])
    own = client.get(proposal).content.decode()
    client.force_login(make.person("rolf", "localisation-reviewer"))

    assert page in client.get(proposal).content.decode()
    assert page not in own
    read = re.findall(r'name="read" value="([^"]+)"', client.get(page).content.decode())
    client.post(page, {"action": "approve", "read": read})

    assert Tip.objects.filter(pk="next-day").exists()
    assert set(Unit.objects.owned_by("tip:next-day").values_list("state", flat=True)) == {"approved"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"slug": "my-blackmail"}, "Choose one that does not say what happened"),
        ({"slug": "Two words"}, "Use up to 60 lower-case letters"),
        ({"slug": "first-hour"}, "There is a tip first-hour already."),
        ({"title": "Call 0800 1111"}, "08001111"),
        ({"now": "Tell one adult.\n\nTalk to {service:none}."}, "Step 2: {service:none} names a service that does not exist."),
        ({"now": " "}, "This field is required."),
        ({"numbers-age": "18, 999"}, "999"),
        ({"audiences": []}, "This field is required."),
        ({"situations": []}, "A tip needs at least one situation."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_a_tip_that_breaks_a_rule_is_refused_and_nothing_typed_is_lost(
    client: Client, changes: dict[str, Any], says: str
) -> None:
    refused = send(client, **changes)
    page = refused.content.decode()

    assert refused.status_code == 400
    assert says in page
    assert "Asked for by the helpline." in page or changes.get("reason") == ""
    assert not Unit.objects.filter(owner__in=["tip:next-day", "tip:my-blackmail"]).exists()
    assert not TipRevision.objects.proposed().exists()


def test_a_rejected_tip_can_be_proposed_again_with_other_words(client: Client) -> None:
    send(client)
    assert "already" in send(client).content.decode()
    TipRevision.objects.proposed().get().withdraw(by=make.checker(), at=make.NOON)

    send(client, title="The next morning", never="")

    assert TipRevision.objects.proposed().get().do_not == []
    title = Unit.objects.get(key="tip.next-day.title")
    assert (title.text, title.revision) == ("The next morning", 2)


def test_the_form_starts_from_another_tip(client: Client) -> None:
    form = client.get(URL, {"like": "first-hour"}).context["form"]

    assert form.initial["title"] == "Stop and breathe"
    assert form.initial["now"] == "Tell one adult."
    assert "Never blame a child" in client.get(URL).content.decode()
    assert URL in client.get(reverse("admin:tips")).content.decode()


def test_only_an_editor_of_the_source_language_proposes_a_tip(client: Client) -> None:
    client.force_login(make.person("nia", "localisation-editor", locales=("cy",)))
    assert send(client).status_code == 403
    client.force_login(make.person("rhys", "localisation-reviewer"))
    assert client.get(URL).status_code == 403
    assert not TipRevision.objects.proposed().exists()
