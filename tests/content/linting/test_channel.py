"""The rules for hours, numbers and addresses that hold free text, control codes or names that pass for others."""

from __future__ import annotations

import pytest

from content.linting.channel import channel_faults, hours_faults
from content.linting.web_address import url_faults
from content.models import Channel, Service

SERVICE = Service(id="gb-line", country_id="GB", zone="Europe/London")


@pytest.mark.parametrize(
    "hours", ["24/7", "Mo-Fr 09:00-17:00", "Mo-Fr 09:00-17:00; PH off", "Mo-Fr 09:00-17:00 || Sa 10:00-12:00"]
)
def test_hours_of_times_alone_are_accepted(hours: str) -> None:
    assert hours_faults(hours, "Europe/London") == []


@pytest.mark.parametrize(
    "hours",
    [
        'Mo-Fr 09:00-17:00 "ring 07700 900123 or see evil.example"',
        'Mo-Fr 09:00-17:00 open "on appointment"',
        '"by e-mail"',
        '24/7 ""',
    ],
)
def test_hours_hold_no_comment(hours: str) -> None:
    assert "hold a comment" in hours_faults(hours, "Europe/London")[0]


@pytest.mark.parametrize("number", ["**21*0770090000#", "*#06#", "999*1#", "*123#", "#31#", "1#"])
@pytest.mark.parametrize("kind", ["phone", "sms"])
def test_a_code_that_controls_the_phone_is_no_number(kind: str, number: str) -> None:
    channel = Channel(service=SERVICE, position=1, type=kind, number_type="short", dial=number, address=number)

    assert f"{number} has * or #. A number for help has digits alone." in channel_faults(channel)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.childline.org.uk/get-help/?a=b&c=d#top",
        "https://example.org",
        "https://xn--mnchen-3ya.example/",
        "https://sub-domain.example.org/path(1)/~x",
        "https://2.example.org/",
    ],
)
def test_a_plain_address_is_accepted(url: str) -> None:
    assert url_faults(url) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://192.0.2.7/",
        "https://0xc0000207/",
        "https://3221225991/",
        "https://[2001:db8::1]/",
        "https://127.0.0.1.nip.io/",
        "https://127-0-0-1.example.org/",
        "https://example.org:8443/",
        "https://example.org:443/",
        "https://example.org:/",
        "https://xn--80ak6aa92e.com/",
        "https://xn--pple-43d.com/",
        "https://xn--99999999999.com/",
        'https://example.org/"onclick="x',
        "https://example.org/<b>",
        "https://example.org/a b",
        "https://example.org\\@evil.example/",
        "https://name@example.org/",
        "https://:@example.org/",
        "https://example.org/{x}",
        "https://exämple.org/",
        "https://example/",
        "https://a..example.org/",
        "http://example.org/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_readers_could_not_trust_is_refused(url: str) -> None:
    assert len(url_faults(url)) == 1
