"""Texts of public pages and documents that are in no pack, such as those around an outside reader's texts, and translations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from annotated_types import Interval
from pydantic import Field, ValidationError

from content.importing.drafts import Draft
from content.importing.words_file import WordsRefused, load_yaml
from content.terms import SOURCE_LOCALE
from core.file_models import FileModel, Text, fault_lines

#: The owner of their units, and the beginning of the units' keys.
OWNER: Final = "page"
FILE: Final = "page_texts.yaml"
_FOLDER = Path(__file__).parent.parent / "facts"


class PageTextsFile(FileModel):
    """The texts of all pages."""

    revision: Annotated[int, Interval(ge=0)] = 0
    """The next number at each change of the file, as in tips.yaml."""
    texts: dict[Annotated[str, Field(pattern=r"^[a-z]+\.[a-z]+(-[a-z]+)*$")], dict[str, Annotated[str, Text(400)]]]
    """The text of each key by locale; English, `en`, is the source and is required."""

    @property
    def drafts(self) -> list[Draft]:
        """The source texts."""
        return [Draft(f"{OWNER}.{key}", OWNER, texts[SOURCE_LOCALE]) for key, texts in self.texts.items()]

    @property
    def targets(self) -> dict[str, dict[str, str]]:
        """The translations by locale and unit key."""
        found: dict[str, dict[str, str]] = {}
        for key, texts in self.texts.items():
            for locale, text in texts.items():
                if locale != SOURCE_LOCALE:
                    found.setdefault(locale, {})[f"{OWNER}.{key}"] = text
        return found


def read_page_texts(folder: Path) -> PageTextsFile:
    """Read the file in the folder, which may be missing; WordsRefused lists every fault."""
    if not (folder / FILE).exists():
        return PageTextsFile(texts={})
    try:
        file = PageTextsFile.model_validate(load_yaml(folder / FILE))
    except ValidationError as error:
        faults = fault_lines(error, FILE)
    else:
        faults = [
            f"{FILE}: texts.{key}: the text in English is required." for key in file.texts if SOURCE_LOCALE not in file.texts[key]
        ]
    if faults:
        raise WordsRefused("The texts were not loaded. " + " ".join(faults), faults=faults)
    return file


@cache
def shipped_english(page: str) -> Mapping[str, str]:
    """Return the English texts of a page that the product ships with, by the last part of their keys."""
    texts = read_page_texts(_FOLDER).texts
    return {key.partition(".")[2]: own[SOURCE_LOCALE] for key, own in texts.items() if key.partition(".")[0] == page}
