"""Pseudo-locales: longer, accented or from right to left, with tokens, numbers and links as they are, and in sandboxes alone."""

from __future__ import annotations

import json
import re

import pytest
from django.test import override_settings

from content.compiling.fallback import match_accept_language
from content.compiling.pseudo import pseudo_text
from content.models import Locale, Unit
from tests import make

TEXT = "Do not pay. Call {service:gb-line} within 24 hours, or read [this page](https://example.org/a-b)."
BIDI = str.maketrans("", "", "\u200f\u202e\u202c")


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_tokens_numbers_and_links_stay_as_they_are(locale: str) -> None:
    made = pseudo_text(TEXT, locale)

    for kept in ("{service:gb-line}", " 24 ", "](https://example.org/a-b)"):
        assert made.count(kept) == TEXT.count(kept) == 1, kept


@pytest.mark.parametrize("locale", ["en-XA", "ar-XB"])
def test_a_text_becomes_between_30_and_40_percent_longer(locale: str) -> None:
    for text in (TEXT, "Stop and breathe before you answer.", "It is not your fault, and you are not alone with it. " * 20):
        shown = pseudo_text(text, locale).translate(BIDI)
        assert 1.30 <= len(shown) / len(text) <= 1.40, (len(shown), len(text))


def test_letters_have_accents_or_run_from_right_to_left() -> None:
    assert pseudo_text("Stop and breathe", "en-XA").startswith("Šţöp åñð ƀŕéåţĥé")
    assert pseudo_text("Stop", "ar-XB").startswith("\u200f\u202eStop\u202c\u200f")


def test_the_marks_of_lists_and_headings_stay_in_front() -> None:
    made = pseudo_text("## Steps\n\n- Talk\n1. Wait", "en-XA").split("\n")

    assert [re.sub(r"[^#\d.\-].*", "", line) for line in made] == ["##", "", "-", "1."]


def test_nobody_gets_a_pseudo_locale_without_its_exact_tag() -> None:
    available = ["ar", "ar-XB", "en", "en-XA"]

    assert match_accept_language("en-AU", ["en-XA", "en"]) == "en"
    assert match_accept_language("ar-EG", ["ar-XB", "ar"]) == "ar"
    assert match_accept_language("en-AU", ["en-XA"]) is None
    assert match_accept_language("ar-XB, en", available) == "ar-XB"


@pytest.mark.django_db
def test_packs_are_compiled_where_the_setting_allows_it_and_marked() -> None:
    make.small_content()
    plain = make.release(publish=False)
    with override_settings(PSEUDO_LOCALES=True):
        pseudo = make.release(publish=False)
    later = make.release(publish=False)

    for locale, direction in (("en-XA", "ltr"), ("ar-XB", "rtl")):
        body = json.loads((make.pack_body(pseudo, "GB", locale) or ("", ""))[1])
        tip = body["tips"][0]
        assert (body["locale"], body["dir"], tip["lang"], tip["dir"]) == (locale, direction, locale, direction)
        assert tip["reviewed"] is False
        assert tip["title"] == pseudo_text(Unit.objects.get(key="tip.first-hour.title").text, locale)
        assert make.pack_body(plain, "GB", locale) is None
        # The rows are there, and a release that the setting does not allow them in leaves them out.
        assert make.pack_body(later, "GB", locale) is None
    assert make.pack_body(pseudo, "GB", "en") == make.pack_body(plain, "GB", "en")
    assert not Locale.objects.translated().filter(pk__in=["en-XA", "ar-XB"]).exists()
