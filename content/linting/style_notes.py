"""The style notes of the locales: how a locale speaks to young people and to adults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from content.linting.letters import broader

_FILE = Path(__file__).with_name("style_notes.yaml")


def style_notes(locale: str) -> list[str]:
    """Return the notes of the locale, or else of a wider one in the same script (es for es-MX); none where there are none."""
    notes = _notes()
    return next((notes[code] for code in broader(locale) if code in notes), [])


@cache
def _notes() -> Mapping[str, list[str]]:
    return TypeAdapter(dict[str, list[str]]).validate_python(
        YAML(typ="safe").load(_FILE.read_text(encoding="utf-8")), strict=True
    )
