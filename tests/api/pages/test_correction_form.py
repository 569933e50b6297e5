"""The correction form: an organization sees its own entry, and its answers wait for two people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core import signing
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.assurance.replies import accept_reply, dismiss_reply
from content.models import Assurance, Channel, ChannelRevision, CorrectionLink, Organization
from content.models.channel_revision import Act
from content.models.reply import Reply
from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(ola: User) -> CorrectionLink:
    return CorrectionLink.objects.issue(Organization.objects.get(), by=ola, at=timezone.now())


def path(link: CorrectionLink) -> str:
    return reverse("correction-form", args=[link.token()])


def field(name: str) -> str:
    return f"c{Channel.objects.get(service='gb-line').revision_id}-{name}"


def send(api: Client, link: CorrectionLink, *, headers: dict[str, str] | None = None, **values: str) -> Any:
    body = "&".join(f"{field(name)}={value}" for name, value in values.items())
    return api.post(path(link), body, content_type="application/x-www-form-urlencoded", headers=headers or {})


NEW: dict[str, Any] = {"answer": "correct", "dial": "0808+800+5002", "address": "%2B448088005002"}


def test_an_organization_sees_its_own_entry_and_no_other(api: Client, link: CorrectionLink) -> None:
    other = Organization.objects.create(id="other", name="Another Organization")
    make.service("gb-foreign", name="The foreign service", organization=other)

    answer = api.get(path(link))
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "0800 1111" in page
    assert "The foreign service" not in page
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "noindex" in answer["X-Robots-Tag"]
    assert not answer.cookies
    assert "Access-Control-Allow-Origin" not in answer


def test_a_correction_waits_for_two_people(api: Client, link: CorrectionLink, asta: User, client: Client) -> None:
    answer = send(api, link, **NEW)
    assert answer.status_code == 200
    assert "Your answers are saved and waiting for review" in answer.content.decode()
    assert not ChannelRevision.objects.proposed().exists()

    client.force_login(asta)
    place = reverse("admin:channel", args=["gb-line", 1])
    assert "<ins>0808 800 5002</ins>" in client.get(place).content.decode()
    client.post(place, {"action": "take-reply", "reply": str(Reply.objects.get().pk)})
    proposal = ChannelRevision.objects.proposed().get()

    assert Channel.objects.get().dial == "0800 1111"
    assert (proposal.proposed_by, proposal.dial, proposal.address, proposal.hours) == (
        asta,
        "0808 800 5002",
        "+448088005002",
        "24/7",
    )
    with pytest.raises(Forbidden):
        proposal.approve(by=asta, at=timezone.now())
    proposal.approve(by=make.checker(), at=timezone.now())
    assert Channel.objects.get().dial == "0808 800 5002"


def test_a_confirmation_becomes_a_check_once_an_assurer_accepts_it(api: Client, link: CorrectionLink, asta: User) -> None:
    send(api, link, answer="confirm")
    assert not Assurance.objects.exists()

    now = timezone.now()
    accept_reply(Reply.objects.get(), by=asta, at=now)

    check = Assurance.objects.get()
    assert (check.method, check.by, check.until) == ("confirmed", asta, (now + timedelta(days=180)).date())
    assert "through its correction link" in check.note
    with pytest.raises(ChangedMeanwhile, match="in the meantime"):
        accept_reply(Reply.objects.get(), by=asta, at=now)


def test_nobody_accepts_an_answer_to_a_link_that_they_created(
    api: Client, link: CorrectionLink, ola: User, client: Client
) -> None:
    send(api, link, answer="confirm")
    reply = Reply.objects.get()
    client.force_login(ola)

    assert "another assurer must accept it" in client.get(reverse("admin:channel", args=["gb-line", 1])).content.decode()
    with pytest.raises(SecondPersonRequired, match="You created the link"):
        accept_reply(reply, by=ola, at=timezone.now())
    with pytest.raises(DatabaseError, match="does not accept its replies"), transaction.atomic():
        Reply.objects.filter(pk=reply.pk).update(taken=True, dealt_by=ola, dealt_at=timezone.now())
    dismiss_reply(reply, by=ola, at=timezone.now())

    assert not Assurance.objects.exists()


def test_a_removal_becomes_a_proposal(api: Client, link: CorrectionLink, asta: User) -> None:
    send(api, link, answer="remove")
    accept_reply(Reply.objects.get(), by=asta, at=timezone.now())

    assert ChannelRevision.objects.proposed().get().act == "remove"
    assert Channel.objects.exists()


def test_a_later_answer_replaces_a_waiting_one(api: Client, link: CorrectionLink) -> None:
    send(api, link, **NEW)
    send(api, link, answer="confirm")

    reply = Reply.objects.get()
    assert (reply.answer, reply.dial, reply.address) == ("confirm", "", "")


@pytest.mark.parametrize(
    "values",
    [
        {"answer": "correct"},
        {"answer": "correct", "dial": "0808 CALL NOW"},
        {"answer": "correct", "dial": "0808+800+5002"},
        {"answer": "correct", "address": "javascript:alert(1)"},
        {"answer": "correct", "hours": "whenever"},
        {"answer": "correct", "cost": "a+fortune"},
        {"answer": "perhaps"},
    ],
)
def test_invalid_values_are_refused_beside_the_field(api: Client, link: CorrectionLink, values: dict[str, Any]) -> None:
    answer = send(api, link, **values)

    assert answer.status_code == 422
    assert not Reply.objects.exists()


#: For each fact: almost valid values, too long ones, and ones that could break a parser.
ODD = {
    "dial": ("0" * 41, "0 " * 30 + "1", "0808 800 5002#", "*" * 41, "116+111", "\u0660\u0668", "0808\u00a0800"),
    "address": (
        *("https://[::1", "https://[", "https://]x.y", "HTTPS://EXAMPLE.ORG/", "https://example.org/" + "a" * 600, "https://."),
        *("https://example.org/\x01", "https://example.org/\u202e", "https://a.b@c.d/", "a@b.c\u202ed", "a" * 499 + "@b.c"),
        *("+448088005002;ext=9", "+44(0)8088005002", "++448088005002", "+" + "1" * 400, "116+111", "9" * 400),
        *("telegram:@\u0430bcde", "telegram:@b\u0430cde", "whatsapp:+1", "whatsapp:+447700900123"),
    ),
    "hours": ("Mo-Fr 09:00-17:00; " * 12 + "Sa 10:00-12:00", '24/7 "a\x01b"', "week 99 off", "9999 Mo", "Mo[99] 10:00", "Feb 30"),
    "cost": ("a" * 100, "FREE", "\u0660"),
}


@pytest.mark.sampled
@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"number_type": "short", "dial": "116 111", "address": "116111"},
        {"type": "sms", "number_type": "short", "dial": "116 111", "address": "116111"},
        {"type": "url"},
        {"type": "chat"},
        {"type": "email", "address": "help@example.org"},
        {"type": "app", "address": ""},
    ],
)
def test_every_accepted_answer_can_be_proposed(api: Client, asta: User, ola: User, facts: dict[str, Any]) -> None:
    made = make.channel(make.service("gb-odd", channels=0, zone="Europe/London"), **facts)
    address = path(CorrectionLink.objects.issue(Organization.objects.get(), by=ola, at=timezone.now()))
    pairs = [{name: text} for name, texts in ODD.items() for text in texts]
    pairs += [{"dial": text, "address": text.replace(" ", "")} for text in (*ODD["dial"], "116 111" + "#" * 30)]

    for values in pairs:
        form = {f"c{made.revision_id}-{name}": text for name, text in ({"answer": "correct"} | values).items()}
        answer = api.post(address, urlencode(form), content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (200, 422), values
        for reply in Reply.objects.waiting():
            accept_reply(reply, by=asta, at=timezone.now())
            ChannelRevision.objects.proposed().get().withdraw(by=asta, at=timezone.now())


def test_hours_are_accepted_before_the_time_zone_is_known(api: Client, link: CorrectionLink, asta: User) -> None:
    assert send(api, link, answer="correct", hours="Mo-Fr+09:00-17:00").status_code == 200
    with pytest.raises(Invalid, match="no time zone"):
        accept_reply(Reply.objects.get(), by=asta, at=timezone.now())

    make.service_facts(Channel.objects.get().service_id, zone="Europe/London")
    accept_reply(Reply.objects.get(), by=asta, at=timezone.now())

    assert ChannelRevision.objects.proposed().get().hours == "Mo-Fr 09:00-17:00"


def test_submitted_values_are_escaped(api: Client, link: CorrectionLink) -> None:
    answer = send(api, link, answer="correct", address="%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert b"<script" not in answer.content
    assert b"&lt;script&gt;" in answer.content


def test_a_channel_of_another_organization_cannot_be_answered(api: Client, link: CorrectionLink) -> None:
    other = Organization.objects.create(id="other", name="Another Organization")
    make.service("gb-foreign", organization=other)
    foreign = Channel.objects.get(service="gb-foreign").revision_id

    answer = api.post(path(link), f"c{foreign}-answer=remove", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 422
    assert not Reply.objects.exists()


def test_forged_expired_and_revoked_links_are_refused(api: Client, link: CorrectionLink, asta: User) -> None:
    forged = [
        signing.dumps(link.pk, salt="another"),
        signing.dumps(link.pk, key="another", salt="content.correction-link"),
        link.token()[:-1],
        str(link.pk),
    ]
    ended = CorrectionLink.objects.issue(link.organization, by=asta, at=timezone.now() - timedelta(days=14))

    assert [api.get(reverse("correction-form", args=[token])).status_code for token in forged] == [404] * 4
    assert api.get(path(ended)).status_code == 410
    assert send(api, ended, answer="remove").status_code == 410
    link.revoke(by=asta, at=timezone.now())
    answer = api.get(path(link))
    assert answer.status_code == 410
    assert b"0800 1111" not in answer.content
    assert not Reply.objects.exists()


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_a_form_from_another_site_is_refused(api: Client, link: CorrectionLink, headers: dict[str, str]) -> None:
    assert send(api, link, headers=headers, answer="remove").status_code == 403
    assert not Reply.objects.exists()


def test_a_file_and_too_many_fields_are_refused(api: Client, link: CorrectionLink) -> None:
    assert api.post(path(link), {field("answer"): "remove"}).status_code == 415
    flood = api.post(path(link), "a=1&" * 3000, content_type="application/x-www-form-urlencoded")
    huge = api.post(path(link), "a=" + "x" * 100_000, content_type="application/x-www-form-urlencoded")
    assert (flood.status_code, huge.status_code) == (422, 413)
    assert not Reply.objects.exists()


def test_requests_are_limited(api: Client, link: CorrectionLink, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "correction-form": (2, 60)}

    assert 429 in [api.get(path(link)).status_code for _ in range(4)]


def test_only_assurers_create_and_see_links(client: Client, link: CorrectionLink, asta: User) -> None:
    page = reverse("admin:organization", args=["org"])
    client.force_login(make.person("eva", "localisation-editor"))
    seen = client.get(page).content.decode()
    with pytest.raises(Forbidden):
        CorrectionLink.objects.issue(link.organization, by=make.person("nora"), at=timezone.now())

    client.force_login(asta)
    client.post(page, {"action": "make"})
    made = client.get(page).content.decode()
    client.post(page, {"action": "withdraw", "link": str(link.pk)})

    assert "/listed/" not in seen
    # Of two links that work, only their own: anyone who has one can answer, and may accept the answers to those of others.
    assert made.count("/listed/") == 1
    assert made.count("Withdraw</button>") == 2
    assert client.get(page).content.decode().count("Withdraw</button>") == 1


def test_an_answer_about_values_changed_since_is_not_accepted(api: Client, link: CorrectionLink, asta: User) -> None:
    send(api, link, answer="confirm")
    facts = Channel.objects.get().facts() | {"cost": "standard"}
    ChannelRevision.objects.propose(
        service_id="gb-line",
        position=1,
        act=Act.CHANGE,
        by=asta,
        at=timezone.now(),
        facts=facts,
    ).approve(by=make.checker(), at=timezone.now())

    with pytest.raises(Conflict):
        accept_reply(Reply.objects.get(), by=asta, at=timezone.now())
    assert not Assurance.objects.exists()
    assert Reply.objects.waiting().exists()
