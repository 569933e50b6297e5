"""Authors and approvers act on their own apps and countries; everybody reads everything, and may stop everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from core.errors import Forbidden
from core.models import User
from core.states import advance
from notifications.campaigns import approval, lifecycle
from notifications.campaigns.deciders import approvers_of
from notifications.campaigns.limits import OutsideLimits
from notifications.models import Brake, Campaign
from tests import make

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def limited(name: str, role: str, *, apps: list[str] | None = None, countries: list[str] | None = None) -> User:
    person = make.person(name, role)
    User.objects.filter(pk=person.pk).update(campaign_apps=apps or ["*"], campaign_countries=countries or ["*"])
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("apps", "countries", "acts"),
    [
        (["parent"], ["GB"], True),
        (["parent", "teen"], ["IE", "GB"], True),
        (["*"], ["GB"], True),
        (["teen"], ["*"], False),
        (["*"], ["IE"], False),
        ([], [], False),
    ],
)
def test_a_limit_includes_every_app_and_country_of_a_campaign(apps: list[str], countries: list[str], acts: bool) -> None:
    person = User(campaign_apps=apps, campaign_countries=countries)

    assert person.acts_on(["parent"], ["GB"]) is acts
    assert person.acts_on(["all"], ["all"]) is ("*" in apps and "*" in countries)
    assert person.acts_on([], [])


def test_an_approver_of_another_country_decides_nothing_about_a_campaign() -> None:
    campaign = make.campaign(state="submitted")
    of_ireland = limited("orla", "campaign-approver", countries=["IE"])
    acts: list[Callable[[], object]] = [
        lambda: lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=of_ireland, at=now()),
        lambda: lifecycle.send_back(campaign, by=of_ireland, at=now(), reason="x"),
        lambda: lifecycle.reject(campaign, by=of_ireland, at=now(), reason="x"),
    ]

    for act in acts:
        with pytest.raises(OutsideLimits, match="every app in Ireland only"):
            act()
    approval.confirm_text(campaign, "en", fingerprint=campaign.fingerprint, by=make.campaign_staff()[1], at=now())
    with pytest.raises(DatabaseError, match="people who act on its apps"), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(state="approved", approved_by=of_ireland, approved_at=now())
    assert Campaign.objects.get().state == "submitted"


def test_an_author_of_one_app_writes_for_no_other() -> None:
    make.campaign(state="draft")
    author = limited("tess", "campaign-author", apps=["teen"])
    make.app("teen", push_mode="topics")
    draft = Campaign.objects.get()
    acts: list[Callable[[], object]] = [
        lambda: lifecycle.draft(make.definition(), by=author, at=now()),
        lambda: lifecycle.edit(draft, make.definition(), by=author, at=now()),
        lambda: lifecycle.submit(draft, by=author, at=now()),
        lambda: lifecycle.delete_draft(draft, by=author, at=now()),
    ]

    for act in acts:
        with pytest.raises(OutsideLimits):
            act()
    assert Campaign.objects.count() == 1


def test_a_limited_person_stops_any_campaign_and_resumes_none_of_others() -> None:
    campaign = make.campaign()
    advance(campaign, "sending", by=User.objects.system(), at=now(), frozen_at=now(), started_at=now())
    of_ireland = limited("orla", "campaign-approver", countries=["IE"])

    lifecycle.pause(campaign, by=of_ireland, at=now())
    with pytest.raises(OutsideLimits):
        lifecycle.resume(campaign, by=of_ireland, at=now())
    lifecycle.stop(campaign, by=of_ireland, at=now())
    Brake.objects.stop_everything(by=of_ireland, at=now(), reason="x")
    with pytest.raises(Forbidden, match="every app and country"):
        Brake.objects.release_everything(by=of_ireland, at=now())

    assert Campaign.objects.get().state == "stopped"


def test_a_page_says_whose_decision_it_is(client: Client) -> None:
    campaign = make.campaign(state="submitted", name="Warning for Wales")
    client.force_login(limited("orla", "campaign-approver", countries=["IE"]))

    page = client.get(reverse("admin:campaign", args=[campaign.pk])).content.decode()
    today = client.get(reverse("admin:index")).content.decode()
    refused = client.post(
        reverse("admin:campaign-approve", args=[campaign.pk]),
        {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"},
    )

    assert "You act on campaigns of every app in Ireland only" in page
    assert "To approve: Warning for Wales" not in today
    assert refused.status_code == 403


@pytest.fixture
def waiting() -> Campaign:
    return make.campaign(state="submitted")


def test_people_who_are_away_cannot_approve_in_time(waiting: Campaign) -> None:
    until = now() + timedelta(hours=2)
    _, approver = make.campaign_staff()
    limited("orla", "campaign-approver", countries=["IE"])

    def names() -> list[str]:
        return [person.username for person in approvers_of(waiting, until=until)]

    assert names() == ["approver"]
    User.objects.filter(pk=approver.pk).update(away_until=(until + timedelta(days=2)).date())
    assert names() == []
    User.objects.filter(pk=approver.pk).update(away_until=(until - timedelta(days=2)).date())
    assert names() == ["approver"]
    User.objects.filter(pk=approver.pk).update(credentials_changed_at=now())
    assert names() == []


def test_a_page_warns_when_nobody_is_left_who_can_approve(client: Client, waiting: Campaign) -> None:
    author, approver = make.campaign_staff()
    client.force_login(author)
    page = reverse("admin:campaign", args=[waiting.pk])
    warning = "Nobody can approve this campaign before it starts."

    assert "Can approve it in time" in client.get(page).content.decode()
    User.objects.filter(pk=approver.pk).update(away_until=(now() + timedelta(days=30)).date())

    assert warning in client.get(page).content.decode()


@pytest.mark.parametrize(("days", "status"), [(10, 302), (0, 302), (-5, 400), (400, 400)])
def test_a_person_enters_an_absence_of_at_most_a_year(client: Client, days: int, status: int) -> None:
    nora = make.person("nora", "campaign-approver")
    client.force_login(nora)
    day = (now() + timedelta(days=days)).date()
    form: dict[str, Any] = {"action": "save", "time_zone": "Europe/London", "messages": [], "away_until": day.isoformat()}

    assert client.post(reverse("admin:my-settings"), form).status_code == status

    assert User.objects.get(pk=nora.pk).away_until == (day if status == 302 else None)
