"""Releases in the console: one person compiles, another publishes, and both see the report and the changes."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.models import Locale, Release, Unit
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def content() -> None:
    make.small_content()


def page(number: int) -> str:
    return reverse("admin:release", args=[number])


def test_one_person_compiles_and_another_publishes(client: Client) -> None:
    client.force_login(make.person("pia", "publisher"))
    compiled = client.post(reverse("admin:releases"), {"action": "compile"})
    release = Release.objects.get()
    own = client.post(page(release.number), {"action": "publish"})
    shown = client.get(page(release.number)).content.decode()

    client.force_login(make.person("pol", "publisher"))
    client.post(page(release.number), {"action": "publish"})
    release.refresh_from_db()

    assert compiled["Location"] == page(release.number)
    assert own.status_code == 403
    assert "You compiled this release" in shown
    assert (release.state, release.published_by and release.published_by.username) == ("published", "pol")


def test_the_page_groups_findings_and_counts_the_changed_packs(client: Client) -> None:
    make.release()
    by = make.person("eva", "localisation-editor")
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text="Stop, then breathe", change="cosmetic", by=by, at=timezone.now(), from_revision=1)
    candidate = make.release(publish=False)
    client.force_login(make.person("nora"))

    answer = client.get(page(candidate.number))
    differences = answer.context["differences"]

    assert len(differences["changed"]) == candidate.release_packs.count()
    assert (differences["added"], differences["removed"], differences["same"]) == ([], [], 0)
    assert "Emergency number never checked" in answer.content.decode()


def test_a_blocked_pack_is_named(client: Client) -> None:
    make.service("nz-line", country="NZ")
    candidate = make.release(publish=False)
    client.force_login(make.person("nora"))

    html = client.get(page(candidate.number)).content.decode()

    assert f"{Locale.objects.count()} packs are blocked." in html
    assert "New Zealand: Welsh" in html
    assert "No emergency number" in html


def test_rolling_back_makes_a_candidate_with_the_same_packs(client: Client) -> None:
    first, second = make.release(), make.release()
    client.force_login(make.person("pia", "publisher"))

    answer = client.post(page(first.number), {"action": "roll-back"})
    candidate = Release.objects.order_by("-number").first()

    assert candidate is not None
    assert answer["Location"] == page(candidate.number)
    assert (candidate.restores, candidate.state) == (first, "candidate")
    assert second.state == "published"


def test_a_discarded_candidate_cannot_be_published(client: Client) -> None:
    candidate = make.release(publish=False)
    client.force_login(make.person("pia", "publisher"))

    client.post(page(candidate.number), {"action": "discard"})

    assert client.post(page(candidate.number), {"action": "publish"}).status_code == 409
    assert Release.objects.get().state == "discarded"
