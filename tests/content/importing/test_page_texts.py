"""The shipped texts of public pages: whole in each of their languages, and drafts until somebody approves them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from content.importing.page_texts_file import FILE, OWNER, read_page_texts, shipped_english
from content.importing.words import load_words
from content.importing.words_file import WordsRefused
from content.linting.text import target_faults
from content.models import Target, Unit
from content.models.judgement import Verdict
from core.models import User
from tests import make
from tests.content.importing.test_words_register import familiar_words
from tests.content.importing.words import FACTS
from tests.content.importing.words_folder import write

PAGES = read_page_texts(FACTS)


def test_each_language_has_every_text_of_the_page() -> None:
    keys = {draft.key for draft in PAGES.drafts}

    assert len(PAGES.targets) >= 8
    assert {locale: keys - texts.keys() for locale, texts in PAGES.targets.items() if keys != texts.keys()} == {}
    assert {*Verdict.values, "title", "thanks", "ended-expired"} <= shipped_english("reading").keys()


@pytest.mark.parametrize("locale", sorted(PAGES.targets))
def test_no_translation_breaks_a_rule_or_is_familiar(locale: str) -> None:
    for draft in PAGES.drafts:
        text = PAGES.targets[locale][draft.key]
        unit = Unit(key=draft.key, owner=OWNER, source_locale_id="en", text=draft.text)
        assert [fault.detail for fault in target_faults(unit, text, locale) if fault.refuses] == [], draft.key
        assert familiar_words(locale, text) == [], draft.key


@pytest.mark.django_db
def test_they_are_loaded_as_drafts_beside_the_tips(tmp_path: Path) -> None:
    make.world()
    (tmp_path / "targets").mkdir()
    write(tmp_path)
    (tmp_path / FILE).write_bytes((FACTS / FILE).read_bytes())

    load_words(tmp_path, by=User.objects.system(), at=make.NOON)
    again = load_words(tmp_path, by=User.objects.system(), at=make.NOON)

    assert Unit.objects.get(key="page.reading.title").owner == "page"
    assert set(Target.objects.filter(unit__owner="page").values_list("state", flat=True)) == {"needs-review"}
    assert not again.changed


def test_a_text_without_english_is_refused(tmp_path: Path) -> None:
    with (tmp_path / FILE).open("w", encoding="utf-8") as out:
        YAML().dump({"texts": {"reading.title": {"cy": "Testunau"}, "reading.intro": {"en": "x"}}}, out)

    with pytest.raises(WordsRefused, match=r"reading\.title: the text in English is required"):
        read_page_texts(tmp_path)
