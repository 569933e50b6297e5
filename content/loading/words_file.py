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

from content.loading.drafts import Draft
from content.models.tip import TipKind
from content.terms import Audience, Situation, Step
from core.errors import Invalid

#: Every label that an app needs; reasons (`why.…`) are as many as the resolver has.
LABELS = frozenset(
    f"{group}.{value}"
    for group, values in (("situation", Situation), ("step", Step), ("audience", Audience))
    for value in values.values
)
_WHY = re.compile(r"why\.[a-z0-9]+(-[a-z0-9]+)*")

_TIP_KEYS = frozenset({"slug", "kind", "audiences", "situations", "countries", "order", "allowed_numbers"})
_TEXT_KEYS = frozenset({"title", "short", "do_now", "do_not", "more"})
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
    faults += _label_faults(labels)
    for number, row in enumerate(rows, start=1):
        faults += [f"tip {row.get('slug', number)}: {reason}" for reason in _tip_faults(row)]
    faults += [f"tip {slug}: it stands twice." for slug, count in Counter(row.get("slug") for row in rows).items() if count > 1]
    for locale, texts in targets.items():
        faults += [
            f"{locale} {key}: it is no text." for key, text in texts.items() if not isinstance(text, str) or not text.strip()
        ]
    if faults:
        raise _refused(faults)
    drafts = [Draft(key, "term", text) for key, text in labels.items()]
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
    for key, text in labels.items():
        if key not in LABELS and not _WHY.fullmatch(key):
            yield f"label {key}: nothing is called so."
        if not isinstance(text, str) or not text.strip():
            yield f"label {key}: it is no text."


def _tip_faults(row: Mapping[str, Any]) -> Iterator[str]:
    if missing := sorted((_TIP_KEYS | _TEXT_KEYS) - row.keys()):
        yield f"{', '.join(missing)} missing."
        return
    if unknown := sorted(row.keys() - _TIP_KEYS - _TEXT_KEYS):
        yield f"unknown field {', '.join(unknown)}."
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
    if not isinstance(row["order"], int) or not 0 <= row["order"] <= 32767:
        yield f"the order {row['order']!r} is no number from 0 to 32767."
    for number in row["allowed_numbers"]:
        if not isinstance(number, str) or not re.fullmatch(r"[0-9]{2,4}", number):
            yield f"the allowed number {number!r} is no text of two to four digits."
    for name in ("title", "short"):
        if not isinstance(row[name], str) or not row[name].strip():
            yield f"{name} is no text."
    for name in ("do_now", "do_not"):
        if not isinstance(row[name], list) or not all(isinstance(step, str) and step.strip() for step in row[name]):
            yield f"{name} is no list of texts."
    if not isinstance(row["more"] or "", str):
        yield "more is no text."


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
    texts = {"title": row["title"], "short": row["short"]}
    for name, part in (("do_now", "do-now"), ("do_not", "do-not")):
        texts |= {f"{part}.{number}": text for number, text in enumerate(row[name], start=1)}
    if row["more"]:
        texts["more"] = row["more"]
    for part, text in texts.items():
        yield Draft(f"tip.{slug}.{part}", f"tip:{slug}", text, allowed)
