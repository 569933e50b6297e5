"""Opening hours in the words of a locale."""

from __future__ import annotations

import pytest

from content.exporting.weekly_hours import babel_locale, hours_in_words


def words_for(hours: str, tag: str = "en", country: str = "GB", zone: str = "Europe/London") -> str | None:
    words = babel_locale(tag, country)
    assert words is not None
    return hours_in_words(hours, zone=zone, country=country, words=words)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ("Mo-Fr 08:00-22:00; Sa-Su 09:00-18:00", "Mon–Fri 08:00–22:00; Sat–Sun 09:00–18:00"),
        ("Mo-Su 08:00-24:00", "Mon–Sun 08:00–00:00"),
        ("Mo,We,Fr 09:00-14:00; Tu,Th 15:00-20:00", None),
        ("Mo-Fr 11:00-13:00,14:00-18:00", "Mon–Fri 11:00–13:00, 14:00–18:00"),
        ("Fr-Sa 20:00-02:00", "Fri–Sat 20:00–02:00"),
        ("Su 20:00-02:00", "Sun 20:00–02:00"),
        ("Mo-Fr 08:00-20:00; PH off", "Mon–Fri 08:00–20:00"),
    ],
)
def test_a_usual_week_is_written_by_days_with_equal_hours(hours: str, text: str | None) -> None:
    expected = text or "Mon 09:00–14:00; Tue 15:00–20:00; Wed 09:00–14:00; Thu 15:00–20:00; Fri 09:00–14:00"

    assert words_for(hours) == expected


@pytest.mark.parametrize(
    "hours", ["24/7", "Jan-Mar Mo-Fr 09:00-17:00", "off", "Mo-Fr 09:00", 'Mo-Fr 09:00-17:00 "by appointment"', "no hours"]
)
def test_hours_without_a_table_of_a_week_have_no_words(hours: str) -> None:
    assert words_for(hours) is None


def test_days_and_clock_follow_locale_and_country() -> None:
    hours = "Mo-Fr 09:00-17:00"

    # In this order: Babel once gave the names of the locale before to those that inherit theirs.
    assert words_for(hours, "ur", "PK", "Asia/Karachi") == "پیر–جمعہ 9:00 AM–5:00 PM"
    assert words_for(hours, "pt-BR", "BR", "America/Sao_Paulo") == "seg.–sex. 09:00–17:00 (São Paulo)"
    assert words_for(hours, "en", "US", "America/New_York") == "Mon–Fri 9:00\u00a0AM–5:00\u00a0PM (New York)"
    assert words_for(hours, "fr", "FR", "Europe/Paris") == "lun.–ven. 09:00–17:00"
