"""Characters that a text must not contain: control characters, direction controls, invisible ones, letters of other scripts."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from content.linting.fault import Fault, Strength
from content.linting.letters import JOINING_SCRIPTS, MARKS, WORD, script, scripts_of

#: Embeddings, overrides and isolates. Rendering adds isolates around facts; any others could reverse a number.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Zero-width joiner and non-joiner, which Arabic and Indic scripts need between letters.
_JOINERS = frozenset("\u200c\u200d")
#: Left-to-right, right-to-left and Arabic letter marks, which right-to-left text needs beside signs and Latin words.
_MARKS = frozenset("\u200e\u200f\u061c")
#: Characters that show nothing, though Unicode has them among letters, marks and symbols: the combining grapheme joiner, fillers
#: of Hangul, vowels of Khmer that are not written, the blank of Braille, and variation selectors.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
_SUSPECT = re.compile(f"[{''.join(sorted(_JOINERS | _MARKS | _BLANK))}]")
#: Letters of one language's keyboard that look like another language's, by the language in which they are wrong.
_OTHER_KEYBOARD = {"ar": "\u06cc\u06a9\u06c1\u06be\u06d2\u06d5", "ur": "\u064a\u0643\u0649"}
#: Scripts that mix within words of one language.
_TOGETHER = (frozenset({"CJK", "HIRAGANA", "KATAKANA"}), frozenset({"HANGUL", "CJK"}), frozenset({"CJK", "BOPOMOFO"}))
#: Scripts with letters that look the same.
_CONFUSABLE = frozenset({"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "MATHEMATICAL"})


#: More marks on one letter than any language writes: they cover the lines above and below.
_STACKED = re.compile(f"[{MARKS}]{{9,}}")
#: Characters of a word that a message quotes; the place of the fault shows all of it.
_QUOTED = 40


def character_faults(text: str, locale: str) -> list[Fault]:
    """Return one fault, with its name and its first place, for each character that is refused."""
    faults = []
    for character in dict.fromkeys(text):
        category = unicodedata.category(character)
        if character in _DIRECTION:
            code, detail = (
                "direction",
                f"{_name(character)} changes the direction of text. It is added around facts automatically.",
            )
        elif category == "Cf" and character not in _JOINERS | _MARKS:
            code, detail = "invisible", f"{_name(character)} is invisible."
        elif category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} and character != "\n":
            code, detail = "control", f"{_name(character)} is not a text character."
        else:
            continue
        start = text.index(character)
        faults.append(Fault(code, detail, Strength.REFUSE, start, start + 1))
    if not unicodedata.is_normalized("NFC", text):
        faults.append(Fault("not-nfc", "The text is not in Unicode form NFC."))
    if stacked := _STACKED.search(text):
        faults.append(Fault("marks", "A letter has more than eight marks.", Strength.REFUSE, *stacked.span()))
    return [*faults, *_invisible(text), *_foreign(text, locale)]


def _invisible(text: str) -> Iterator[Fault]:
    """Yield a fault for each kind of character that shows nothing where it is."""
    reported = set()
    for match in _SUSPECT.finditer(text):
        character, at = match.group(), match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if character in _JOINERS and _is_joining(before) and (character == "\u200d" or _is_joining(after)):
            continue
        if character in _MARKS and _is_beside_right_to_left(text, at):
            continue
        if character not in reported:
            reported.add(character)
            yield Fault("invisible", f"{_name(character)} is invisible.", Strength.REFUSE, at, at + 1)


def _is_joining(neighbour: str) -> bool:
    return neighbour != "" and unicodedata.name(neighbour, "").split(" ")[0] in JOINING_SCRIPTS


def _is_beside_right_to_left(text: str, at: int) -> bool:
    """Return whether a direction mark stands alone in right-to-left text, and not within a word of another script."""
    around = text[max(0, at - 1) : at], text[at + 1 : at + 2]
    if _MARKS.intersection(around) or all(part and part.isalpha() and unicodedata.bidirectional(part) == "L" for part in around):
        return False
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text[max(0, at - 20) : at + 21])


def _foreign(text: str, locale: str) -> Iterator[Fault]:
    """Yield a fault for the first word of several scripts, of a script of another language, and of another keyboard."""
    own = scripts_of(locale)
    other_keyboard = _OTHER_KEYBOARD.get(locale.partition("-")[0], "")
    reported = set()
    for match in WORD.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        quoted = repr(word[:_QUOTED])
        scripts = [found for found in map(script, word) if found]
        if _is_mixed(scripts):
            names = ", ".join(sorted(map(str.title, set(scripts))))
            code, detail = "mixed-script", f"{quoted} mixes letters of several scripts: {names}."
        elif not own.union({"LATIN"}).issuperset(scripts):
            code, detail = "foreign-script", f"{quoted} is not in a script of this language."
        elif letter := next((letter for letter in word if letter in other_keyboard), ""):
            code, detail = "foreign-letter", f"{_name(letter)} in {quoted} is a letter of another language's keyboard."
        else:
            continue
        if code not in reported:
            reported.add(code)
            yield Fault(code, detail, Strength.REFUSE, *match.span())


def _is_mixed(scripts: list[str]) -> bool:
    """Return whether letters of these scripts, in order, should not be one word.

    A Latin abbreviation with an ending of the other script is one: "AI를".
    """
    different = frozenset(scripts)
    if len(different) < 2 or any(different <= together for together in _TOGETHER):
        return False
    changes = sum(a != b for a, b in itertools.pairwise(scripts))
    others = different - {"LATIN"}
    is_ending = changes == 1 or any(others <= together for together in _TOGETHER)
    return not ("LATIN" in different and not others & _CONFUSABLE and is_ending)


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()
