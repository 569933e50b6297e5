"""The texts of a public page in the language of its reader: approved translations, and English where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date
from babel.numbers import format_decimal
from django.conf import settings
from django.db.models import Q
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from content.importing.page_texts_file import OWNER, shipped_english
from content.linting.locale_tag import cldr_locale, direction_of
from content.models import Locale, Target, Unit
from content.terms import SOURCE_LOCALE

#: The text that decides in which language a page is: that of its title.
_TITLE: Final = "title"


@dataclass(frozen=True)
class PageText:
    """One text with its language."""

    text: str
    lang: str


class PageTexts:
    """The texts of one page by name (`-` is `_` in templates), and the language and direction that the page is marked with."""

    def __init__(self, texts: Mapping[str, PageText]) -> None:
        self.texts = texts
        self.lang = texts[_TITLE].lang
        self.dir = direction_of(self.lang)

    def __getitem__(self, name: str) -> SafeString:
        """Return a text as HTML, marked with its language where that is not the page's."""
        return self.marked(self.texts[name.replace("_", "-")])

    def marked(self, shown: PageText) -> SafeString:
        """Return a text as HTML, marked with its language where that is not the page's."""
        if shown.lang == self.lang:
            return conditional_escape(shown.text)
        return format_html('<span lang="{}" dir="{}">{}</span>', shown.lang, direction_of(shown.lang), shown.text)

    def is_translated(self, name: str) -> bool:
        """Return whether a text is in the language of the page's reader, and not in English."""
        return self.texts[name].lang != SOURCE_LOCALE

    def number(self, value: int) -> str:
        """Return a number as the page's language writes it."""
        return str(format_decimal(value, locale=cldr_locale(self.lang), numbering_system="default"))

    def day(self, day: date) -> str:
        """Return a day as the page's language writes it; English of no country as most of the world does: 29 November 2026."""
        return str(format_date(day, "long", locale=cldr_locale("en-001" if self.lang == SOURCE_LOCALE else self.lang)))


def page_texts(page: str, locale: str) -> PageTexts:
    """Return the texts of a page for readers of the locale, in three queries.

    A translation is shown where it is approved for a source that still says the same, in the locale or in the nearest variant
    of its fallback chain. Where drafts are served (SERVE_UNREVIEWED), a draft is shown.
    """
    drafts = settings.SERVE_UNREVIEWED
    texts = {name: PageText(text, SOURCE_LOCALE) for name, text in shipped_english(page).items()}
    start = f"{OWNER}.{page}."
    units = {unit.pk: unit for unit in Unit.objects.filter(owner=OWNER, key__startswith=start)}
    for unit in units.values():
        if approved := unit.text if drafts else unit.approved_text:
            texts[unit.key.removeprefix(start)] = PageText(approved, SOURCE_LOCALE)
    chain = [code for code in Locale.objects.chain(locale) if code != SOURCE_LOCALE]
    written = Q() if drafts else ~Q(approved_text="")
    targets = Target.objects.filter(written, unit__in=units, locale__in=chain).exclude(text="")
    # The nearest locale is written last.
    for target in sorted(targets, key=lambda one: -chain.index(one.locale_id)):
        unit = units[target.unit_id]
        if drafts or target.approved_source_revision not in unit.withdrawn_revisions:
            own = target.text if drafts else target.approved_text
            texts[unit.key.removeprefix(start)] = PageText(own, target.locale_id)
    return PageTexts(texts)
