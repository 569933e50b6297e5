"""Length by surface, reading age, the age of readers, and what a lock screen may show."""

from __future__ import annotations

import pytest

from content.linting.fault import Strength
from content.linting.length import Surface, length_faults, reader_length, surface_of
from content.linting.lock_screen import lock_screen_faults
from content.linting.reader_age import reader_age_faults
from content.linting.reading_age import MEASURED, reading_age, reading_faults
from content.linting.term_list import checked_locales
from content.linting.tokens import without_tokens
from tests.content.importing.words import LOCALES, all_items, source_units, targets, units_of
from tools.sandbox.demo_campaign import TEXTS

HARD = (
    "Notwithstanding considerations regarding confidentiality, organisations occasionally communicate identifying information "
    "concerning individuals experiencing exploitation to appropriately authorised investigative institutions internationally, "
    "particularly whenever especially comprehensive assessments demonstrate significant continuing vulnerability and dependency."
)


def test_every_shipped_unit_has_a_surface_and_fits_it() -> None:
    refused = [
        (locale, key)
        for locale in ["en", *LOCALES]
        for key, text in (source_units() if locale == "en" else targets(locale)).items()
        if any(fault.refuses for fault in length_faults(without_tokens(text), surface_of(key) or Surface.LABEL, locale))
    ]

    assert [key for key in source_units() if surface_of(key) is None] == []
    assert refused == []


@pytest.mark.parametrize(
    ("key", "surface"),
    [
        ("tip.first-hour.title", Surface.TITLE),
        ("tip.first-hour.short-title", Surface.SHORT_TITLE),
        ("tip.first-hour.do-not.2", Surface.STEP),
        ("tip.first-hour.more", Surface.MORE),
        ("why.free", Surface.SENTENCE),
        ("channel.gb-line.1.label", Surface.LABEL),
        ("channel.gb-line.1.steps", Surface.SERVICE_TEXT),
        ("service.gb-line.purpose", Surface.SERVICE_TEXT),
        ("elsewhere", None),
        ("tip.first-hour", None),
    ],
)
def test_the_key_of_a_unit_says_where_it_is_shown(key: str, surface: Surface | None) -> None:
    assert surface_of(key) == surface


def test_a_long_title_is_warned_of_and_an_absurd_one_refused() -> None:
    def strengths(length: int, locale: str = "en") -> list[Strength]:
        return [fault.strength for fault in length_faults("a" * length, Surface.TITLE, locale)]

    assert strengths(70) == []
    assert strengths(71) == [Strength.WARN]
    assert strengths(200) == [Strength.WARN]
    assert strengths(5900) == [Strength.REFUSE]
    assert strengths(91, "de") == []
    assert strengths(92, "de") == [Strength.WARN]
    assert strengths(92, "pt-BR") == [Strength.WARN]


def test_marks_and_joiners_are_counted_with_their_letter() -> None:
    assert reader_length("क्षि") == 2
    assert reader_length("e\u0301") == 1
    assert reader_length("می\u200cروم") == 5


def test_short_plain_sentences_are_easy_and_long_words_are_not() -> None:
    easy = "Stop answering. Tell one adult you trust. You are not to blame. " * 4

    assert (reading_age(easy, "en") or 99) < 10
    assert (reading_age(HARD, "en") or 0) > 18
    assert reading_faults(easy, "en", ["teen"]) == []
    [fault] = reading_faults(HARD, "en", ["parent"])
    assert (fault.code, fault.strength) == ("reading-age", Strength.WARN)
    assert "for adults it is 15" in fault.detail


def test_young_readers_have_the_lower_limit() -> None:
    # Grade 9: fit for adults, too hard for teens.
    text = (
        "Tell the company that moved the money on the same day, because it can sometimes cancel a payment before it arrives. "
        "Write down the account details and every message that the person sent to you while you were talking."
    )

    assert [fault.detail.split(";")[1].split(" it is")[0] for fault in reading_faults(text, "en", ["teen"])] == [
        " for young people"
    ]
    assert reading_faults(text, "en", ["parent", "educator"]) == []


def test_a_few_words_and_other_languages_are_not_measured() -> None:
    assert reading_age("Notwithstanding considerations.", "en") is None
    assert reading_age("दूर रहें। " * 40, "hi") is None
    assert {"en", "de", "es", "fr", "it", "nl", "pl", "pt", "tr"} == MEASURED


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "it", "nl", "pl", "pt-BR", "tr"])
def test_the_age_of_shipped_tips_is_plausible(locale: str) -> None:
    texts = source_units() if locale == "en" else targets(locale)
    ages = [
        reading_age("\n".join(without_tokens(texts[key]) for key in units_of(item)), locale)
        for item in all_items()
        if units_of(item).keys() <= texts.keys()
    ]

    assert all(age is not None and 5 < age < 18 for age in ages)


@pytest.mark.parametrize(
    "text",
    [
        "Say that you are under 18.",
        "If you are under eighteen, use it.",
        "Say: I’m 15 and I am under 16.",
        "Say that your child is under 18.",
        "The young person is still under the age of 18.",
    ],
)
def test_the_age_of_a_reader_needs_a_tip_with_ages(text: str) -> None:
    [fault] = reader_age_faults(text, has_ages=False)

    assert fault.refuses
    assert text[fault.start : fault.end] in fault.detail
    assert reader_age_faults(text, has_ages=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "Never copy a sexual picture of anyone under 18.",
        "It is for anyone who was under 18 in the picture.",
        "Anyone under 18 can talk to them.",
        "Within 48 hours.",
    ],
)
def test_the_age_of_others_says_nothing_about_the_reader(text: str) -> None:
    assert reader_age_faults(text, has_ages=False) == []


def test_every_shipped_tip_that_names_its_readers_age_has_ages() -> None:
    wrong = [
        key
        for item in all_items()
        for key, text in units_of(item).items()
        if reader_age_faults(text, has_ages=item.get("min_age") is not None or item.get("max_age") is not None)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("Advice on nude pictures", "en"),
        ("Has somebody blackmailed you?", "en"),
        ("Wenn dich jemand erpresst", "de"),
        ("Si vous pensez au suicide", "fr"),
        ("यौन शोषण पर सलाह", "hi"),
        ("نصائح عن الابتزاز", "ar"),
        ("性的な画像について", "ja"),
        ("คำแนะนำเรื่องภาพโป๊", "th"),
        ("성적인 사진에 대한 조언", "ko"),
    ],
)
def test_a_telling_lock_screen_is_refused(text: str, locale: str) -> None:
    [fault] = lock_screen_faults(text, locale)

    assert (fault.code, fault.refuses) == ("lock-screen", True)
    assert text[fault.start : fault.end] in fault.detail


def test_a_neutral_lock_screen_is_accepted_in_every_language() -> None:
    for locale, (title, body, *_) in TEXTS.items():
        assert lock_screen_faults(title, locale) + lock_screen_faults(body, locale) == [], locale
    assert lock_screen_faults("Essex news: the group meets in the threatre", "en") == []
    assert set(TEXTS) <= checked_locales()
