"""Characters that a text must not contain: control characters, direction controls and invisible ones."""

from __future__ import annotations

import unicodedata

from content.linting.fault import Fault, Strength

#: Embeddings, overrides and isolates. Rendering adds isolates around facts; any others could reverse a number.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Joiners and marks that Arabic and Indic scripts need.
_NEEDED = frozenset("\u200c\u200d\u200e\u200f\u061c")


def character_faults(text: str) -> list[Fault]:
    """Return one fault, with its name and its first place, for each character that is refused."""
    faults = []
    for character in dict.fromkeys(text):
        category = unicodedata.category(character)
        name = f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
        if character in _DIRECTION:
            code, detail = "direction", f"{name} changes the direction of text. It is added around facts automatically."
        elif category == "Cf" and character not in _NEEDED:
            code, detail = "invisible", f"{name} is invisible."
        elif category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} and character != "\n":
            code, detail = "control", f"{name} is not a text character."
        else:
            continue
        start = text.index(character)
        faults.append(Fault(code, detail, Strength.REFUSE, start, start + 1))
    if text != unicodedata.normalize("NFC", text):
        faults.append(Fault("not-nfc", "The text is not in Unicode form NFC."))
    return faults
