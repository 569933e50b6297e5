"""Blame, given-up terms, keeping a picture and texting an emergency number are refused in every locale; the opposite is not."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from content.linting.fault import Strength
from content.linting.term_list import (
    TERMS_DIR,
    TermsRefused,
    checked_locales,
    is_checked,
    read_term_file,
    term_list,
)
from content.linting.text import normalize_text, text_faults
from content.linting.wording import wording_faults
from tests.content.importing.words import FACTS, LOCALES, source_units, targets
from tests.examples import examples
from tests.processor_time import least_seconds

CHECKED = sorted(checked_locales())
#: Bytes and CPU seconds; a text of this length is refused for its length before anybody waits.
LARGE, WITHIN = 256 * 1024, 1.0


@cache
def cases() -> dict[str, Any]:
    return YAML(typ="safe").load((Path(__file__).parent / "wording_cases.yaml").read_text(encoding="utf-8"))


def texts_of(locale: str) -> dict[str, str]:
    return source_units() if locale == "en" else targets(locale)


def refusals(text: str, locale: str) -> set[str]:
    return {fault.code for fault in wording_faults(normalize_text(text), locale) if fault.refuses}


def test_every_locale_that_ships_texts_is_checked_and_has_cases() -> None:
    own = {json_locale["code"] for json_locale in json.loads((FACTS / "locales.json").read_text(encoding="utf-8"))}

    assert {locale for locale in own if not is_checked(locale)} == set()
    assert set(cases()) == set(CHECKED)


@pytest.mark.parametrize("locale", CHECKED)
def test_what_a_text_must_not_say_is_refused(locale: str) -> None:
    missed = [
        sentence
        for code, sentences in cases()[locale]["refused"].items()
        for sentence in sentences
        if code not in refusals(sentence, locale)
    ]

    assert missed == []
    assert set(cases()[locale]["refused"]) == {"blame", "forbidden-term", "keep-image", "text-emergency-number"}


@pytest.mark.parametrize("locale", CHECKED)
def test_what_says_the_opposite_raises_no_alarm(locale: str) -> None:
    assert {sentence: codes for sentence in cases()[locale]["clean"] if (codes := refusals(sentence, locale))} == {}


@pytest.mark.parametrize("locale", sorted({*LOCALES, "en"}))
def test_shipped_texts_raise_no_alarm(locale: str) -> None:
    assert {key: codes for key, text in texts_of(locale).items() if (codes := refusals(text, locale))} == {}


@pytest.mark.parametrize("locale", sorted({*LOCALES, "en"} & set(CHECKED)))
def test_a_refused_sentence_is_found_after_any_shipped_text(locale: str) -> None:
    # A negation of the text before must not reach it. Titles, which end without a stop, come on a line of their own.
    texts = list(texts_of(locale).values())[:: max(1, 45 // examples(5, least=1))]
    missed = [
        (text, sentence)
        for code, sentences in cases()[locale]["refused"].items()
        for sentence in sentences
        for text in texts
        if code not in refusals(f"{text}\n\n{sentence}", locale)
    ]

    assert missed == []


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [
        ("ACHILD PORNOGRAPHY? CHILD\u00a0PORNOGRAPHY", "en", "forbidden-term"),
        ("ｃｈｉｌｄ ｐｏｒｎ", "en", "forbidden-term"),
        ("child-porn", "en", "forbidden-term"),
        ("You shouldn’t have sent it.", "en", "blame"),
        ("هـذا ذنـبـك", "ar", "blame"),
        ("هذا ذَنْبُكَ", "ar", "blame"),
        ("وذنبك أنت", "ar", "blame"),
        ("ÇOCUK PORNOGRAFİSİ", "tr", "forbidden-term"),
        ("फोटो का स्क्रीन\u200dशॉट लें।", "hi", "keep-image"),
        ("Text {service:gb-emergency-999} now.", "en", "text-emergency-number"),
    ],
)
def test_other_spellings_of_a_phrase_are_found(text: str, locale: str, code: str) -> None:
    assert code in refusals(text, locale)


@pytest.mark.parametrize(
    "text",
    [
        "Ask {service:gb-revenge-porn-helpline}.",
        "A faultless plan, and your faultline.",
        "Bookmark it, and keep your picture of the world.".replace("picture", "view"),
        "Text {service:gb-shout-85258}, or call the emergency number.",
    ],
)
def test_parts_of_words_and_names_in_tokens_raise_no_alarm(text: str) -> None:
    assert refusals(text, "en") == set()


@pytest.mark.parametrize("locale", CHECKED)
def test_a_fault_says_where_it_is(locale: str) -> None:
    before = next(text for text in texts_of(locale).values() if not wording_faults(text, locale))
    [sentence, *_] = cases()[locale]["refused"]["forbidden-term"]
    text = normalize_text(f"{before}\n\n{sentence}")

    [fault] = [fault for fault in wording_faults(text, locale) if fault.code == "forbidden-term"]

    assert fault.start is not None
    assert fault.start > len(normalize_text(before))
    assert repr(text[fault.start : fault.end]) in fault.detail


def test_a_phrase_is_reported_once_and_a_term_to_avoid_only_warns() -> None:
    faults = wording_faults("A victim is a victim! It is your fault. It is your fault!", "en")

    assert [(fault.code, fault.strength) for fault in faults] == [
        ("blame", Strength.REFUSE),
        ("avoided-term", Strength.WARN),
        ("exclamation", Strength.WARN),
    ]


@pytest.mark.django_db
def test_a_locale_without_a_list_is_unchecked_and_a_variant_has_that_of_its_language() -> None:
    assert not is_checked("zu")
    assert wording_faults("child pornography", "zu") == []
    assert is_checked("es-419")
    assert refusals("Es pornografía infantil.", "es-419") == {"forbidden-term"}
    assert not is_checked("pt")


@pytest.mark.sampled
@pytest.mark.parametrize("locale", ["en", "ar", "de", "ja", "ml", "th", "vi"])
@pytest.mark.parametrize("repeated", ["keep the picture, do not ", "keep ", "a ", ".,.,", "sextortion. ", "الصورة ", "画像保存"])
def test_time_grows_with_the_length_alone(locale: str, repeated: str) -> None:
    text = (repeated * LARGE)[:LARGE]
    terms = term_list(locale)
    assert terms is not None

    assert least_seconds(lambda: wording_faults(text, locale)) < WITHIN


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"blame": []}, "blame: must not be empty"),
        ({"blame": ["..."]}, "expected words of one sentence"),
        ({"blame": ["a, b"]}, "expected words of one sentence"),
        ({"order": "verb-middle"}, "unknown value 'verb-middle'"),
        ({"blamed": ["x"]}, "blamed: unknown field"),
        ({"spaced": False, "prefixes": ["x"]}, "prefixes need spaced"),
        ({"forbidden": [{"words": ["x"]}]}, r"forbidden\.1\.say: this field is required"),
        ({"negations": ["not"]}, "negations"),
    ],
)
def test_a_term_list_with_a_fault_is_refused_with_the_reason(tmp_path: Path, changed: dict[str, Any], reason: str) -> None:
    document = YAML(typ="safe").load((TERMS_DIR / "en.yaml").read_text(encoding="utf-8"))
    file = tmp_path / "xx.yaml"
    file.write_text(json.dumps(document | changed), encoding="utf-8")

    with pytest.raises(TermsRefused, match=reason):
        read_term_file(file)


def test_a_term_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text("blame: [a\nblame: [", encoding="utf-8")
    with pytest.raises(TermsRefused, match="not valid YAML"):
        read_term_file(file)

    file.write_bytes(b"\xff")
    with pytest.raises(TermsRefused, match="cannot be read"):
        read_term_file(file)


def test_the_gate_for_texts_asks_the_term_list() -> None:
    faults = text_faults(
        "Keep the picture as proof.", locale="en", allowed_numbers=(), allowed_hosts=(), known_services=(), key="step.talk"
    )

    assert [fault.code for fault in faults] == ["keep-image"]


def test_texts_of_the_cases_are_in_composed_form() -> None:
    sentences = [s for case in cases().values() for group in case["refused"].values() for s in group]

    assert [sentence for sentence in sentences if not unicodedata.is_normalized("NFC", normalize_text(sentence))] == []
