"""Write a folder of words with one tip, and load it as drafts, for the tests of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from content.importing.words import WordsLoaded, load_words
from content.importing.words_file import LABELS
from core.models import User
from tests import make
from tests.make import NOON

TIP = {
    "slug": "first-hour",
    "kind": "tip",
    "audiences": ["teen"],
    "situations": ["blackmail"],
    "countries": [],
    "order": 10,
    "allowed_numbers": {"age": ["18"]},
    "title": "Stop and breathe",
    "short": "You are not alone.",
    "do_now": ["Tell one adult.", "Stop answering."],
    "do_not": ["Do not pay."],
    "more": "Under 18? **Still** not your fault.",
}


def write(folder: Path, *, tips: list[dict[str, Any]] | None = None, revision: int = 0, **targets: dict[str, str]) -> None:
    labels = {key: f"Label {key.partition('.')[2]}" for key in sorted(LABELS)} | {"why.free": "It is free."}
    with (folder / "tips.yaml").open("w", encoding="utf-8") as out:
        YAML().dump({"revision": revision, "labels": labels, "tips": [TIP] if tips is None else tips}, out)
    for locale, texts in targets.items():
        with (folder / "targets" / f"{locale}.yaml").open("w", encoding="utf-8") as out:
            YAML().dump({"revision": revision, **texts}, out)


def load(folder: Path) -> WordsLoaded:
    make.world()
    loaded = load_words(folder, by=User.objects.system(), at=NOON)
    make.approve_tips()
    return loaded
