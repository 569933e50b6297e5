"""The filter of My work: what it lists, and that the page is never empty while something is to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.test import Client

from content.console.tip_work import tips_to_do
from content.console.work_filter import WAITING, WorkFilter
from content.models import Target, Unit
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
URL = "/console/work/?language=cy"


@pytest.fixture(autouse=True)
def tips() -> None:
    """Three tips: not translated, a draft of another person from NOON, and outdated."""
    make.world()
    make.tip("first-hour", order=1, approved=True)
    make.tip("hold-on", order=2, countries=["GB"], audiences=["parent"], texts={"title": "Hold on"}, approved=True)
    make.tip("later", order=3, countries=["IE"], texts={"title": "Next week"}, approved=True)
    for slug in ("hold-on", "later"):
        for unit in Unit.objects.filter(owner=f"tip:{slug}"):
            make.target(unit.key, "cy", f"Testun {unit.key.split('.')[2][:2]}", approved=slug == "later")
    author = make.person("author", "localisation-editor")
    Unit.objects.get(key="tip.later.short").revise(
        text="You can stop.", change="clarity", by=author, at=make.NOON, from_revision=1
    )


@pytest.fixture
def bo() -> User:
    return make.person("bo", "localisation-editor", "localisation-reviewer", locales=("en", "cy", "fr"))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["first-hour", "hold-on", "later"]),
        ("tip=HOLD", ["hold-on"]),
        ("country=GB", ["first-hour", "hold-on"]),
        ("country=ZZ", ["first-hour"]),
        ("audience=parent", ["hold-on"]),
        ("to_do=empty", ["first-hour"]),
        ("to_do=review", ["hold-on"]),
        ("to_do=outdated", ["later"]),
        ("to_do=withdrawn", []),
        ("country=IE&audience=teen", ["first-hour", "later"]),
        # What is not offered is no filter.
        ("country=XX&audience=x&to_do=x&waiting=x", ["first-hour", "hold-on", "later"]),
    ],
)
def test_a_filter_lists_the_tips_that_match(query: str, slugs: list[str], bo: User) -> None:
    chosen = WorkFilter.of(QueryDict(query), countries=["GB", "IE", "ZZ"])

    assert [work.tip.slug for work in tips_to_do(bo, "cy") if chosen.matches(work, make.NOON)] == slugs


@pytest.mark.parametrize("days", WAITING)
def test_the_oldest_text_says_for_how_long_a_tip_has_waited(days: str, bo: User) -> None:
    chosen = WorkFilter.of(QueryDict(f"waiting={days}"), countries=[])
    after = make.NOON + timedelta(days=int(days))
    works = tips_to_do(bo, "cy")

    assert [work.tip.slug for work in works if chosen.matches(work, after)] == ["hold-on", "later"]
    assert not [work for work in works if chosen.matches(work, after - timedelta(seconds=1))]


def test_the_page_says_how_many_tips_the_filter_leaves_out(client: Client, bo: User) -> None:
    client.force_login(bo)

    page = client.get(f"{URL}&country=GB&tip=hold").content.decode()
    assert "1 of 3 tips with something to do" in page
    assert "/console/tips/first-hour/cy/" not in page
    assert '<option value="GB" selected>United Kingdom</option>' in page
    # Another language is shown with the same filter.
    assert "?language=fr&amp;tip=hold&amp;country=GB" in page

    none = client.get(f"{URL}&to_do=withdrawn").content.decode()
    assert "No tip with something to do matches these filters." in none
    assert "0 of 3 tips with something to do" in none
    assert '<a href="?language=cy">Show all</a>' in none


def test_the_countries_are_those_of_the_release_and_its_readers_alone_are_counted(client: Client, bo: User) -> None:
    make.labels()
    make.emergency()
    make.service("gb-line")
    make.channel(make.service("zz-line", country="ZZ", channels=0), type="url")
    make.release()
    client.force_login(bo)

    found = client.get(f"{URL}&country=GB").context

    assert found["countries"] == [("GB", "United Kingdom"), ("ZZ", "Countries without services of their own")]
    # The sandbox serves drafts, so readers get the other tip of the country in Welsh.
    assert {work.tip.slug: fallback and fallback.text for work, _, fallback in found["rows"]} == {
        "first-hour": "English for the United Kingdom: teenagers",
        "hold-on": None,
    }
    assert "readers of Welsh in the United Kingdom get 1 tip in English" in client.get(f"{URL}&country=GB").content.decode()


def test_a_second_reader_finds_removals_and_outdated_texts_of_others(bo: User) -> None:
    rhys = make.person("rhys", "localisation-reviewer", locales=("cy",))
    target = Target.objects.get(unit__key="tip.hold-on.title", locale="cy")
    for other in Target.objects.filter(unit__owner="tip:hold-on").exclude(pk=target.pk):
        other.approve(by=make.checker(), at=make.NOON)
    assert [work.tip.slug for work in tips_to_do(rhys, "cy")] == ["hold-on", "later"]

    target.propose_removal(by=bo, at=make.NOON, from_revision=1)

    [first, outdated] = tips_to_do(rhys, "cy")
    assert (first.tip.slug, first.tag.text, first.next_action(rhys)) == ("hold-on", "1 to remove", "Review")
    assert (outdated.to_confirm, outdated.next_action(rhys)) == (1, "Review")
    assert [work.tip.slug for work in tips_to_do(bo, "cy") if work.to_remove] == []


def test_a_language_with_nothing_to_do_names_the_others(client: Client) -> None:
    client.force_login(make.person("rhys", "localisation-reviewer", locales=("cy", "fr")))

    page = client.get("/console/work/?language=fr").content.decode()

    assert "Nothing in French waits for you." in page
    assert "in Welsh</a>" in page
