"""Read the tips and labels, and their targets, from YAML; refuse what breaks a rule, with the place and the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pycountry
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from content.importing.drafts import Draft
from content.importing.shapes import Shape, objects, shape_faults, text, texts, whole
from content.linting.text import MAX_LENGTH
from content.models.tip import TipKind
from content.terms import Audience, NoticeKind, Situation, Step
from core.errors import Invalid

#: Every label that an app needs; reasons (`why.…`) are as many as the resolver has.
LABELS = frozenset(
    f"{group}.{value}"
    for group, values in (("situation", Situation), ("step", Step), ("audience", Audience), ("notice", NoticeKind))
    for value in values.values
)
#: Words that a compiler puts together with facts: the languages of a service, the digits of a number (zero to nine, in order).
PHRASES = frozenset({"phrase.answers-in", "phrase.digits"})
_WHY = re.compile(r"why\.[a-z0-9]+(-[a-z0-9]+)*")

_TIP: dict[str, Shape] = {
    "slug": text(60),
    "kind": text(6),
    "audiences": texts(30),
    "situations": texts(30),
    "countries": texts(2),
    "order": whole(0, 32767),
    "allowed_numbers": texts(4),
    "title": text(200),
    "short": text(500),
    "do_now": texts(500),
    "do_not": texts(500),
    "more": lambda value: value in ("", None) or text(MAX_LENGTH)(value),
}
#: A slug stands in addresses and histories: it must not say what happened to its reader.
_TELLING = re.compile(r"abuse|blackmail|csam|groom|hack|naked|nude|porn|self-harm|sex|suicid|threat|victim|image|photo|picture")


class WordsRefused(Invalid):
    """The words break their rules, and nothing of them was loaded."""

    code = "words-refused"


@dataclass(frozen=True)
class TipEntry:
    """One tip of the file: its fields by name, with its steps numbered from 1."""

    slug: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class WordsFile:
    """All that the files say: tips, source texts, and targets by locale and unit key."""

    tips: list[TipEntry]
    drafts: list[Draft]
    targets: dict[str, dict[str, str]]


def read_words(folder: Path) -> WordsFile:
    """Read tips.yaml and targets/<locale>.yaml of the folder; WordsRefused with all faults."""
    faults: list[str] = []
    source = _read(folder / "tips.yaml", faults)
    targets = {path.stem: _read(path, faults) for path in sorted((folder / "targets").glob("*.yaml"))}
    if faults:
        raise _refused(faults)
    labels, rows = source.get("labels") or {}, source.get("tips") or []
    if not isinstance(labels, dict) or not objects(rows):
        raise _refused(["tips.yaml: it takes a mapping of labels and a list of tips."])
    faults += _label_faults(labels)
    for number, row in enumerate(rows, start=1):
        faults += [f"tip {row.get('slug', number)}: {reason}" for reason in _tip_faults(row)]
    faults += [
        f"tip {slug}: it stands twice." for slug, count in Counter(str(row.get("slug")) for row in rows).items() if count > 1
    ]
    is_text = text(MAX_LENGTH)
    for locale, rendered in targets.items():
        faults += [f"{locale} {key}: it is no text." for key, words in rendered.items() if not is_text(words)]
    if faults:
        raise _refused(faults)
    drafts = [Draft(key, "term", words) for key, words in labels.items()]
    drafts += [draft for row in rows for draft in _drafts(row)]
    return WordsFile([_tip(row) for row in rows], drafts, targets)


def refuse(faults: list[str]) -> None:
    """Raise WordsRefused where there are faults."""
    if faults:
        raise _refused(faults)


def _refused(faults: list[str]) -> WordsRefused:
    return WordsRefused("The words were not loaded. " + " ".join(faults), faults=faults)


def _read(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        value = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path.name}: it cannot be read: {error.strerror}.")
        return {}
    except YAMLError as error:
        faults.append(f"{path.name}: it is no YAML: {' '.join(str(error).split())}")
        return {}
    if not isinstance(value or {}, dict):
        faults.append(f"{path.name}: it is no mapping.")
        return {}
    return value or {}


def _label_faults(labels: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(LABELS - labels.keys()):
        yield f"label {key}: it is missing."
    for key, words in labels.items():
        if key not in LABELS | PHRASES and not _WHY.fullmatch(str(key)):
            yield f"label {key}: nothing is called so."
        if not text(200)(words):
            yield f"label {key}: it is no text."


def _tip_faults(row: Mapping[str, Any]) -> Iterator[str]:
    if reasons := [*shape_faults(row, _TIP, {})]:
        yield from reasons
        return
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["slug"]) or _TELLING.search(row["slug"]):
        yield "the slug has to be small letters, digits and hyphens, and must not tell what happened."
    if row["kind"] not in TipKind.values:
        yield f"unknown kind {row['kind']!r}."
    for name, known in {"audiences": Audience.values, "situations": Situation.values}.items():
        for value in row[name]:
            if value not in known:
                yield f"unknown {name.removesuffix('s')} {value!r}."
    if not row["audiences"] or (row["kind"] == TipKind.TIP and not row["situations"]):
        yield "it is for nobody."
    for country in row["countries"]:
        if pycountry.countries.get(alpha_2=country) is None:
            yield f"{country!r} is no assigned country."
    for number in row["allowed_numbers"]:
        if not re.fullmatch(r"[0-9]{2,4}", number):
            yield f"the allowed number {number!r} is not two to four digits."


def _tip(row: Mapping[str, Any]) -> TipEntry:
    fields = {
        "kind": row["kind"],
        "audiences": [audience.value for audience in Audience if audience in row["audiences"]],
        "situations": [situation.value for situation in Situation if situation in row["situations"]],
        "countries": sorted(row["countries"]),
        "order": row["order"],
        "do_now": list(range(1, len(row["do_now"]) + 1)),
        "do_not": list(range(1, len(row["do_not"]) + 1)),
    }
    return TipEntry(row["slug"], fields)


def _drafts(row: Mapping[str, Any]) -> Iterator[Draft]:
    """Yield the texts of a tip, each allowed the tip's numbers."""
    slug, allowed = row["slug"], tuple(row["allowed_numbers"])
    parts = {"title": row["title"], "short": row["short"]}
    for name, part in (("do_now", "do-now"), ("do_not", "do-not")):
        parts |= {f"{part}.{number}": step for number, step in enumerate(row[name], start=1)}
    if row["more"]:
        parts["more"] = row["more"]
    for part, words in parts.items():
        yield Draft(f"tip.{slug}.{part}", f"tip:{slug}", words, allowed)
