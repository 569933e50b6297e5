"""Warnings: what is often a slip, and sometimes right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from content.linting.fault import Fault, Strength
from content.linting.letters import WORD, scripts_of

#: A target of fewer or more characters than these shares of its source; short texts differ more. Ideographs say more each.
_SHORTER, _LONGER = 0.4, 2.5
_DENSE_SHORTER, _DENSE_LONGER = 0.15, 1.5
_LENGTH_FROM = 40
_DENSE = frozenset({"CJK", "HANGUL"})
_STOPS = frozenset(".。．｡।॥۔։።᠃…")
_ENDS = {"?": frozenset("?？؟;՞፧"), ":": frozenset(":：﹕"), "!": frozenset("!！")}
_CLOSING = "\"'“”„‘’«»‹›)]】」』*_ \u00a0\u202f\u200e\u200f\u061c"
#: Scripts whose sentences have no full stop, or in which writers leave it out.
_WITHOUT_STOPS = frozenset({"THAI"})
_FAULTY_DECODING = re.compile(r"[ÃÂ][\u0080-\u00bf]|â€|[ØÙ][\u0080-\u00bf§±©®]|à[¤¥¦§ªª«¬º¸¹]|\ufffd")
#: "todo" is a word of Spanish and Portuguese, and nobody writes it in capital letters.
_PLACEHOLDER = re.compile(r"(?<!\w)(?:TODO|FIXME|XXX|TBD|TBC|[Ll]orem ipsum|\?{3,})(?!\w)")
#: The stretched line of Arabic script; before a Latin word or a token it joins a prefix to it.
_TATWEEL = re.compile(r"\u0640{2,}|\u0640(?=[\u0620-\u064a\u0671-\u06d3])")
_BETWEEN_DOUBLED = re.compile(r"[ \u00a0\u202f]+")
#: Languages that double words on purpose: "धीरे धीरे", "từ từ", "yavaş yavaş". There only these are slips.
#: These words are doubled by grammar elsewhere: "vous vous inquiétez", "als je je zorgen maakt", "wenn Sie sie sehen".
_DOUBLED_BY_GRAMMAR = {"fr": {"vous", "nous"}, "nl": {"je", "ze", "die", "dat"}, "de": {"sie", "die", "das", "der"}}
#: In languages that double words on purpose ("धीरे धीरे", "từ từ", "yavaş yavaş") these are slips all the same.
_NEVER_DOUBLED = {
    "bn": {"এবং", "না", "তুমি", "আপনি", "জন্য", "করুন"},
    "gu": {"અને", "છે", "તમે"},
    "hi": {"और", "है", "हैं", "में", "तुम", "आप", "से", "को", "का", "की", "के", "नहीं", "कि", "यह"},
    "id": {"dan", "yang", "di", "untuk"},
    "mi": {"te", "he", "ki", "i", "me", "koe", "kaua", "mō"},
    "mr": {"आणि", "आहे", "तुम्ही"},
    "tr": {"ve", "bir", "için", "bu"},
    "ur": {"اور", "ہے", "ہیں", "میں", "تم", "آپ", "سے", "کو", "کا", "کی", "کے", "نہیں", "کہ", "یہ"},
    "vi": {"và", "của", "là", "bạn"},
}
_DOUBLING = frozenset(["bn", "fil", "gu", "hi", "id", "mi", "ml", "mr", "ne", "si", "th", "tr", "ur", "vi"])


def quality_faults(source: str, target: str, locale: str) -> list[Fault]:
    """Return warnings for a target beside its source."""
    return [
        Fault(code, detail, Strength.WARN, *(place or (None, None)))
        for code, detail, place in (*_length(source, target, locale), *_ends(source, target, locale), *text_slips(target, locale))
    ]


_Slip = tuple[str, str, tuple[int, int] | None]


def text_slips(text: str, locale: str) -> Iterator[_Slip]:
    """Yield the code, sentence and place of each slip that a text shows by itself."""
    if found := _FAULTY_DECODING.search(text):
        yield "encoding", f"{found.group()!r} looks like a character that was read in the wrong encoding.", found.span()
    if found := _PLACEHOLDER.search(text):
        yield "placeholder", f"{found.group()!r} looks like a note to the writer.", found.span()
    if found := _TATWEEL.search(text):
        yield "tatweel", "A stretched line (tatweel) makes a word hard to search and to read aloud.", found.span()
    if place := _doubled(text, locale):
        yield "doubled-word", f"{text[slice(*place)]!r} is there twice.", place


def _length(source: str, target: str, locale: str) -> Iterator[_Slip]:
    dense = scripts_of(locale) & _DENSE
    shorter, longer = (_DENSE_SHORTER, _DENSE_LONGER) if dense else (_SHORTER, _LONGER)
    if len(source) >= _LENGTH_FROM and target and not shorter <= len(target) / len(source) <= longer:
        yield "length-ratio", f"The text has {len(target)} characters, its source {len(source)}.", None
    if (has := target.count("\n\n")) != (wanted := source.count("\n\n")):
        yield "paragraphs", f"The text has {has + 1} paragraphs, its source {wanted + 1}.", None


def _ends(source: str, target: str, locale: str) -> Iterator[_Slip]:
    wanted, found = _end(source), _end(target)
    if wanted == found or (scripts_of(locale) & _WITHOUT_STOPS and {wanted, found} <= {".", "?", ""}) or not target:
        return
    yield "end-punctuation", "The text and its source end with different punctuation.", (max(0, len(target) - 1), len(target))


def _end(text: str) -> str:
    """Return what a text ends with: ".", "?", ":" or "!" in any script, "" for none of them."""
    last = text.rstrip(_CLOSING)[-1:]
    if last in _STOPS:
        return "."
    return next((sign for sign, forms in _ENDS.items() if last in forms), "")


def _doubled(text: str, locale: str) -> tuple[int, int] | None:
    before: re.Match[str] | None = None
    for match in WORD.finditer(text):
        if (
            before is not None
            and len(match.group()) > 1
            and before.group().casefold() == match.group().casefold()
            and _BETWEEN_DOUBLED.fullmatch(text, before.end(), match.start())
            and not match.group().isdigit()
            and _is_slip(match.group().casefold(), locale.partition("-")[0])
        ):
            return before.start(), match.end()
        before = match
    return None


def _is_slip(word: str, language: str) -> bool:
    if language in _DOUBLING:
        return word in _NEVER_DOUBLED.get(language, ())
    return word not in _DOUBLED_BY_GRAMMAR.get(language, ())
