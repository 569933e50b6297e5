"""My work: the tips of a person's languages by urgency, and what came back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content.console.my_work import languages_of, returned_to
from content.console.tip_work import tips_to_do
from content.models import Judgement, ReadingLink, Target, TextComment, Unit, UnsavedText
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
URL = "/console/work/"
_STAFF = ("localisation-editor", "localisation-reviewer")


@pytest.fixture(autouse=True)
def tips() -> None:
    make.world()
    make.tip("first-hour", order=20, approved=True)
    make.tip("hold-on", order=90, situations=["self-harm-risk"], approved=True)
    make.tip("later", order=200, countries=["GB"], approved=True)


@pytest.fixture
def eva(client: Client) -> User:
    made = make.person("eva", "localisation-editor", locales=("en", "cy", "fr"))
    client.force_login(made)
    return made


def slugs(user: User, locale: str = "cy") -> list[str]:
    return [work.tip.slug for work in tips_to_do(user, locale)]


def translate(slug: str, locale: str = "cy", *, approved: bool = False) -> None:
    for unit in Unit.objects.filter(owner=f"tip:{slug}"):
        make.target(unit.key, locale, "Testun", approved=approved)


def test_what_safety_took_away_comes_first_then_crisis_tips_then_the_order(eva: User) -> None:
    assert slugs(eva) == ["hold-on", "first-hour", "later"]
    translate("first-hour", approved=True)
    Unit.objects.get(key="tip.first-hour.title").revise(text="Stop", change="safety", by=eva, at=make.NOON, from_revision=1)

    assert slugs(eva) == ["first-hour", "hold-on", "later"]
    assert tips_to_do(eva, "cy")[0].tag.text == "1 withdrawn for safety"


def test_a_tip_that_is_approved_is_not_listed(eva: User) -> None:
    translate("hold-on", approved=True)

    assert slugs(eva) == ["first-hour", "later"]
    assert slugs(eva, "fr") == ["hold-on", "first-hour", "later"]


def test_a_reviewer_has_the_drafts_of_others_alone() -> None:
    rhys = make.person("rhys", "localisation-reviewer", locales=("cy",))
    assert slugs(rhys) == []

    translate("first-hour")

    [work] = tips_to_do(rhys, "cy")
    assert (work.tip.slug, work.next_action(rhys), work.to_review) == ("first-hour", "Review", 4)


def test_the_page_names_languages_and_the_next_act(client: Client, eva: User) -> None:
    page = client.get(f"{URL}?language=cy").content.decode()

    assert [locale.pk for locale, _ in languages_of(eva)] == ["fr", "cy"]
    assert reverse("admin:tip-translation", args=["hold-on", "cy"]) in page
    assert "Translate<span" in page
    assert reverse("admin:tip-translation", args=["hold-on", "fr"]) in client.get(f"{URL}?language=fr").content.decode()


def test_texts_of_no_tip_are_listed_while_there_are_any_to_do(client: Client, eva: User) -> None:
    for slug in ("first-hour", "hold-on", "later"):
        translate(slug, approved=True)
    make.unit("why.free", "It is free.")

    page = client.get(f"{URL}?language=cy").content.decode()

    assert "1 not translated" in page
    assert "Every text in Welsh is approved." not in page


def test_what_came_back_to_a_writer(client: Client, eva: User) -> None:
    unit = Unit.objects.get(key="tip.first-hour.title")
    target = Target.objects.of(unit, "cy")
    target.write(text="Stopiwch", by=eva, at=make.NOON, from_revision=0)
    other = make.person("bo", "localisation-editor")
    TextComment.objects.write(unit=unit, locale="cy", text="Too formal?", by=other, at=make.NOON)
    TextComment.objects.write(unit=unit, locale="fr", text="Not about a text of this person", by=other, at=make.NOON)
    target.propose_removal(by=other, at=make.NOON, from_revision=1)
    UnsavedText.objects.keep(
        person=eva, unit=unit, locale="fr", text="Arr", stored="", from_revision=0, source_revision=1, at=make.NOON
    )

    assert [row.text for row in returned_to(eva)] == ["Comment by bo", "Removal proposed", "Not saved"]
    page = client.get(URL).content.decode()
    assert "Too formal?" in page
    assert "Not about a text of this person" not in page


def test_what_outside_readers_say_comes_back_to_the_editors_of_their_language(client: Client, eva: User) -> None:
    translate("first-hour")
    unit = Unit.objects.get(key="tip.first-hour.title")
    link = ReadingLink.objects.issue(
        locale="cy", units=[unit.pk], reader="A teacher", days=14, counts=False, by=make.person("lena", *_STAFF), at=make.NOON
    )
    said: dict[str, Any] = {"unit": unit.pk, "revision": 1, "source_revision": 0, "at": make.NOON}
    Judgement.objects.record(link, verdict="wrong", note="It says stop twice.", **said)

    page = client.get(URL).content.decode()
    [row] = returned_to(eva)

    assert (row.text, row.detail) == ("Outside reader: wrong", "It says stop twice.")
    assert row.link.url == f"{reverse('admin:reading-links', args=['cy'])}#text-{Judgement.objects.get().pk}"
    assert "It says stop twice." in page
    assert f'id="text-{Judgement.objects.get().pk}"' in client.get(row.link.url).content.decode()
    for other in (make.person("finn", *_STAFF, locales=("en", "fr")), make.person("asta", "assurer")):
        assert returned_to(other) == []
    Judgement.objects.get().deal_with(by=eva, at=make.NOON)
    assert returned_to(eva) == []


def test_tips_that_only_other_countries_read_are_left_out(eva: User) -> None:
    User.objects.filter(pk=eva.pk).update(content_countries=["FR"])

    assert slugs(User.objects.get(pk=eva.pk)) == ["hold-on", "first-hour"]


def test_today_shows_the_first_language_to_people_who_write_texts(client: Client, eva: User) -> None:
    assert reverse("admin:tip-translation", args=["hold-on", "cy"]) in client.get("/console/").content.decode()

    client.force_login(make.person("asta", "assurer"))
    assert "/tips/hold-on/cy/" not in client.get("/console/").content.decode()


def test_today_goes_on_to_the_next_language_where_the_first_one_is_done(client: Client, eva: User) -> None:
    for slug in ("hold-on", "first-hour", "later"):
        translate(slug, approved=True)
    page = client.get("/console/").content.decode()
    assert reverse("admin:tip-translation", args=["hold-on", "fr"]) in page

    for slug in ("hold-on", "first-hour", "later"):
        translate(slug, "fr", approved=True)
    assert "waits for you." in client.get("/console/").content.decode()


def test_today_shows_a_person_of_every_language_where_most_is_to_do(client: Client) -> None:
    for slug in ("hold-on", "first-hour"):
        translate(slug, "fr", approved=True)
    client.force_login(make.person("omar", "localisation-editor"))

    assert "/console/tips/hold-on/" in client.get("/console/").content.decode()


def test_more_tips_and_languages_need_no_more_queries(client: Client, eva: User) -> None:
    client.get(URL)
    few = queries(client)
    for number, name in enumerate("abcdefgh"):
        make.tip(f"tip-{name}", order=number)
        translate(f"tip-{name}")
    eva.locales = ["en", "cy", "fr", "ar", "bn", "hi"]
    eva.save()

    assert queries(client) <= few


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{URL}?language=cy").status_code == 200
    return len(captured)
