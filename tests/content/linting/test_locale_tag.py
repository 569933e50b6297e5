"""Tags of languages: one canonical form for each, with its script and direction, and chains that stay in one script."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from content.importing.facts import FACTS_DIR
from content.linting.locale_tag import (
    TagRefused,
    canonical_tag,
    chain_faults,
    cldr_locale,
    digits_of,
    direction_of,
    is_variant,
    names_of,
    script_of,
    standard_chain,
)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("iw", "he"),
        ("tl", "fil"),
        ("in", "id"),
        ("mo", "ro"),
        ("cmn", "zh"),
        ("zh-TW", "zh-Hant-TW"),
        ("zh_tw", "zh-Hant-TW"),
        ("zh-Hans", "zh"),
        ("zh-Hans-TW", "zh-Hans-TW"),
        ("pa-PK", "pa-Arab-PK"),
        ("sr-Cyrl", "sr"),
        ("sh", "sr-Latn"),
        ("en-latn-gb", "en-GB"),
        ("nb", "nb"),
        ("ca-valencia", "ca-valencia"),
    ],
)
def test_a_tag_has_one_canonical_form(given: str, canonical: str) -> None:
    assert canonical_tag(given) == canonical
    assert canonical_tag(canonical) == canonical


@pytest.mark.parametrize("text", ["", "xx", "qaa", "und", "en-XA", "ar-XB", "en-x-own", "x-own", "en-u-nu-latn", "é", "a" * 40])
def test_what_is_no_tag_of_a_language_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(TagRefused) as refused:
        canonical_tag(text)

    assert refused.value.detail.endswith(".")


def test_every_shipped_locale_is_in_its_canonical_form_and_direction() -> None:
    for row in json.loads((FACTS_DIR / "locales.json").read_text(encoding="utf-8")):
        assert canonical_tag(row["code"]) == row["code"]
        assert direction_of(row["code"]) == row["dir"]


def test_script_direction_digits_and_names_come_from_cldr() -> None:
    assert (script_of("pa-Arab"), direction_of("pa-Arab"), digits_of("pa-Arab")) == ("Arab", "rtl", "۰۱۲۳۴۵۶۷۸۹")
    assert (script_of("so"), direction_of("so"), digits_of("so"), names_of("so")) == (
        "Latn",
        "ltr",
        "0123456789",
        ("Somali", "Soomaali"),
    )
    assert names_of("rom") == ("Romany", "")
    assert str(cldr_locale("rom")) == "en"


def test_a_variant_is_the_same_language_in_the_same_script() -> None:
    assert is_variant("es", "es-MX")
    assert is_variant("pt-PT", "pt-BR")
    assert not is_variant("ru", "uk")
    assert not is_variant("sr", "sr-Latn")
    assert not is_variant("en", "cy")


@pytest.mark.parametrize(
    ("code", "chain", "fault"),
    [
        ("sr-Latn", ["sr"], "another script"),
        ("uk", ["ru"], "another language"),
        ("es", ["es-MX"], "circle"),
        ("es-MX", ["es-AR"], "circle"),
        ("es-MX", ["es-MX"], "its own fallback"),
        ("es-MX", ["es-CL"], "not one of the languages"),
        ("es-MX", ["es", "es"], "twice"),
    ],
)
def test_a_chain_never_crosses_scripts_and_has_no_circle(code: str, chain: list[str], fault: str) -> None:
    by_hand = {"es-AR": ["es-419", "es-MX"]}

    def chain_of(locale: str) -> Sequence[str]:
        return by_hand.get(locale) or standard_chain(locale)

    known = ["es", "es-419", "es-AR", "es-MX", "ru", "sr", "sr-Latn", "uk"]

    assert fault in " ".join(chain_faults(code, chain, known=known, chain=chain_of))
    assert chain_faults("es-AR", ["es-419", "es"], known=known, chain=chain_of) == []
