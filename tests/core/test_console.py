"""The console's first page, menu, audit log and people."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core import audit
from core.audit_verbs import Verb
from tests import make

pytestmark = pytest.mark.django_db


def text_of(client: Client, address: str) -> str:
    """Return the HTML of a page."""
    return client.get(address).content.decode()


def test_the_to_do_list_is_empty_for_staff_without_a_role(client: Client) -> None:
    client.force_login(make.person("nora"))

    page = text_of(client, reverse("admin:index"))

    assert "You have nothing to do at the moment." in page
    assert "You do not have a role" in page
    assert 'href="/console/campaigns/"' not in page


def test_the_to_do_list_shows_each_role_its_own_tasks(client: Client) -> None:
    make.small_content()
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch")
    make.release(publish=False)
    make.campaign(state="submitted")
    expected = {
        "localisation-reviewer": ["Source texts to review", "Welsh to review"],
        "publisher": ["Release ", "to publish"],
        "campaign-approver": ["To approve: Half-term warning"],
        "assurer": ["Channels never checked"],
    }

    for role, titles in expected.items():
        client.force_login(make.person(f"the-{role}", role))
        page = text_of(client, reverse("admin:index"))
        for title in titles:
            assert title in page, role


def test_nobody_is_asked_to_review_their_own_text(client: Client) -> None:
    make.world()
    writer = make.person("eva", "localisation-editor", "localisation-reviewer")
    make.unit("why.free", "It is free.", by=writer)
    client.force_login(writer)

    assert "Source texts to review" not in text_of(client, reverse("admin:index"))


def test_everyone_sees_a_running_campaign_and_stoppers_can_stop_it(client: Client) -> None:
    campaign = make.campaign(state="approved")
    stop = reverse("admin:campaign-stop", args=[campaign.pk])

    client.force_login(make.person("nora", "publisher"))
    assert campaign.name in text_of(client, reverse("admin:index"))
    assert stop not in text_of(client, reverse("admin:index"))

    client.force_login(make.person("ben", "campaign-approver"))
    assert stop in text_of(client, reverse("admin:index"))


def test_the_menu_links_to_every_list_and_marks_the_current_one(client: Client) -> None:
    client.force_login(make.person("nora", "auditor"))

    page = text_of(client, reverse("admin:services"))

    assert '<a href="/console/services/" aria-current="page">Services</a>' in page
    for path in ("tips", "words", "numbers", "releases", "campaigns", "people", "audit"):
        assert f'href="/console/{path}/"' in page


def test_the_audit_log_shows_who_did_what_and_filters_by_person(client: Client) -> None:
    eva, ben = make.person("eva", "auditor"), make.person("ben")
    audit.record(by=eva, verb=Verb.SOURCE_WRITTEN, at=make.NOON, key="tip.one")
    audit.record(by=ben, verb=Verb.RELEASE_PUBLISHED, at=make.NOON, number=7)
    client.force_login(eva)

    everything = text_of(client, reverse("admin:audit"))
    bens = text_of(client, reverse("admin:audit") + "?by=ben")

    assert "tip.one" in everything
    assert "<strong>Release published</strong>" in everything
    assert "tip.one" not in bens


def test_people_have_roles_and_languages_and_no_email_addresses(client: Client) -> None:
    person = make.person("eva", "localisation-editor", locales=("en", "cy"))
    person.email = "eva@example.org"
    person.save()
    client.force_login(make.person("nora", "auditor"))

    page = text_of(client, reverse("admin:people"))

    assert "localisation editor" in page
    assert "English, Welsh" in page
    assert "eva@example.org" not in page


def test_an_inactive_account_is_signed_out_at_once(client: Client) -> None:
    person = make.person("eva")
    client.force_login(person)
    person.is_active = False
    person.save()

    assert client.get(reverse("admin:index")).status_code == 302


def test_a_page_that_does_not_exist_is_404_for_staff(client: Client) -> None:
    client.force_login(make.person("nora", "auditor"))

    for address in (
        "/console/tips/none/",
        "/console/services/none/",
        "/console/releases/1/",
        "/console/campaigns/1/",
        "/console/words/xx/",
    ):
        assert client.get(address).status_code == 404, address
        assert client.post(address, {"action": "approve"}).status_code in (400, 404), address
