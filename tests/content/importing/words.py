"""Read the texts that ship with Fingerpost as plain data, for the tests of sources and targets."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from content.terms import Audience, Situation, Step

FACTS = Path(__file__).resolve().parents[3] / "content" / "facts"

SITUATIONS = set(Situation.values)
AUDIENCES = set(Audience.values)
STEPS = set(Step.values)

#: The crisis and first-hour texts, and the first text of each situation, which every locale has.
MOST_URGENT = [
    "right-now",
    "right-now-adults",
    "right-now-for-you",
    "first-hour",
    "first-hour-parents",
    "not-alone",
    "not-alone-adults",
    "hold-on",
    "hold-on-adults",
    "read-together",
    "you-may-refuse",
    "no-trouble",
    "from-back-then",
    "going-round",
    "too-fast",
    "still-counts",
    "made-to",
    "not-online",
    "on-their-side",
    "stay-close",
    "stay-with-them",
    "close-and-tell",
    "close-and-tell-adults",
    "call-first",
    "calm-first",
    "tell-the-lead",
]
FIRST_HOUR = [
    *MOST_URGENT,
    "words-and-names",
    "on-your-device",
    "say-your-age",
    "you-can-stop",
    "lock-the-door",
]
NOTICES = ["about-this-app", "not-a-report"]
WIDE = ["cy", "hi", "ar", "es", "fr"]
NARROW = [
    *("mi", "fil", "bn", "mr", "gu", "ml", "ur", "de", "pt-BR"),
    *("id", "it", "ja", "ko", "ne", "nl", "pl", "si", "th", "tr", "vi"),
]
LOCALES = WIDE + NARROW
#: Locales that have only what differs from a broader one; the compiler falls back to that one item by item.
VARIANTS = {"es-419": "es"}

TOKEN = re.compile(r"\{[^{}]*\}")
# Digits form one number across any separators that a reader would skip.
JOINED_DIGITS = re.compile(r"\d(?:[\s./()\[\]\u2010-\u2015-]*\d)*")
DEATH = re.compile(r"suicid|\bdie[sd]?\b|\bdying\b|\bdead\b|\bdeath|\bkill", re.IGNORECASE)
# The same in the target languages, apart because English "die" is a German article.
DEATH_IN_TARGETS = re.compile(
    r"suic[ií]d|hunanladd|\bm?farw\b|\bmarw|mourir|\bmort\b|morir|muert|morrer|\bmorte|selbstm|suizid"
    r"|sterb|\btod\b|pagpapakamatay|mamatay|kamatayan|whakamomori|mō te mate"
    r"|आत्महत्या|मरने|मौत|मृत्यू|انتحار|الموت|خودکشی|خود کشی|مرنے|আত্মহত্যা|মৃত্যু|মরে যা|मरण"
    r"|આત્મહત્યા|આપઘાત|મરવા|મૃત્યુ|ആത്മഹത്യ|മരണ|മരിക്ക"
    r"|bunuh diri|\bmati\b|kematian|\bmeninggal|zelfdoding|zelfmoord|doodga|samobój|umiera|śmier|intihar|\böl(mek|üm)"
    r"|tự tử|tự sát|cái chết|自殺|死|자살|죽|मर्ने|සිය දිවි|මැරෙ|මරණ|ฆ่าตัวตาย|ความตาย|การตาย",
    re.IGNORECASE,
)


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@cache
def words() -> dict[str, Any]:
    return load(FACTS / "tips.yaml")


@cache
def entries() -> dict[str, dict[str, Any]]:
    facts = json.loads((FACTS / "reporting_tools.json").read_text(encoding="utf-8"))
    return {entry["id"]: entry for entry in facts["entries"]}


@cache
def targets(locale: str) -> dict[str, str]:
    return {key: text for key, text in load(FACTS / "targets" / f"{locale}.yaml").items() if key != "revision"}


def all_items() -> list[dict[str, Any]]:
    return words()["tips"]


def tips() -> list[dict[str, Any]]:
    return [item for item in all_items() if item["kind"] == "tip"]


def units_of(item: dict[str, Any]) -> dict[str, str]:
    """Return the source texts by unit key; an empty `more` is not a unit."""
    prefix = f"tip.{item['slug']}"
    units = {f"{prefix}.title": item["title"], f"{prefix}.short": item["short"]}
    units |= {f"{prefix}.do-now.{n}": text for n, text in enumerate(item["do_now"], 1)}
    units |= {f"{prefix}.do-not.{n}": text for n, text in enumerate(item["do_not"], 1)}
    if item.get("short_title"):
        units[f"{prefix}.short-title"] = item["short_title"]
    if item["more"]:
        units[f"{prefix}.more"] = item["more"]
    return units


@cache
def source_units() -> dict[str, str]:
    units = dict(words()["labels"])
    for item in all_items():
        units |= units_of(item)
    return units


def keys_of(slugs: list[str]) -> set[str]:
    return {key for item in all_items() if item["slug"] in slugs for key in units_of(item)}


def allowed_numbers() -> dict[str, list[str]]:
    return {key: numbers_allowed_in(item) for item in all_items() for key in units_of(item)}


def numbers_allowed_in(item: dict[str, Any]) -> list[str]:
    return [number for numbers in item["allowed_numbers"].values() for number in numbers]


def services_in(item: dict[str, Any]) -> set[str]:
    found = {token for text in units_of(item).values() for token in TOKEN.findall(text)}
    return {token.removeprefix("{service:").removesuffix("}") for token in found}


def numbers_in(text: str) -> set[str]:
    runs = JOINED_DIGITS.findall(TOKEN.sub(" x ", text))
    plain = ("".join(str(unicodedata.digit(c)) for c in run if c.isdigit()) for run in runs)
    return {number for number in plain if len(number) > 1}


def sentences_of(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.:?”])\s+|\n+", text) if part.strip()]


def speaks_of_death(locale: str, text: str) -> bool:
    return bool((DEATH if locale == "en" else DEATH_IN_TARGETS).search(text))


def every_text() -> list[tuple[str, str, str]]:
    rows = [("en", key, text) for key, text in source_units().items()]
    return rows + [(loc, key, text) for loc in [*LOCALES, *VARIANTS] for key, text in targets(loc).items()]
