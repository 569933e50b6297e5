"""Fallback is between variants of one language, never to another script or another language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.compiling.fallback import chain, choose_locale, match_accept_language
from tests.packs import Packs

AVAILABLE = ["en", "cy", "hi", "ar", "es", "es-419", "fr", "mi", "fil", "bn", "mr", "gu", "ml", "ur", "de", "pt-BR"]


@pytest.mark.parametrize(
    ("header", "served"),
    [
        ("cy", "cy"),
        ("CY-gb, en;q=0.5", "cy"),
        ("en;q=0.5, cy;q=0.9", "cy"),
        ("pt-PT", "pt-BR"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("tl", "fil"),
        ("xx, fr;q=0.1", "fr"),
        ("pt-BR;q=0, de", "de"),
        ("i-klingon, fr", "fr"),
        ("uk", None),
        ("gl", None),
        ("zh-TW", None),
        ("ur-Latn", None),
        ("hi-Latn", None),
        ("*", None),
        ("", None),
        (";;;q=x,,", None),
        ("fr;q=2", None),
    ],
)
def test_accept_language_is_matched_in_the_same_language_and_script(header: str, served: str | None) -> None:
    assert match_accept_language(header, AVAILABLE) == served


@given(st.text(max_size=3000))
def test_any_header_is_accepted(header: str) -> None:
    assert match_accept_language(header, AVAILABLE) in {*AVAILABLE, None}


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("cy", ["cy"]),
        ("es-MX", ["es-MX", "es-419", "es"]),
        ("pt-BR", ["pt-BR", "pt"]),
        ("zh-Hant-HK", ["zh-Hant-HK", "zh-Hant"]),
        ("sr-Latn", ["sr-Latn"]),
        ("uz-Arab-AF", ["uz-Arab-AF", "uz-Arab"]),
    ],
)
def test_the_chain_of_a_locale_stays_in_its_script(locale: str, expected: list[str]) -> None:
    assert chain(locale, {}) == expected


@pytest.mark.parametrize(
    ("usable", "withdrawn", "served", "reason"),
    [
        ({"es-MX"}, set(), "es-MX", None),
        ({"es"}, set(), "es", "not-translated"),
        (set(), {"es-MX"}, "en", "outdated"),
        (set(), set(), "en", "not-translated"),
        ({"fr", "pt"}, set(), "en", "not-translated"),
    ],
)
def test_an_item_is_served_whole_with_the_reason(usable: set[str], withdrawn: set[str], served: str, reason: str | None) -> None:
    answer = choose_locale(chain("es-MX", {}), source="en", usable=usable.__contains__, withdrawn=withdrawn.__contains__)

    assert (answer.locale, answer.reason) == (served, reason)


def test_a_variant_of_the_source_language_gets_the_source() -> None:
    answer = choose_locale(chain("en-IN", {}), source="en", usable=lambda _: False, withdrawn=lambda _: False)

    assert (answer.locale, answer.reason) == ("en", "not-translated")


@pytest.mark.django_db
def test_the_real_variant_has_its_own_items_and_falls_back_for_all_others(real_packs: Packs) -> None:
    pack = real_packs["GB", "es-419"]
    tips = {tip["slug"]: tip["locale"] for tip in pack["tips"]}

    assert tips["you-can-stop"] == {"requested": "es-419", "served": "es-419", "reason": None}
    assert tips["first-hour"] == {"requested": "es-419", "served": "es", "reason": "not-translated"}
    assert pack["labels"]["steps"]["report"]["lang"] == "es-419"
    assert pack["labels"]["steps"]["talk"]["lang"] == "es"
