"""Dates, times, ages, school years and services inside a text: written out for each locale, and never a telephone number."""

from __future__ import annotations

import pytest

from notifications.campaigns import inserted_facts, texts
from tests import make


@pytest.mark.parametrize(
    ("token", "locale", "country", "shown"),
    [
        ("{date:2026-12-01}", "en", "GB", "Tuesday 1 December"),
        ("{date:2026-12-01}", "en", "US", "Tuesday, December 1, 2026"),
        ("{date:2026-12-01}", "en", "", "Tuesday, 1 December 2026"),
        ("{date:2026-12-01}", "cy", "GB", "Dydd Mawrth, 1 Rhagfyr 2026"),
        ("{date:2026-12-01}", "ar", "", "الثلاثاء، 1 ديسمبر 2026"),
        ("{time:20-30}", "en", "GB", "20:30"),
        ("{time:20-30}", "en", "US", "8:30\u00a0PM"),
        ("{time:06-00-30}", "de", "", "06:00:30"),
        ("{age:13}", "ur", "", "13"),
        ("{ages:13-17}", "ar", "", "\u206613–17\u2069"),
        ("{year:10}", "en", "", "Year 10"),
        ("{year:10}", "cy", "GB", "Blwyddyn 10"),
        ("{service:gb-line}", "ar", "", "\u2066The line\u2069"),
    ],
)
def test_each_locale_writes_a_fact_in_its_own_way(token: str, locale: str, country: str, shown: str) -> None:
    assert inserted_facts.render(token, locale, named_services={"gb-line": "The line"}, country=country) == shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{date:2026-02-30}", "An inserted date does not exist."),
        ("{time:25-00}", "An inserted time does not exist."),
        ("{age:99}", "An inserted age is from 3 to 25."),
        ("{age:0800}", "An inserted age is from 3 to 25."),
        ("{ages:17-13}", "the first is the younger one"),
        ("{year:14}", "An inserted school year is from 1 to 13."),
        ("{service:no-such}", "names a service that does not exist"),
        ("{phone:1}", "Only dates, times, ages, school years and services can be inserted."),
        ("Call {age:11} {age:6} {age:12}.", "Two inserted numbers follow each other."),
        ("Call {age:11}-{time:11-11}.", "Two inserted numbers follow each other."),
    ],
)
def test_a_fact_that_cannot_be_is_refused(text: str, sentence: str) -> None:
    found = [fault.detail for fault in inserted_facts.faults(text, "en", named_services=())]

    assert any(sentence in detail for detail in found), found


def test_a_date_and_a_time_may_follow_each_other() -> None:
    assert list(inserted_facts.faults("On {date:2026-12-01}, {time:06-00}.", "en", named_services=())) == []


def test_a_school_year_is_refused_in_a_language_without_a_phrase() -> None:
    (fault,) = inserted_facts.faults("{year:10}", "ja", named_services=())

    assert fault.detail == "A school year cannot be written out in Japanese yet. Use ages there."


@pytest.mark.django_db
def test_the_name_of_a_service_is_frozen_with_the_campaign() -> None:
    words = make.definition()["messages"]["en"]
    campaign = make.campaign(
        state="submitted", messages={"en": {**words, "inner": {"title": "Help", "body": "Talk to {service:gb-line}."}}}
    )
    campaign.refresh_from_db()

    shown = texts.text(campaign, "en", "parent")["inner"]["body"]

    assert campaign.named_services == {"gb-line": "The gb-line service"}
    assert shown == "Talk to \u2066The gb-line service\u2069."
    assert "The gb-line service" in campaign.messages.earliest("pk").body
