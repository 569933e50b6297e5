"""Notices in the console: times are in the service's zone, and bad input is refused with one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import Service, ServiceNotice
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def line() -> Service:
    make.small_content()
    make.service_facts("gb-line", zone="America/New_York")
    return Service.objects.get(pk="gb-line")


def propose(client: Client, service: str = "gb-line", **changes: str) -> Any:
    until = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}T18:00"
    typed = {"action": "propose", "what": "closed", "from_at": "", "until_at": until, "source": "https://example.org/news"}
    return client.post(reverse("admin:notice-propose", args=[service]), typed | changes)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def test_submitted_times_are_in_the_zone_of_the_service(client: Client) -> None:
    client.force_login(make.person("asta", "assurer"))
    propose(client, what="channel-down.1")

    notice = ServiceNotice.objects.get()
    page = client.get(reverse("admin:notices")).content.decode()

    day = (timezone.now() + timedelta(days=2)).date()
    hours_west = 4 if notice.until_at.astimezone(UTC).hour == 22 else 5
    assert notice.until_at == datetime(day.year, day.month, day.day, 18, tzinfo=UTC) + timedelta(hours=hours_west)
    assert notice.from_at <= timezone.now()
    assert (notice.kind, notice.position) == ("channel-down", 1)
    assert f"{day:%-d %B %Y} at 18:00" in page
    assert "New York time" in page
    assert "<q>Label of channel down</q>" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"what": "channel-down.9"}, "Choose what has changed"),
        ({"what": ""}, "Choose what has changed"),
        ({"until_at": ""}, "Choose what has changed"),
        ({"until_at": "soon"}, "Choose what has changed"),
        ({"until_at": "2026-03-08T02:30"}, "Choose what has changed"),
        ({"until_at": "2020-01-01T10:00"}, "must not be in the past"),
        ({"until_at": "9999-12-31T23:59"}, "within 31 days"),
        ({"from_at": "0001-01-01T00:00"}, "must not be more than a day ago"),
        ({"from_at": "9999-12-31T23:59"}, "must be after the beginning"),
        ({"source": "example.org"}, "is not an https address"),
        ({"service": "gb-emergency"}, "An emergency number cannot have notices"),
    ],
)
def test_a_notice_that_breaks_a_rule_is_refused_with_the_reason(client: Client, changes: dict[str, str], sentence: str) -> None:
    client.force_login(make.person("asta", "assurer"))

    answer = propose(client, **changes)

    assert answer.status_code == 400
    assert any(sentence in one for one in said(answer))
    assert not ServiceNotice.objects.exists()


def test_a_notice_takes_two_people_and_is_on_the_second_ones_to_do_list(client: Client) -> None:
    asta = make.person("asta", "assurer")
    client.force_login(asta)
    propose(client)
    notice = ServiceNotice.objects.get()
    page, act = reverse("admin:notices"), {"action": "approve", "notice": str(notice.pk)}
    assert client.post(page, act).status_code == 403
    assert "Notices to approve" not in client.get("/console/").content.decode()

    client.force_login(make.person("boris", "assurer"))
    assert "Notices to approve" in client.get("/console/").content.decode()
    answer = client.post(page, act)

    assert answer.status_code == 302
    assert any("Readers see no change until the next release is published." in one for one in said(answer))
    assert "<q>Label of closed</q>" in client.get(reverse("admin:service", args=["gb-line"])).content.decode()
    assert client.post(page, act).status_code == 409
    client.force_login(make.person("eva", "localisation-editor"))
    assert client.post(page, {"action": "end", "notice": str(notice.pk)}).status_code == 403
    client.force_login(asta)
    client.post(page, {"action": "end", "notice": str(notice.pk)})
    assert "Ended by asta" in client.get(page).content.decode()


def test_the_page_says_when_the_text_of_a_notice_is_not_approved(client: Client, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False
    client.force_login(make.person("asta", "assurer"))
    propose(client)

    form = client.get(reverse("admin:notice-propose", args=["gb-line"])).content.decode()

    assert "Readers do not see the notice until it is." in form
    assert "the text for this kind of notice is not approved" in client.get(reverse("admin:notices")).content.decode()


@pytest.mark.parametrize("number", ["", "x", "0", "9" * 14, "9" * 40, "²"])
def test_a_notice_that_does_not_exist_is_not_found(client: Client, number: str) -> None:
    client.force_login(make.person("asta", "assurer"))

    assert client.post(reverse("admin:notices"), {"action": "end", "notice": number}).status_code == 404
