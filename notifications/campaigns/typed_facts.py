"""Dates, times of day, ages and school years that an author types into a text, replaced by the tokens that "Insert" writes.

People type "8.30pm on 25 February, for ages 13 to 17". Digits may not stand in a text, so each of these becomes a token
(`notifications.campaigns.inserted_facts`), which every language writes in its own way. What is not clearly one of them stays as
it was typed, and is refused with the other numbers: above all a number beside a word for calling or writing to somebody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Any

from content.linting.number_context import dialled_number_faults
from content.linting.numbers import numbers_in
from content.linting.tokens import TOKEN
from notifications.campaigns.inserted_facts import AGES, SCHOOL_YEARS, cldr_locale, year_phrase
from notifications.campaigns.texts import CampaignText

#: Numbers that may stay typed: the ages that a text may name anyway.
_ALLOWED = (18, 24)
_TIME = re.compile(r"(?<![\d:.])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?:\s?([ap])\.?m\b\.?)?(?![\d:]|[.,]\d)", re.IGNORECASE)
#: 8.30pm and 8pm: a dot alone could be a decimal.
_TIME_OF_HALF_DAY = re.compile(r"(?<![\d:.])(\d{1,2})(?:\.([0-5]\d))?\s?([ap])(?:m\b|\.m\.)", re.IGNORECASE)
_UNIT_AFTER = r"(?!\s*(?:%|per ?cent|seconds?\b|minutes?\b|hours?\b|days?\b|weeks?\b|months?\b))"
_ENGLISH_AGES = re.compile(
    rf"(?<![\d.,:/–-])(\d{{1,2}})(?: to |\s?[–-]\s?)(\d{{1,2}})(?![\d–-]|[.,:/]\d){_UNIT_AFTER}", re.IGNORECASE
)
_AGES = re.compile(r"(?<![\d.,:/–-])(\d{1,2})–(\d{1,2})(?![\d–-]|[.,:/]\d)")
_ENGLISH_AGE = (
    re.compile(rf"\b(?:aged?|under|over)[ -](\d{{1,2}})(?![\d.:/–-]|,\d){_UNIT_AFTER}", re.IGNORECASE),
    re.compile(r"(?<![\d.,:/–-])(\d{1,2})(?=[- ]years?[- ]olds?\b)", re.IGNORECASE),
)


@dataclass(frozen=True)
class _TypedFact:
    """A part of a text and the token that says the same."""

    start: int
    end: int
    token: str


def insert(text: str, locale: str, *, today: date) -> str:
    """Return the text with each typed date, time, age and school year replaced by its token.

    A date without a year is the next such day, counted from `today`.
    """
    kept = [match.span() for match in TOKEN.finditer(text)]
    dialled = dialled_number_faults(text, numbers_in(text), locale)
    kept += [(fault.start, fault.end) for fault in dialled if fault.start is not None and fault.end is not None]
    found: list[_TypedFact] = []
    for recognize in _RECOGNIZERS:
        for one in recognize(text, locale, today):
            if not any(one.start < end and start < one.end for start, end in (*kept, *((f.start, f.end) for f in found))):
                found.append(one)
    for one in sorted(found, key=lambda found: -found.start):
        text = f"{text[: one.start]}{one.token}{text[one.end :]}"
    return text


def insert_in_text(text: CampaignText, locale: str, *, today: date) -> CampaignText:
    """Return both parts of a text as `insert` returns each of its strings."""
    outer, inner = text["outer"], text["inner"]
    return {
        "outer": {"title": insert(outer["title"], locale, today=today), "body": insert(outer["body"], locale, today=today)},
        "inner": {"title": insert(inner["title"], locale, today=today), "body": insert(inner["body"], locale, today=today)},
    }


def _dates(text: str, locale: str, today: date) -> Iterator[_TypedFact]:
    """Find "25 February", "25th February 2027" and "Thursday 25 February" in the words of the locale."""
    months, weekdays = _month_numbers(locale), _weekday_numbers(locale)
    for match in _date_pattern(locale).finditer(text):
        month, number = months[match["month"].casefold()], int(match["day"])
        day = _day(number, month, int(match["year"])) if match["year"] else _next(number, month, today)
        if day is None or (match["weekday"] and weekdays[match["weekday"].casefold()] != day.weekday()):
            continue
        yield _TypedFact(*match.span(), f"{{date:{day}}}")


def _day(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next(day: int, month: int, today: date) -> date | None:
    """Return the next such day; None for one like 30 February. The 29th of February may be eight years away."""
    days = (_day(day, month, today.year + years) for years in range(9))
    return next((found for found in days if found is not None and found >= today), None)


def _times(text: str, locale: str, today: date) -> Iterator[_TypedFact]:
    for match in _TIME.finditer(text):
        yield from _time(match.span(), match[1], match[2], match[3], match[4])
    if _is_english(locale):
        for match in _TIME_OF_HALF_DAY.finditer(text):
            yield from _time(match.span(), match[1], match[2], None, match[3])


def _time(span: tuple[int, int], hour: str, minute: str | None, second: str | None, half: str | None) -> Iterator[_TypedFact]:
    number = int(hour)
    if half is not None:
        if not 1 <= number <= 12:
            return
        number = number % 12 + (12 if half.lower() == "p" else 0)
    if number <= 23:
        moment = time(number, int(minute or 0), int(second or 0))
        written = f"{moment:%H-%M-%S}" if second else f"{moment:%H-%M}"
        yield _TypedFact(*span, f"{{time:{written}}}")


def _ages(text: str, locale: str, today: date) -> Iterator[_TypedFact]:
    for match in (_ENGLISH_AGES if _is_english(locale) else _AGES).finditer(text):
        youngest, oldest = int(match[1]), int(match[2])
        if AGES[0] <= youngest < oldest <= AGES[1]:
            yield _TypedFact(*match.span(), f"{{ages:{youngest}-{oldest}}}")
    if _is_english(locale):
        for pattern in _ENGLISH_AGE:
            for match in pattern.finditer(text):
                age = int(match[1])
                if AGES[0] <= age <= AGES[1] and age not in _ALLOWED:
                    yield _TypedFact(*match.span(1), f"{{age:{age}}}")


def _school_years(text: str, locale: str, today: date) -> Iterator[_TypedFact]:
    phrase = year_phrase(locale)
    if phrase is None:
        return
    before, _, after = phrase.partition("{}")
    pattern = rf"(?<!\w){re.escape(before)}(\d{{1,2}})(?!\d|[.,:/–-]\d){re.escape(after)}"
    for match in re.finditer(pattern, text):
        if SCHOOL_YEARS[0] <= int(match[1]) <= SCHOOL_YEARS[1]:
            yield _TypedFact(*match.span(), f"{{year:{int(match[1])}}}")


#: In this order: what an earlier one has taken is not looked at again.
_RECOGNIZERS: tuple[Callable[[str, str, date], Iterable[_TypedFact]], ...] = (_dates, _times, _school_years, _ages)


@cache
def _date_pattern(locale: str) -> re.Pattern[str]:
    months, weekdays = (_one_of(names) for names in (_month_numbers(locale), _weekday_numbers(locale)))
    ordinal = "(?:st|nd|rd|th)?" if _is_english(locale) else r"\.?"
    return re.compile(
        rf"(?:(?<!\w)(?P<weekday>{weekdays}),?\s+)?(?<![\d.,:/–-])(?P<day>\d{{1,2}}){ordinal}\s+(?P<month>{months})(?!\w)"
        r"(?:,?\s+(?P<year>20\d{2})(?!\d|[.,:/–-]\d))?",
        re.IGNORECASE,
    )


def _one_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


@cache
def _month_numbers(locale: str) -> dict[str, int]:
    return {name.casefold(): number for names in _forms(cldr_locale(locale).months) for number, name in names}


@cache
def _weekday_numbers(locale: str) -> dict[str, int]:
    return {name.casefold(): number for names in _forms(cldr_locale(locale).days) for number, name in names}


def _forms(names: Any) -> Iterator[Iterable[tuple[int, str]]]:
    """Yield the names in full, inside a date and alone."""
    for context in ("format", "stand-alone"):
        yield names[context]["wide"].items()


def _is_english(locale: str) -> bool:
    return locale.partition("-")[0] == "en"
