"""The English name of each language: from the shipped list, or else from CLDR. A language has the same name everywhere.

CLDR says Bangla, for example, where the shipped list says Bengali, as the GOV.UK style guide does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError

_FILE = Path(__file__).parent.parent / "facts" / "locales.json"


@cache
def shipped_names() -> Mapping[str, str]:
    """Return the English names of the shipped locales by BCP 47 tag."""
    return {row["code"]: row["name"] for row in json.loads(_FILE.read_text(encoding="utf-8"))}


@cache
def english_name(tag: str) -> str:
    """Return the English name of a locale, "" where neither the list nor CLDR has one."""
    if shipped := shipped_names().get(tag):
        return shipped
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or ""
    except (UnknownLocaleError, ValueError):
        # CLDR names languages that it has no further data for, such as Romany.
        language, _, rest = tag.partition("-")
        return "" if rest else str(Locale("en").languages.get(language, ""))
