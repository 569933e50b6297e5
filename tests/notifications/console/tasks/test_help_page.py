"""The task Help and the pages beside it: for whom a service helps, and help that lapses before or after the approval."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from content.console.labels import labels
from content.models import Assurance, Channel
from core.console.display import date_text
from notifications.models import Campaign
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(client: Client) -> make.User:
    make.world()
    make.service("gb-line")
    make.app()
    make.installations(25)
    person, _ = make.campaign_staff()
    client.force_login(person)
    return person


def url(campaign: Campaign, name: str = "") -> str:
    return reverse(f"admin:campaign-{name}" if name else "admin:campaign", args=[campaign.pk])


def in_days(days: float) -> datetime:
    return (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0, minute=20)


def checked_until(service: str, until: date) -> None:
    channel = Channel.objects.get(service=service)
    Assurance.objects.create(revision_id=channel.revision_id, by=make.checker(), at=datetime.now(UTC), method="rung", until=until)


@override_settings(SERVE_UNREVIEWED=False)
def test_a_check_that_ends_before_the_start_is_on_help_and_on_check(client: Client, author: make.User) -> None:
    until = in_days(2).date()
    checked_until("gb-line", until)
    campaign = make.campaign(
        state="draft", schedule={"at": f"{in_days(5):%Y-%m-%dT%H:%M:%SZ}"}, not_after=f"{in_days(6):%Y-%m-%dT%H:%M:%SZ}"
    )

    help_page, check_page = (client.get(url(campaign, name)).content.decode() for name in ("help", "check"))

    sentence = f"has a check that ends on {date_text(until)}, before the campaign starts. Have it checked under “Contact checks”"
    assert sentence in help_page
    assert sentence in check_page


def test_help_names_the_readers_whom_a_service_is_for(client: Client, author: make.User) -> None:
    make.service("gb-teens", audiences=["teen"])
    campaign = make.campaign(
        state="draft", audience={"countries": ["GB"], "audiences": ["parent", "teen"]}, services=["gb-teens"]
    )

    html = client.get(url(campaign, "help")).content.decode()

    assert "for teenagers only" in html
    assert "The United Kingdom has no service in this campaign for parents. Choose one." in html


def test_help_that_lapses_after_the_approval_is_on_help_and_on_check(client: Client, author: make.User) -> None:
    campaign = make.campaign(
        schedule={"at": in_days(1).strftime("%Y-%m-%dT%H:%M:%SZ")}, not_after=f"{in_days(2):%Y-%m-%dT%H:%M:%SZ}"
    )
    names = ("help", "check")
    assert all("Readers would find no help" not in client.get(url(campaign, name)).content.decode() for name in names)

    make.service_facts("gb-line", status="temporarily closed")

    assert url(campaign, "help") in client.get(url(campaign)).content.decode()
    for name in names:
        html = client.get(url(campaign, name)).content.decode()
        assert "Readers would find no help" in html, name
        assert "United Kingdom: The gb-line service has closed or was withdrawn. Choose another service." in html, name
        assert "send it back to draft first" in html, name


def test_a_chosen_service_that_has_closed_is_named_and_can_be_removed(client: Client, author: make.User) -> None:
    make.service("gb-other")
    campaign = make.campaign(state="draft", services=["gb-line", "gb-other"])
    make.service_facts("gb-line", status="temporarily closed")
    make.person("orla", "campaign-author")
    colleague = Client()
    colleague.force_login(make.User.objects.get(username="orla"))
    colleague.get(url(campaign, "help"))

    answer = client.get(url(campaign, "help"))
    html = answer.content.decode()

    assert 'The gb-line service (United Kingdom)</bdi> <span class="fp-state bad">has closed or was withdrawn' in html
    assert "valid choice" not in html
    assert "<strong>orla</strong> has this page open" in html
    saved = {"action": "save", "version": answer.context["version"], "place": "help", "services": ["gb-other"]}
    client.post(url(campaign, "help"), saved)
    campaign.refresh_from_db()
    assert campaign.services == ["gb-other"]


def test_situations_choose_the_handouts(client: Client, author: make.User) -> None:
    campaign = make.campaign(state="draft")

    def save(**fields: list[str]) -> None:
        version = client.get(url(campaign, "help")).context["version"]
        saved = {"action": "save", "version": version, "place": "help", "services": ["gb-line"], **fields}
        client.post(url(campaign, "help"), saved)
        campaign.refresh_from_db()

    save(handout_situations=["grooming"])
    assert campaign.handout_situations == []
    save(handout_situations=["grooming", "blackmail"], handouts=["for-home"])

    assert (campaign.handouts, campaign.handout_situations) == (["for-home"], ["blackmail", "grooming"])
    facts = client.get(url(campaign)).content.decode()
    assert f"For families ({labels('situation', ['blackmail', 'grooming'])})" in facts


SHARING = ["AR", "BO", "CL", "PE", "UY"]


@pytest.fixture
def worldwide(author: make.User) -> None:
    """Two worldwide services, and one in a part of the world."""
    make.channel(make.service("zz-help", country="ZZ", channels=0), type="url")
    make.channel(make.service("zz-chat", country="ZZ", channels=0), type="url")
    make.channel(make.service("zz-andes", country="ZZ", channels=0, area=["BO", "CL", "PE"]), type="url")
    make.channel(make.service("zz-peru", country="ZZ", channels=0, area=["PE"]), type="url")


def boxes(html: str) -> list[str]:
    return re.findall(r'name="services" value="([^"]+)"', html)


def test_countries_without_services_of_their_own_share_one_box_for_each_service(client: Client, worldwide: None) -> None:
    everywhere = {"countries": ["GB", *SHARING], "audiences": ["parent"]}
    campaign = make.campaign(state="draft", audience=everywhere, services=["gb-line", "zz-help", "zz-peru"])

    answer = client.get(url(campaign, "help"))
    html = answer.content.decode()

    assert sorted(boxes(html)) == ["gb-line", "zz-andes", "zz-chat", "zz-help", "zz-peru"]
    assert "Argentina, Bolivia, Chile, Peru, Uruguay" in html
    assert "helps everybody there, in 3 of these countries" in html
    assert "<details open><summary>Services for one of these countries (1)" in html
    saved = {"action": "save", "version": answer.context["version"], "place": "help", "services": ["gb-line", "zz-chat"]}
    client.post(url(campaign, "help"), saved)
    campaign.refresh_from_db()
    assert campaign.services == ["gb-line", "zz-chat"]
    assert client.get(url(campaign, "help")).context["summary"] == []


def test_one_country_without_services_of_its_own_has_its_own_section(client: Client, worldwide: None) -> None:
    campaign = make.campaign(
        state="draft", audience={"countries": ["GB", "UY"], "audiences": ["parent"]}, services=["gb-line", "zz-help"]
    )

    html = client.get(url(campaign, "help")).content.decode()

    assert sorted(boxes(html)) == ["gb-line", "zz-chat", "zz-help"]
    assert 'aria-label="Uruguay"' in html
    assert "Countries without services of their own" not in html


def test_what_many_countries_lack_is_one_problem_on_help_and_on_check(client: Client, worldwide: None) -> None:
    everywhere = {"countries": ["GB", *SHARING], "audiences": ["parent"]}
    campaign = make.campaign(state="draft", audience=everywhere, services=["gb-line"])

    problems = client.get(url(campaign, "check")).context["problems"]
    html = client.get(url(campaign, "help")).content.decode()

    sentence = "Argentina, Bolivia, Chile and 2 other countries have no service in this campaign. Choose one."
    assert [detail for detail, _ in problems] == [sentence]
    assert f'<p class="fp-strong">{sentence}</p>' in html
