"""The classes of mutation: each takes a good pair and returns the spoilt target, or None where the class does not apply."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from content.linting.number_words import _entries as number_word_entries
from content.linting.number_words import digit_words, spelled_numbers
from content.linting.tokens import TOKEN
from tests.content.importing.words import allowed_numbers, load, source_units, targets


@dataclass(frozen=True)
class Pair:
    """A source, its good target in a locale, and the numbers that its unit allows."""

    locale: str
    key: str
    source: str
    target: str
    numbers: tuple[str, ...] = ()


Mutation = Callable[[Pair], str | None]


@dataclass(frozen=True)
class MutationClass:
    group: str
    name: str
    mutate: Mutation = field(compare=False)


SHIPPED = ("ar", "ur", "hi", "bn", "cy", "mi", "fr", "th")
ZEROS = {"ar": "٠", "ur": "۰", "hi": "०", "bn": "০", "th": "๐"}
NUMBER = "0800 1111"
#: A letter of another script that looks like one of the locale's.
SIMILAR_LETTER = {
    "cy": ("a", "а"), "mi": ("a", "а"), "fr": ("a", "а"), "fi": ("a", "а"), "ar": ("ي", "ی"), "hi": ("क", "ক"), "bn": ("ক", "क"),
    "ur": ("ی", "ي"), "th": ("า", "າ"), "zh-Hant": ("的", "가")}  # fmt: skip


@cache
def clean_pairs() -> tuple[Pair, ...]:
    rows = load(Path(__file__).with_name("clean.yaml"))
    return tuple(
        Pair(locale, f"clean.{number}", row["en"], text, tuple(row["numbers"]))
        for number, row in enumerate(rows, 1)
        for locale, text in row.items()
        if locale not in ("en", "numbers")
    )


@cache
def base_pairs() -> tuple[Pair, ...]:
    """Return the shipped pairs that are mutated: those with numbers, tokens and paragraphs, and some of the others."""
    source, allowed = source_units(), allowed_numbers()
    found = []
    for locale in SHIPPED:
        keys = [key for key in sorted(targets(locale)) if key.startswith("tip.")]
        marked = [key for key in keys if "18" in source[key] or TOKEN.search(source[key]) or "\n\n" in source[key]][:14]
        chosen = [*marked, *[key for key in keys if key not in marked][:: max(1, len(keys) // 10)]]
        found += [Pair(locale, key, source[key], targets(locale)[key], tuple(allowed.get(key, ()))) for key in chosen]
    return (*found, *(pair for pair in clean_pairs() if pair.locale in ("zh-Hant", "fi")))


def local(digits: str, locale: str) -> str:
    zero = ord(ZEROS.get(locale, "0"))
    return re.sub("[0-9]", lambda match: chr(zero + int(match.group())), digits)


def number_word(value: int, locale: str) -> str | None:
    words = number_word_entries().get(locale, {}).get("words", {}).get(str(value))
    found = [word for word in words or () if spelled_numbers(word, locale)]
    return found[0] if found else None


def into(text: str, inserted: str) -> str:
    """Insert after the first word, outside of tokens."""
    place = next((match.end() for match in re.finditer(r"\S+", text) if "{" not in match.group()), 0)
    return f"{text[:place]} {inserted} {text[place:].lstrip()}".strip()


def inside_word(text: str, character: str, *, letters: str = r"[^\W\d_]") -> str | None:
    plain = TOKEN.sub(lambda match: "\ufffc" * len(match.group()), text)
    place = re.search(rf"{letters}(?={letters})", plain)
    return text[: place.end()] + character + text[place.end() :] if place else None


def with_18(replace: Callable[[Pair], str | None]) -> Mutation:
    def mutate(pair: Pair) -> str | None:
        new = replace(pair)
        found = re.search("18|" + local("18", pair.locale), TOKEN.sub(lambda match: "\ufffc" * len(match.group()), pair.target))
        if "18" not in pair.numbers or new is None or not found:
            return None
        return pair.target[: found.start()] + new + pair.target[found.end() :]

    return mutate


def paste(text: str) -> Mutation:
    return lambda pair: into(pair.target, text)


def invisible(character: str) -> Mutation:
    return lambda pair: inside_word(pair.target, character)


def instead(text: str) -> Mutation:
    return lambda pair: text


def first_token(change: Callable[[str], str]) -> Mutation:
    def mutate(pair: Pair) -> str | None:
        found = TOKEN.search(pair.target)
        return pair.target[: found.start()] + change(found.group()) + pair.target[found.end() :] if found else None

    return mutate


def other_language(pair: Pair) -> str | None:
    """Return the same text in a language of the same script, or another one."""
    nearest = {"ar": "ur", "ur": "ar", "hi": "mr", "bn": "hi", "cy": "fr", "mi": "id", "fr": "cy", "th": "ar"}.get(pair.locale)
    text = targets(nearest).get(pair.key) if nearest else None
    return text if text and len(text.split()) >= 6 else None


def spelled_digits(pair: Pair) -> str | None:
    words = digit_words(pair.locale)
    return into(pair.target, " ".join(words[int(digit)] for digit in "116111")) if words else None


def similar_letter(pair: Pair) -> str | None:
    wrong = SIMILAR_LETTER.get(pair.locale)
    plain = TOKEN.sub(lambda match: "\ufffc" * len(match.group()), pair.target)
    place = re.search(rf"(?<=[^\W\d_]){wrong[0]}|{wrong[0]}(?=[^\W\d_])", plain) if wrong else None
    return pair.target[: place.start()] + wrong[1] + pair.target[place.end() :] if place and wrong else None


def refused() -> Iterator[MutationClass]:
    yield MutationClass("token", "removed", first_token(lambda token: ""))
    yield MutationClass("token", "doubled", first_token(lambda token: f"{token} {token}"))
    yield MutationClass("token", "name changed", first_token(lambda token: token.replace("-", "_", 1)))
    yield MutationClass("token", "letters swapped", first_token(lambda token: token.replace("service", "sevrice")))
    yield MutationClass("token", "capitals", first_token(str.upper))
    yield MutationClass("token", "full-width braces", first_token(lambda token: token.replace("{", "｛").replace("}", "｝")))
    yield MutationClass("token", "typed name", first_token(lambda token: "Childline"))
    yield MutationClass("token", "added", paste("{service:zz-take-it-down}"))
    for name, text in {
        "image": "![x](y)",
        "link": "[x](y)",
        "autolink": "<https://example.org>",
        "HTML": "<b>x</b>",
        "entity": "&#48;&#56;",
    }.items():
        yield MutationClass("markup", name, paste(text))
    for code in (0x202A, 0x202E, 0x2066, 0x2069):
        yield MutationClass("direction", f"U+{code:04X}", invisible(chr(code)))
    yield MutationClass("number", "18 to 8", with_18(lambda pair: local("8", pair.locale)))
    yield MutationClass("number", "18 to 19", with_18(lambda pair: local("19", pair.locale)))
    yield MutationClass("number", "18 removed", with_18(lambda pair: ""))
    yield MutationClass("number", "18 doubled", with_18(lambda pair: f"{local('18', pair.locale)}, {local('18', pair.locale)}"))
    yield MutationClass("number", "18 spelled as 19", with_18(lambda pair: number_word(19, pair.locale)))
    yield MutationClass("number", "single digit added", lambda pair: into(pair.target, local("7", pair.locale)))
    yield MutationClass("number", "18 added", lambda pair: into(pair.target, local("18", pair.locale)))
    yield MutationClass(
        "number", "spelled 18 added", lambda pair: into(pair.target, number_word(18, pair.locale) or local("18", pair.locale))
    )
    for name, text in {
        "spaces": NUMBER,
        "hyphens": "0800-11-11",
        "NBSP": "0800\u00a01111",
        "NNBSP": "0800\u202f1111",
        "brackets": "(0800) 1111",
        "+44": "+44 800 1111",
        "en dash": "0800–1111",
        "full width": "０８００１１１１",
        "slashes": "08/00/11/11",
        "dots": "0.8.0.0.1.1.1.1",
        "commas": "1,1,6,1,1,1",
        "commas and spaces": "1, 1, 6",
        "colons": "1:1:6",
        "apostrophes": "9'9'9",
        "ellipses": "9…9…9",
        "semicolons": "9;9;9",
        "quotes": '9"9"9',
        "Arabic commas": "1، 1، 6",
        "Roman signs": "ⅠⅠⅥ",
        "Roman letters": "I I VI",
        "ideographs": "一一六",
        "ideographs spaced": "一 一 六",
        "letters for digits": "O8OO llll",
        "letters alone": "OOOO llll",
        "Cyrillic letters for digits": "О8ОО 1111",
        "circled": "①①⑥",
        "superscript": "¹¹⁶",
        "mathematical": "𝟏𝟏𝟔",
        "three digits": "999",
        "short code": "116 111",
        "English words": "one one six",
        "English words, commas": "nine, nine, nine",
    }.items():
        yield MutationClass("phone number", name, paste(text))
    yield MutationClass("phone number", "local digits", lambda pair: into(pair.target, local(NUMBER, pair.locale)))
    yield MutationClass("phone number", "local words", spelled_digits)
    for name, text in {
        "https": "https://example.org",
        "host": "example.com",
        "www": "www.example.com",
        "IP": "192.168.1.20",
        "bit.ly": "bit.ly/x",
        "t.me": "t.me/x",
        "x.com": "x.com/x",
        "x.com alone": "x.com",
        "handle": "@helper",
        "full-width handle": "＠helper",
        "spaced dot": "example . com",
        "bracketed dot": "example[.]com",
        "round brackets": "example(.)com",
        "dot in words in brackets": "example [dot] com",
        "ideographic dot": "example。com",
        "full-width dot": "example．com",
        "dot in words": "example dot com",
        "mailbox": "help@example.com",
        "spaced mailbox": "help @ example . com",
        "Arabic host": "موقع.شبكة",
        "Devanagari host": "उदाहरण.परीक्षा",
        "Bengali host": "বাংলা.ভারত",
        "tel": "tel:08001111",
        "mailto": "mailto:x",
        "whatsapp": "whatsapp:x",
        "javascript": "javascript:x",
        "tg": "tg://x",
    }.items():
        yield MutationClass("address", name, paste(text))
    for code in (0x200B, 0x2060, 0x00AD, 0xFEFF, 0x180E, 0xE0041, 0x034F, 0x115F, 0x3164, 0xFFA0, 0x2800, 0xFE0F):
        yield MutationClass("invisible", f"U+{code:04X}", invisible(chr(code)))
    for code in (0x200D, 0x200C, 0x200F, 0x061C, 0x200E):
        yield MutationClass("invisible", f"U+{code:04X} in a Latin word", paste(f"ab{chr(code)}cd"))
    yield MutationClass("invisible", "run of marks", lambda pair: inside_word(pair.target, "\u200e\u200f\u200e"))
    yield MutationClass("script", "similar letter", similar_letter)
    yield MutationClass("script", "foreign word", lambda pair: into(pair.target, "помощь"))
    yield MutationClass("language", "source copied", lambda pair: pair.source if len(pair.source.split()) > 1 else None)
    yield MutationClass("language", "other language", other_language)
    for name, text in {
        "nothing": "",
        "spaces": "   ",
        "joiners": "\u200d\u200c",
        "a dot": ".",
        "marks": "\u200f\u200f",
        "dash": "—",
    }.items():
        yield MutationClass("empty", name, instead(text))
    yield MutationClass("length", "6,001 characters", lambda pair: (pair.target + " ") * (6001 // len(pair.target) + 1))


def warned() -> Iterator[MutationClass]:
    yield MutationClass("slip", "end punctuation", lambda pair: other_end(pair.target))
    yield MutationClass(
        "slip", "paragraphs joined", lambda pair: pair.target.replace("\n\n", " ") if "\n\n" in pair.source else None
    )
    yield MutationClass("slip", "paragraph added", lambda pair: f"{pair.target}\n\n{pair.target.split(chr(10))[0]}")
    yield MutationClass(
        "slip", "five times as long", lambda pair: " ".join([pair.target] * 5) if len(pair.source) >= 40 else None
    )
    yield MutationClass(
        "slip", "one word", lambda pair: pair.target.split()[0] if len(pair.source) >= 60 and " " in pair.target else None
    )
    yield MutationClass("slip", "U+FFFD", lambda pair: inside_word(pair.target, "\ufffd"))
    yield MutationClass("slip", "wrong encoding", lambda pair: into(pair.target, "â€™Ã©"))
    yield MutationClass("slip", "TODO", paste("TODO"))
    yield MutationClass("slip", "tatweel", lambda pair: inside_word(pair.target, "ـ") if pair.locale in ("ar", "ur") else None)
    yield MutationClass("slip", "word doubled", doubled)


def other_end(text: str) -> str | None:
    """Replace the sign at the end, in a script that has one."""
    if unicodedata.category(text[-1]) == "Po" and text[-1] in ".۔।。":
        return text[:-1] + ("؟" if text[-1] == "۔" else "?")
    return None


#: Words that no language doubles.
NEVER_DOUBLED = {
    "ar": ("في", "من"), "ur": ("اور", "میں"), "hi": ("और", "में"), "bn": ("এবং", "জন্য"), "cy": ("yn", "dan"), "mi": ("te", "ki"),
    "fr": ("le", "une"), "fi": ("ja", "sitten"),
}  # fmt: skip


def doubled(pair: Pair) -> str | None:
    for word in NEVER_DOUBLED.get(pair.locale, ()):
        if f" {word} " in pair.target:
            return pair.target.replace(f" {word} ", f" {word} {word} ", 1)
    return None
