"""Write content/facts/number_words.json: the words for 0 to 99 by locale, from CLDR's spell-out rules.

Run with Debian's python3 and python3-icu: `/usr/bin/python3 tools/facts/number_words.py`, with `--check` only to compare.
ICU formats by CLDR's rule-based number formats (https://cldr.unicode.org, `common/rbnf`). `number_words_by_hand.json`
adds further spellings, the digits as they are read aloud where CLDR's word is another, and all words of the seven locales that
CLDR has no rules for (`"source": "drafts"`).
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

FACTS = Path(__file__).resolve().parents[2] / "content" / "facts"
FILE = FACTS / "number_words.json"
BY_HAND = Path(__file__).with_name("number_words_by_hand.json")
#: CLDR rule sets that spell a cardinal number.
_CARDINAL = re.compile("%spellout-(cardinal|numbering)(?!-year|-financial|-verbose)")
#: Locales of the test corpus that no text ships in.
_CORPUS = ("fi", "zh-Hant")


def spelled(locale: str) -> dict[str, int] | None:
    """Return the spellings of 0 to 99 with their values, or None where CLDR has no rules for the language."""
    import icu

    rules = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale(locale))
    if not str(rules.getLocale(icu.ULocDataLocaleType.ACTUAL_LOCALE)).startswith(locale.partition("-")[0]):
        return None
    names = [rules.getRuleSetName(number) for number in range(rules.getNumberOfRuleSetNames())]
    found = {}
    for value in range(100):
        for name in filter(_CARDINAL.match, names):
            found[clean(rules.format(value, name))] = value
    return found


def clean(spelling: str) -> str:
    """Return the spelling without the soft hyphens and zero-width spaces that show where a line may break."""
    return unicodedata.normalize("NFC", re.sub("[\u00ad\u200b]", "", spelling)).casefold()


def entries() -> dict[str, Any]:
    """Return the whole file."""
    import icu

    by_hand = json.loads(BY_HAND.read_text(encoding="utf-8"))
    locales = [row["code"] for row in json.loads((FACTS / "locales.json").read_text(encoding="utf-8"))]
    found = {}
    for locale in (*locales, *_CORPUS):
        words, extra = spelled(locale), by_hand.get(locale, {"digits": None, "words": {}})
        source = f"CLDR spell-out (ICU {icu.ICU_VERSION})" if words is not None else "drafts"
        words = (words or {}) | extra["words"]
        digits = extra["digits"] or [next(word for word, value in words.items() if value == digit) for digit in range(10)]
        found[locale] = {"source": source, "digits": digits, "words": words}
    return found


def written(data: dict[str, Any]) -> str:
    """Return the file's text: a line for the words of each value."""
    lines = []
    for locale, entry in data.items():
        words: dict[int, list[str]] = {}
        for word, value in entry["words"].items():
            words.setdefault(value, []).append(word)
        rows = [f'    "{value}": {_json(sorted(spellings))}' for value, spellings in sorted(words.items())]
        head = f'"{locale}": {{\n  "source": {_json(entry["source"])},\n  "digits": {_json(entry["digits"])},\n  "words": {{\n'
        lines.append(head + ",\n".join(rows) + "\n  }\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    text = written(entries())
    if "--check" in sys.argv:
        sys.exit(0 if FILE.read_text(encoding="utf-8") == text else f"{FILE.name} differs from CLDR's spell-out.")
    FILE.write_text(text, encoding="utf-8")
