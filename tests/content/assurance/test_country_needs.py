"""What a first release for one country needs: its services, checks, tips and texts, and nothing of another country."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from content.assurance.country_needs import country_needs
from content.models import Channel, ChannelRevision, Service, ServiceRevision, Tip, TipRevision, Unit
from content.models.channel_revision import Act
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def content() -> None:
    make.small_content()
    make.service("nz-line", country="NZ")
    make.approve_texts()
    make.check_channels()


def test_nothing_waits_when_everything_is_approved_and_checked() -> None:
    assert country_needs("GB", at=NOON).nothing


def test_what_waits_for_a_country_is_named_and_other_countries_are_left_out() -> None:
    eva = make.person("eva", "localisation-editor")
    for name, zone in (("gb-line", "Europe/London"), ("nz-line", "Pacific/Auckland")):
        service, channel = Service.objects.get(pk=name), Channel.objects.get(service=name)
        ServiceRevision.objects.propose(service=service, facts={"zone": zone}, by=eva, at=NOON)
        facts = channel.facts() | {"cost": "standard"}
        ChannelRevision.objects.propose(
            service_id=name, position=channel.position, act=Act.CHANGE, by=eva, at=NOON, facts=facts, reason="A price."
        )
    tip = Tip.objects.get()
    TipRevision.objects.propose(slug=tip.pk, facts=tip.facts() | {"order": 9}, by=eva, at=NOON)
    unit = Unit.objects.get(key="service.gb-line.purpose")
    unit.revise(text="Talk to someone.", change="clarity", by=eva, at=NOON, from_revision=unit.revision)

    found = country_needs("GB", at=NOON)

    assert (found.services, found.channels, found.tips, found.texts) == (
        ("gb-line",),
        ("gb-line 1",),
        ("first-hour",),
        ("service.gb-line.purpose",),
    )
    assert country_needs("NZ", at=NOON).services == ("nz-line",)


def test_a_number_whose_check_has_expired_waits_for_one(settings: Any) -> None:
    settings.SERVE_UNREVIEWED = False

    assert country_needs("GB", at=NOON + timedelta(days=900)).checks == ("gb-line 1",)


def test_the_command_lists_it_in_words_and_refuses_an_unknown_country() -> None:
    service = Service.objects.get(pk="gb-line")
    ServiceRevision.objects.propose(
        service=service, facts={"zone": "Europe/London"}, by=make.person("eva", "localisation-editor"), at=NOON
    )
    out, data = StringIO(), StringIO()

    call_command("release", "needs", "gb", stdout=out)
    call_command("release", "needs", "GB", "--json", stdout=data)

    assert "Waiting for GB:" in out.getvalue()
    assert "“Approve everything that waits for this service”: 1 (gb-line)" in out.getvalue()
    assert json.loads(data.getvalue())["services"] == ["gb-line"]
    with pytest.raises(CommandError, match="There is no country with the code XX"):
        call_command("release", "needs", "XX", stdout=out)
