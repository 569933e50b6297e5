"""The glossary of translators: terms of the source, what the locale calls them, and what it must not."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from content.linting.glossary import glossary_hits
from content.linting.term_list import TERMS_DIR, Concept, TermsRefused, read_term_file, read_terms


@pytest.mark.parametrize("locale", sorted(file.stem for file in TERMS_DIR.glob("*.yaml")))
def test_each_list_names_each_concept_once(locale: str) -> None:
    file = read_term_file(TERMS_DIR / f"{locale}.yaml")

    counted = Counter(term.concept for term in (*file.forbidden, *file.avoid) if term.concept)
    assert counted == dict.fromkeys(get_args(Concept), 1)


@pytest.mark.parametrize(
    ("source", "target", "locale", "is_used"),
    [
        ("This is sexual extortion.", "To jest forma szantażu seksualnego.", "pl", True),
        ("This is sexual extortion.", "To jest szantaż.", "pl", False),
        ("Report child sexual abuse material.", "أبلغ عن مواد الاعتداء الجنسي على الأطفال.", "ar", True),
        ("Report child sexual abuse material.", "児童の画像を通報してください。", "ja", False),
        ("Report child sexual abuse material.", "子どもの性的虐待の画像を通報してください。", "ja", True),
        ("It is child sexual exploitation.", "Camfanteisio’n rhywiol ar blant ydyw.", "cy", True),
        ("It is child sexual exploitation.", "Mae’n fath o gamfanteisio rhywiol ar blant.", "cy", True),
    ],
)
def test_a_term_is_found_in_its_inflected_forms(source: str, target: str, locale: str, is_used: bool) -> None:
    (hit,) = glossary_hits(source, target, locale)

    assert hit.is_used is is_used
    assert hit.forms
    assert hit.forbidden


def test_a_source_without_a_term_has_no_hit() -> None:
    assert glossary_hits("Somebody blackmails you.", "", "pl") == []


@pytest.mark.parametrize(
    ("term", "says"),
    [
        ("{words: [sextortion], say: a sextortion}", "the words to say instead are among those that are given up"),
        ("{words: [sextort*], say: blackmail, forms: [sextorting]}", "a form of the words to say instead is among those"),
        ("{words: [sextortion], say: blackmail, concept: blackmail}", "concept"),
    ],
)
def test_a_term_that_contradicts_itself_is_refused(term: str, says: str) -> None:
    lines = (TERMS_DIR / "en.yaml").read_text(encoding="utf-8").split("\n")
    place = lines.index("forbidden:")

    with pytest.raises(TermsRefused, match=says):
        read_terms("\n".join([*lines[: place + 1], f"  - {term}", *lines[place + 1 :]]), "en")
