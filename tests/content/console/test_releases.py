"""Releases in the console: one person compiles, another publishes, and both see the report and the changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.console.served_languages import served_tips
from content.models import Locale, PackCoverage, Release, Unit
from core import tokens
from core.models import User
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
    client.force_login(make.person("nora", "auditor"))

    answer = client.get(page(candidate.number))
    differences = answer.context["differences"]

    assert len(differences["changed"]) == candidate.release_packs.count()
    assert (differences["added"], differences["removed"], differences["same"]) == ([], [], 0)
    assert "Emergency number never checked" in answer.content.decode()


def test_a_blocked_pack_is_named(client: Client) -> None:
    make.service("nz-line", country="NZ")
    candidate = make.release(publish=False)
    client.force_login(make.person("nora", "auditor"))

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


# What changes, in words.


@pytest.fixture
def pol(client: Client) -> User:
    made = make.person("pol", "publisher")
    client.force_login(made)
    return made


def reworded() -> Release:
    """Publish a release, and return a candidate with another title and without a tip."""
    make.tip("hold-on")
    make.release()
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text="Stop, then breathe", change="cosmetic", by=User.objects.system(), at=timezone.now(), from_revision=1)
    Unit.objects.filter(key="tip.hold-on.title").update(owner="nothing")
    return make.release(publish=False)


def test_what_goes_is_ticked_by_the_publisher_before_publishing(client: Client, pol: User) -> None:
    candidate = reworded()
    shown = client.get(page(candidate.number))
    [effect] = shown.context["effects"]
    data = {"action": "publish", "digest": shown.context["digest"]}

    refused = client.post(page(candidate.number), data)
    other = client.post(page(candidate.number), data | {"digest": "0" * 64, "effect": effect.pk})
    published = client.post(page(candidate.number), data | {"effect": effect.pk})

    assert (effect.heading, effect.name) == ("Tip removed", "Stop and breathe")
    assert refused.status_code == 409
    assert "Confirm first what this release takes away" in refused.content.decode()
    assert other.status_code == 400
    assert f'value="{effect.pk}" checked' in other.content.decode()
    assert published.status_code == 302
    assert Release.objects.current() == candidate


def test_changes_are_shown_with_word_diffs_by_language(client: Client, pol: User) -> None:
    candidate = reworded()

    html = client.get(reverse("admin:release-changes", args=[candidate.number])).content.decode()
    welsh = client.get(reverse("admin:release-changes", args=[candidate.number]) + "?locale=cy&kind=tip")

    assert "<del>and</del><ins>then</ins>" in html
    assert {item.change.locale for item in welsh.context["items"]} == {"cy"}
    assert {item.act for item in welsh.context["items"]} == {"changed", "gone"}


def test_coverage_counts_what_readers_get_after_fallback(client: Client, pol: User) -> None:
    for part in ("title", "short", "do-now.1", "do-not.1"):
        make.target(f"tip.first-hour.{part}", "cy", f"Testun {part.partition('.')[0]}")
    candidate = make.release(publish=False)

    rows = client.get(reverse("admin:release-coverage", args=[candidate.number])).context["rows"]

    numbers = {row.locale: (row.own, row.variant, row.other, row.missing) for row in rows}
    assert (numbers["en"], numbers["cy"], numbers["ar"]) == ((1, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 0))


def test_a_tip_that_readers_get_in_english_is_named_by_country_and_audience(client: Client, pol: User) -> None:
    for part in ("title", "short", "do-now.1", "do-not.1"):
        make.target(f"tip.first-hour.{part}", "cy", f"Testun {part.partition('.')[0]}")
    make.release()
    client.force_login(make.person("eva", "localisation-editor", locales=("en", "ar", "cy")))

    arabic, welsh = served_tips("ar"), served_tips("cy")
    fallback = arabic.fallbacks["first-hour"]

    assert (welsh.fallbacks, welsh.is_counted) == ({}, True)
    assert {"GB", "ZZ"} <= fallback.countries
    assert fallback.audiences == {"teen"}
    for path in (reverse("admin:tips") + "?locale=ar", reverse("admin:my-work") + "?language=ar"):
        html = client.get(path).content.decode()
        assert "get 1 tip in English" in html, path
        assert fallback.text in html, path
    assert "get every tip in their language" in client.get(reverse("admin:tips") + "?locale=cy").content.decode()
    counts = {row["locale"].pk: row["fallbacks"] for row in client.get(reverse("admin:translations")).context["rows"]}
    assert (counts["ar"], counts["cy"]) == (1, 0)


def test_packs_that_were_counted_before_tips_were_named_are_counted_again(client: Client, pol: User) -> None:
    release = make.release()
    PackCoverage.objects.update(other_tips=None)
    assert not served_tips("ar").is_counted
    assert "the next release is counted" in client.get(reverse("admin:tips") + "?locale=ar").content.decode()

    PackCoverage.objects.count_release(release)

    assert served_tips("ar").fallbacks["first-hour"].audiences


def test_the_preview_shows_the_pack_in_its_language_and_direction(client: Client, pol: User) -> None:
    for part in ("title", "short", "do-now.1", "do-not.1"):
        make.target(f"tip.first-hour.{part}", "ar", "نص عربي")
    candidate = make.release(publish=False)
    path = reverse("admin:release-preview", args=[candidate.number])

    html = client.get(path + "?country=GB&locale=ar&situation=blackmail&audience=teen&age=15").content.decode()
    client.logout()

    assert '<article lang="ar" dir="rtl">' in html
    assert "0800 1111" in html
    assert client.get(path).status_code == 302


def test_a_finding_leads_to_where_it_is_mended(client: Client, pol: User) -> None:
    candidate = make.release(publish=False)

    html = client.get(page(candidate.number)).content.decode()

    assert f'href="{reverse("admin:channel", args=["gb-emergency", 1])}"' in html


def test_a_release_of_some_languages_says_that_numbers_elsewhere_stay(client: Client, pol: User) -> None:
    make.release()
    make.channel(make.Service.objects.get(pk="gb-line"), dial="0808 800 5000", address="+448088005000")

    answer = client.post(reverse("admin:releases"), {"action": "compile", "locales": ["cy"]})
    html = client.get(answer["Location"]).content.decode()

    assert "numbers in other languages stay as they are" in html


def test_a_time_is_set_and_cancelled(client: Client, pol: User) -> None:
    candidate = make.release(publish=False)
    at = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    none = client.post(page(candidate.number), {"action": "schedule", "publish_at": ""})
    client.post(page(candidate.number), {"action": "schedule", "publish_at": at})
    waiting = client.get(page(candidate.number)).content.decode()
    client.post(page(candidate.number), {"action": "cancel-schedule"})

    assert none.status_code == 400
    assert "pol has approved this release to be published on" in waiting
    assert [row.state for row in candidate.schedules.all()] == ["cancelled"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2027-03-28T01:30", "this time does not exist: the clocks go forward"),
        ("2027-10-31T01:30", "this time comes twice that night"),
        ("", "enter a date and a time."),
        ("2020-01-01T12:00", "Enter a time within the next 14 days."),
    ],
)
def test_a_time_that_cannot_be_is_refused_on_its_field(client: Client, pol: User, typed: str, said: str) -> None:
    candidate = make.release(publish=False)
    User.objects.filter(pk=pol.pk).update(time_zone="Europe/London")

    answer = client.post(page(candidate.number), {"action": "schedule", "publish_at": typed})

    html = answer.content.decode()
    assert answer.status_code == 400
    assert said in html.partition('<ul class="errorlist" id="publish-at-fault">')[2].partition("</ul>")[0]
    assert f'value="{typed}" aria-invalid="true" aria-describedby="publish-at-fault"' in html
    assert not candidate.schedules.exists()


def test_a_service_is_withdrawn_after_both_texts_were_shown(client: Client, pol: User) -> None:
    make.service("gb-wrong", name="Help & Talk")
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-wrong}."})
    make.release()
    path = reverse("admin:withdrawal", args=["gb-wrong"])
    before = client.get(path)

    stale = client.post(path, {"action": "withdraw", "base": "1"})
    done = client.post(path, {"action": "withdraw", "base": before.context["base"]})

    html = before.content.decode()
    assert "Help &amp; Talk" in html
    assert "The gb-line service" in html
    assert stale.status_code == 409
    assert done.status_code == 302
    assert Release.objects.current().reason == "withdrawal"
    assert "Help &amp; Talk" in client.get(reverse("admin:withdrawals")).content.decode()


def test_an_emergency_service_and_putting_back_take_a_second_person_with_a_token(client: Client, pol: User) -> None:
    make.service("gb-wrong")
    make.release()
    second = make.person("sue", "publisher")
    client.post(reverse("admin:withdrawal", args=["gb-wrong"]), {"action": "withdraw", "base": Release.objects.current().number})
    data = {"action": "put-back", "service": "gb-wrong", "second": "sue"}

    alone = client.post(reverse("admin:withdrawals"), {"action": "put-back", "service": "gb-wrong"})
    forged = client.post(reverse("admin:withdrawals"), data | {"second_token": "x"})
    both = client.post(reverse("admin:withdrawals"), data | {"second_token": tokens.issue(second)})
    emergency = client.get(reverse("admin:withdrawal", args=["gb-emergency"])).content.decode()

    assert (alone.status_code, forged.status_code, both.status_code) == (400, 403, 302)
    assert "without an emergency number" in emergency


def test_a_tip_is_withdrawn_and_put_back_by_two(client: Client, pol: User) -> None:
    make.tip("ask", texts={"title": "Ask somebody"})
    make.release()
    path = reverse("admin:tip-withdrawal", args=["ask"])
    before = client.get(path)
    second = tokens.issue(make.person("sue", "publisher"))

    done = client.post(path, {"action": "withdraw", "base": before.context["base"]})
    data = {"action": "put-back-tip", "tip": "ask", "second": "sue", "second_token": second}
    listed = client.get(reverse("admin:withdrawals")).content.decode()
    back = client.post(reverse("admin:withdrawals"), data)

    assert [(item.act, item.change.name) for item in before.context["items"]] == [("gone", "Ask somebody")]
    assert done.status_code == 302
    assert "Ask somebody" in listed
    assert back.status_code == 302
