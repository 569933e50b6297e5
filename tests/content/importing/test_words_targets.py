"""The draft translations that ship with Fingerpost: whole items only, with the tokens and numbers of their source."""

import re
import unicodedata

import langcodes
import pytest
from babel.languages import get_official_languages

from tests.content.importing.words import (
    FACTS,
    FIRST_HOUR,
    LOCALES,
    MOST_URGENT,
    NOTICES,
    TOKEN,
    VARIANTS,
    WIDE,
    all_items,
    keys_of,
    numbers_in,
    source_units,
    speaks_of_death,
    targets,
    units_of,
    words,
)

SCRIPT = {
    "hi": "DEVANAGARI",
    "mr": "DEVANAGARI",
    "ar": "ARABIC",
    "ur": "ARABIC",
    "bn": "BENGALI",
    "gu": "GUJARATI",
    "ml": "MALAYALAM",
    "ne": "DEVANAGARI",
    "si": "SINHALA",
    "th": "THAI",
    "ja": "HIRAGANA|KATAKANA|CJK",
    "ko": "HANGUL",
}


def test_there_is_a_file_for_each_target_locale_and_no_other() -> None:
    assert {path.stem for path in (FACTS / "targets").glob("*.yaml")} == {*LOCALES, *VARIANTS}


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_targets_belong_to_existing_units(locale: str) -> None:
    assert set(targets(locale)) - set(source_units()) == set()
    assert all(isinstance(text, str) and text.strip() for text in targets(locale).values())


@pytest.mark.parametrize("locale", LOCALES)
def test_targets_hold_every_label_and_every_crisis_text(locale: str) -> None:
    slugs = FIRST_HOUR if locale in WIDE else MOST_URGENT
    slugs = [*slugs, *where_to_turn()]
    held = set(targets(locale))

    assert set(words()["labels"]) | keys_of(MOST_URGENT + NOTICES) <= held
    assert held <= set(words()["labels"]) | keys_of(slugs + NOTICES)


def where_to_turn() -> dict[str, str]:
    """Return the tip on where to turn in a country, by slug, with the country."""
    return {item["slug"]: item["countries"][0] for item in all_items() if item["slug"].startswith("where-first-")}


def test_where_to_turn_is_said_in_the_languages_of_the_country() -> None:
    missing = [
        (slug, locale)
        for slug, country in where_to_turn().items()
        for locale in LOCALES
        if langcodes.get(locale).language in get_official_languages(country, de_facto=True)
        and f"tip.{slug}.title" not in targets(locale)
    ]

    assert missing == []


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_a_tip_is_translated_whole_or_not_at_all(locale: str) -> None:
    held = set(targets(locale))

    of_items = {item["slug"]: set(units_of(item)) for item in all_items()}
    begun = {slug: units for slug, units in of_items.items() if held & units}

    assert begun
    assert {slug: units - held for slug, units in begun.items() if units - held} == {}


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_targets_keep_the_tokens_of_their_source(locale: str) -> None:
    source = source_units()
    wrong = [
        key
        for key, text in targets(locale).items()
        if sorted(TOKEN.findall(text)) != sorted(TOKEN.findall(source[key]))
        or len(re.findall("[{}]", text)) != 2 * len(TOKEN.findall(text))
    ]

    assert wrong == []


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_targets_keep_the_numbers_and_paragraphs_of_their_source(locale: str) -> None:
    source = source_units()

    for key, text in targets(locale).items():
        assert numbers_in(text) == numbers_in(source[key]), key
        assert text.count("\n\n") == source[key].count("\n\n"), key


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_targets_are_normalised_text_without_hidden_direction_marks(locale: str) -> None:
    for key, text in targets(locale).items():
        assert unicodedata.is_normalized("NFC", text), key
        # Zero-width joiners belong to Indic and Arabic spelling; the rest could reverse a line.
        hidden = [c for c in text if unicodedata.category(c) == "Cf" and c not in "\u200c\u200d"]
        assert hidden == [], key


@pytest.mark.parametrize("locale", [*LOCALES, *VARIANTS])
def test_targets_differ_from_their_source(locale: str) -> None:
    source = source_units()

    assert [key for key, text in targets(locale).items() if text == source[key]] == []


@pytest.mark.parametrize("locale", VARIANTS)
def test_a_variant_has_only_items_that_differ_from_the_broader_locale(locale: str) -> None:
    own, broader = targets(locale), targets(VARIANTS[locale])
    same = {key for key, text in own.items() if text == broader.get(key)}

    assert same < set(own) <= set(broader)
    assert not {key for key in same if not key.startswith("tip.")}
    begun = {item["slug"]: set(units_of(item)) for item in all_items() if set(units_of(item)) & set(own)}
    assert begun
    assert [slug for slug, units in begun.items() if units <= same] == []


@pytest.mark.parametrize("locale", sorted(SCRIPT))
def test_targets_are_written_in_their_own_script(locale: str) -> None:
    for key, text in targets(locale).items():
        letters = [c for c in TOKEN.sub("", text) if c.isalpha()]
        own = sum(bool(re.search(SCRIPT[locale], unicodedata.name(c))) for c in letters)
        # "AI" and the name of a file type may stay Latin; a sentence may not.
        assert own >= 0.9 * len(letters) or len(letters) - own <= 2, key


@pytest.mark.parametrize("locale", LOCALES)
def test_words_for_death_are_recognised(locale: str) -> None:
    # The drafts for parents name dying and suicide; the texts for teens must not.
    assert speaks_of_death(locale, targets(locale)["tip.stay-close.short"])
    assert speaks_of_death(locale, targets(locale)["tip.stay-close.more"])
