"""Characters that have no business in a text: controls, overrides of direction, invisible ones."""

from __future__ import annotations

import unicodedata

from content.linting.fault import Fault

#: Embeddings, overrides and isolates. We put isolates around facts ourselves; any other could turn a number round.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Joiners and marks that Arabic and Indic scripts are written with.
_NEEDED = frozenset("\u200c\u200d\u200e\u200f\u061c")


def character_faults(text: str) -> list[Fault]:
    """Find characters that are refused, each once, by name."""
    faults = []
    for character in dict.fromkeys(text):
        category = unicodedata.category(character)
        name = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        if character in _DIRECTION:
            faults.append(Fault("direction", f"{name} turns text round and is added only by us, around facts."))
        elif category == "Cf" and character not in _NEEDED:
            faults.append(Fault("invisible", f"{name} cannot be seen."))
        elif category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} and character != "\n":
            faults.append(Fault("control", f"{name} is no character of a text."))
    if text != unicodedata.normalize("NFC", text):
        faults.append(Fault("not-nfc", "The text is not in the composed form of Unicode (NFC)."))
    return faults
