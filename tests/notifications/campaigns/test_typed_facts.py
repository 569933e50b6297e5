"""What people type as a date, a time, an age or a school year becomes a token; every other number stays, and is refused."""

from __future__ import annotations

from datetime import date

import pytest

from notifications.campaigns import inserted_facts, typed_facts

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Watch at 06:00.", "Watch at {time:06-00}."),
        ("Watch at 20:30:15.", "Watch at {time:20-30-15}."),
        ("Watch at 8.30pm.", "Watch at {time:20-30}."),
        ("Watch at 8 pm, or at 12am.", "Watch at {time:20-00}, or at {time:00-00}."),
        ("Watch at 8.30 p.m. with us", "Watch at {time:20-30} with us"),
        ("On 25 February, with you.", "On {date:2027-02-25}, with you."),
        ("On Thursday 25 February.", "On {date:2027-02-25}."),
        ("On 3rd March 2028 we begin", "On {date:2028-03-03} we begin"),
        ("On 28 November it is today", "On {date:2026-11-28} it is today"),
        ("On 29 February", "On {date:2028-02-29}"),
        ("For ages 13 to 17.", "For ages {ages:13-17}."),
        ("For ages 13–17, and 13 - 15.", "For ages {ages:13-17}, and {ages:13-15}."),
        ("For under 16s and over-13s.", "For under {age:16}s and over-{age:13}s."),
        ("A 13-year-old, aged 13", "A {age:13}-year-old, aged {age:13}"),
        ("For Year 10 and Year 11.", "For {year:10} and {year:11}."),
        ("At 8.30pm on 25 February for 13 to 17.", "At {time:20-30} on {date:2027-02-25} for {ages:13-17}."),
    ],
)
def test_what_is_typed_in_english_becomes_a_token(typed: str, stored: str) -> None:
    assert typed_facts.insert(typed, "en", today=TODAY) == stored
    assert list(inserted_facts.faults(stored, "en", named_services=())) == []


@pytest.mark.parametrize(
    ("locale", "typed", "stored"),
    [
        ("cy", "Dydd Iau 25 Chwefror am 20:30", "{date:2027-02-25} am {time:20-30}"),
        ("de", "Am Donnerstag, 25. Februar 2027 um 20:30", "Am {date:2027-02-25} um {time:20-30}"),
        ("fr", "Le jeudi 25 février à 20:30", "Le {date:2027-02-25} à {time:20-30}"),
        ("ar", "يوم الخميس 25 فبراير الساعة 20:30", "يوم {date:2027-02-25} الساعة {time:20-30}"),
        ("cy", "Blwyddyn 10, 13–17 oed", "{year:10}, {ages:13-17} oed"),
    ],
)
def test_other_languages_are_read_in_their_own_words(locale: str, typed: str, stored: str) -> None:
    assert typed_facts.insert(typed, locale, today=TODAY) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "Call 0800 1111.",
        "Ring 11:11 now",
        "Call 13 to 17.",
        "+44 20 7946 0018",
        "Wait 13 to 17 minutes",
        "On Monday 25 February",
        "On 31 April",
        "At 25:00",
        "At 13.30pm",
        "1.5 hours",
        "08-11-17",
        "10:20:30:40",
        "Under 18, and over 24",
        "Ages 17 to 13",
        "Already {time:06-00} and {ages:13-17}",
        "No number",
    ],
)
def test_other_numbers_stay_as_they_were_typed(typed: str) -> None:
    assert typed_facts.insert(typed, "en", today=TODAY) == typed


def test_a_number_written_as_two_times_is_refused() -> None:
    stored = typed_facts.insert("Write to 08:08 16:17", "en", today=TODAY)

    assert stored == "Write to 08:08 16:17" or list(inserted_facts.faults(stored, "en", named_services=()))
