"""A campaign on the phones: the pack, the place and the text of the readers who are chosen, and who may open the links."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from core.models import User
from tests import make
from tests.content.console.test_phone_previews import links, shown
from tests.notifications.campaigns.test_variants import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(client: Client) -> User:
    """Publish a release with packs for Great Britain and the worldwide ones, and sign an author in."""
    make.small_release()
    user = make.person("ann", "campaign-author")
    client.force_login(user)
    return user


def page(**changes: Any) -> str:
    return reverse("admin:campaign-phones", args=[make.campaign(state="draft", reached=False, **changes).pk])


def audience(*countries: str, **more: Any) -> dict[str, Any]:
    return {"countries": list(countries), "audiences": ["parent"], **more}


def test_a_country_without_packs_gets_the_worldwide_one_as_its_readers_do(client: Client, ann: User) -> None:
    path = page(audience=audience("NO"))

    html = client.get(path).content.decode()
    content = shown(client, links(client, path)[0])

    assert '<option value="NO" selected>Norway</option>' in html
    assert '<option value="ZZ"' not in html
    assert (content["country"], content["pack"]["country"], content["pack"]["locale"]) == ("NO", "ZZ", "en")


def test_a_campaign_for_every_country_is_shown_in_each_with_a_pack(client: Client, ann: User) -> None:
    html = client.get(page(audience=audience() | {"countries": "all"})).content.decode()

    assert '<option value="GB" selected>United Kingdom</option>' in html
    assert '<option value="ZZ">Worldwide</option>' in html


def test_the_help_is_that_of_the_place_whose_text_is_shown(client: Client, ann: User) -> None:
    path = page(messages={"en": text("For everyone", variants={"GB-WLS": text("In Wales")})})

    everywhere = shown(client, links(client, path)[0])
    wales = shown(client, links(client, f"{path}?region=GB-WLS")[0])

    assert (everywhere["alert"]["title"], everywhere["region"]) == ("For everyone", None)
    assert (wales["alert"]["title"], wales["region"]) == ("In Wales", "GB-WLS")


def test_a_campaign_for_one_place_is_shown_to_its_readers_alone(client: Client, ann: User) -> None:
    path = page(audience=audience("FR", "GB", regions=["GB-WLS"]))

    html = client.get(path).content.decode()

    assert shown(client, links(client, path)[0])["region"] == "GB-WLS"
    assert "Everywhere else" not in html
    assert "France" not in html


def test_without_a_release_the_texts_are_on_the_page_and_no_phone_is(client: Client) -> None:
    path = page()
    client.force_login(make.person("ann", "campaign-author"))

    html = client.get(path).content.decode()

    assert "No release is published yet, so there is no help to show." in html
    assert "<iframe" not in html
    assert make.definition()["messages"]["en"]["inner"]["title"] in html


def test_a_link_opens_no_longer_for_somebody_who_lost_the_right_to_read_campaigns(client: Client, ann: User) -> None:
    (link, *_) = links(client, page())
    ann.groups.add(Group.objects.get(name="localisation-editor"))
    before = client.get(link)
    ann.groups.remove(Group.objects.get(name="campaign-author"))

    after = client.get(link)

    assert before.status_code == 200
    assert after.status_code == 403
    assert "ann needs the role" in after.content.decode()
    assert make.definition()["messages"]["en"]["inner"]["title"] not in after.content.decode()
