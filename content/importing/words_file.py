"""Read tips, labels and their targets from YAML; refuse what breaks a rule, with the place and the reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Interval, MaxLen, MinLen
from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from content.importing.drafts import Draft
from content.importing.facts_entry import assigned_country
from content.linting.allowed_numbers import AllowedNumbers
from content.linting.reader_age import reader_age_faults
from content.linting.service import MAX_AGE, age_faults
from content.linting.text import MAX_LENGTH
from content.linting.tip import is_telling
from content.linting.tokens import FACT, tokens
from content.models.tip_facts import TipKind
from content.terms import (
    COMPANION_LABELS,
    CONTACT_LABELS,
    FIGURE_AUDIENCES,
    HANDOUT_LABELS,
    AgeMeasured,
    Audience,
    NoticeKind,
    NumberKind,
    Situation,
    Step,
    Where,
)
from core.errors import Invalid
from core.file_models import FileModel, OneOf, Slug, Text, fault_lines, storable

#: Labels that a file of one's own may leave out: a pack without them is whole, and the companion has English words of its own.
OPTIONAL_LABELS = frozenset({f"contact.{name}" for name in CONTACT_LABELS} | {f"companion.{name}" for name in COMPANION_LABELS})
#: Every label that an app shows; further ones (`why.…`) are as many as the resolver has reasons.
LABELS = (
    frozenset(
        f"{group}.{value}"
        for group, values in (
            ("situation", Situation),
            ("step", Step),
            ("audience", Audience),
            ("notice", NoticeKind),
            ("where", Where),
        )
        for value in values.values
    )
    | {f"handout.{name}" for name in HANDOUT_LABELS}
    | OPTIONAL_LABELS
)
#: Words that the compiler combines with facts: the languages of a service, and what is said of every figure.
PHRASES = frozenset({"phrase.answers-in", "phrase.reports-not-cases", "phrase.old-figure"})
_WHY = re.compile(r"why\.[a-z0-9]+(-[a-z0-9]+)*")
_FILE = "tips.yaml"


class WordsRefused(Invalid):
    """The texts break a rule, and none of them was loaded."""

    code = "words-refused"


def _neutral(slug: str) -> str:
    if is_telling(slug):
        raise ValueError("a slug must not tell what happened")
    return slug


_Step = Annotated[str, Text(500)]
_Age = Annotated[int, Interval(ge=0, le=MAX_AGE)]
_Order = Annotated[int, Interval(ge=0, le=32767)]


class TipText(FileModel):
    """One tip or notice."""

    slug: Annotated[str, Slug(60), AfterValidator(_neutral)]
    kind: Annotated[str, OneOf(TipKind.values)]
    audiences: Annotated[list[Annotated[str, OneOf(Audience.values)]], MinLen(1)]
    situations: list[Annotated[str, OneOf(Situation.values)]]
    countries: list[Annotated[str, Text(2), AfterValidator(assigned_country)]]
    """ISO 3166-1 codes; empty: everywhere."""
    min_age: _Age | None = None
    """Age of the young person; null: no limit."""
    max_age: _Age | None = None
    age_measured: Annotated[str, OneOf(AgeMeasured.values)] | None = None
    """The moment at which the age counts; required where an age is given."""
    order: _Order
    order_in: dict[Annotated[str, OneOf(Situation.values)], _Order] = Field(default_factory=dict)
    """The order in single situations, where it is not `order`."""
    allowed_numbers: dict[Annotated[str, OneOf(NumberKind.values)], list[Annotated[str, Field(pattern=r"^[0-9]{2,4}$")]]]
    """Numbers of two to four digits that the texts may hold, by what they count."""
    title: Annotated[str, Text(200)]
    short_title: Annotated[str, Text(50)] | None = None
    """For lock screens and tight places; null: the title is shown there."""
    short: Annotated[str, Text(500)]
    do_now: list[_Step]
    do_not: list[_Step]
    more: Annotated[str, MaxLen(MAX_LENGTH), AfterValidator(storable)] | None
    """Markdown without images and links."""


#: The file is read with plain mappings as tips: each is validated by itself, so that one does not hide the faults of another.
_Tip = TypeVar("_Tip", TipText, dict[str, Any])


class TipsFile(FileModel, Generic[_Tip]):
    """The texts in their source language."""

    revision: Annotated[int, Interval(ge=0)] = 0
    """The next number at each change of the file: an older file than the one that was loaded last changes no text."""
    labels: dict[str, Annotated[str, Text(200)]]
    tips: list[_Tip]


class TargetsFile(FileModel):
    """The translations of one locale, by unit key."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[str, Text(MAX_LENGTH)]] = Field(init=False)

    revision: Annotated[int, Interval(ge=0)] = 0
    """The next number at each change of the file, as in tips.yaml."""


@dataclass(frozen=True)
class ImportedTip:
    """One tip of the file: its columns, with its steps numbered from 1."""

    slug: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class ImportedWords:
    """The contents of the files: tips, source texts, and targets by locale and unit key.

    `revision` is that of tips.yaml, `target_revisions` are those of the files of targets by locale; 0: the file has none.
    """

    tips: list[ImportedTip]
    drafts: list[Draft]
    targets: dict[str, dict[str, str]]
    revision: int
    target_revisions: dict[str, int]


def read_words(folder: Path) -> ImportedWords:
    """Read tips.yaml and targets/<locale>.yaml of the folder; WordsRefused lists every fault."""
    documents = {file.stem: load_yaml(file) for file in sorted((folder / "targets").glob("*.yaml"))}
    source = _source(load_yaml(folder / _FILE))
    faults = list(_label_faults(source.labels))
    tips = [tip for number, row in enumerate(source.tips, start=1) if (tip := _tip(row, number, faults))]
    slugs = Counter(tip.slug for tip in tips)
    faults += [f"tip {slug}: {count} tips have this slug." for slug, count in slugs.items() if count > 1]
    files = {locale: _targets(locale, document, faults) for locale, document in documents.items()}
    refuse(faults)
    drafts = [Draft(key, "term", text) for key, text in source.labels.items()]
    drafts += [draft for tip in tips for draft in _drafts(tip)]
    return ImportedWords(
        [_imported(tip) for tip in tips],
        drafts,
        {locale: dict(file.__pydantic_extra__) for locale, file in files.items()},
        source.revision,
        {locale: file.revision for locale, file in files.items()},
    )


def refuse(faults: list[str]) -> None:
    """Raise WordsRefused if there are faults."""
    if faults:
        raise _refused(faults)


def _refused(faults: list[str]) -> WordsRefused:
    return WordsRefused("The texts were not loaded. " + " ".join(faults), faults=faults)


def load_yaml(file: Path) -> Any:
    """Return what a YAML file holds; WordsRefused where it cannot be read."""
    try:
        return YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _refused([f"{file.name}: cannot be read: {error}."]) from error
    except YAMLError as error:
        raise _refused([f"{file.name}: not valid YAML: {' '.join(str(error).split())}"]) from error


def _source(document: Any) -> TipsFile[dict[str, Any]]:
    try:
        return TipsFile[dict[str, Any]].model_validate(document)
    except ValidationError as error:
        raise _refused(fault_lines(error, _FILE)) from error


def _tip(row: dict[str, Any], number: int, faults: list[str]) -> TipText | None:
    name = f"tip {row['slug'] if isinstance(row.get('slug'), str) else number}"
    try:
        tip = TipText.model_validate(row)
    except ValidationError as error:
        faults += fault_lines(error, name)
        return None
    if tip.kind == TipKind.TIP and not tip.situations:
        faults.append(f"{name}: situations: must not be empty.")
    if elsewhere := sorted(tip.order_in.keys() - {*tip.situations}):
        faults.append(f"{name}: order_in: {', '.join(elsewhere)} is not among its situations.")
    if not {*tip.audiences} <= {*FIGURE_AUDIENCES} and any(_quotes_figure(draft.text) for draft in _drafts(tip)):
        faults.append(f"{name}: a figure is for parents and educators alone; this tip has other readers.")
    _numbers(tip, faults)
    has_ages = tip.min_age is not None or tip.max_age is not None
    for draft in _drafts(tip):
        faults += [f"{draft.key}: {fault.detail}" for fault in reader_age_faults(draft.text, has_ages=has_ages)]
    faults += [f"{name}: {fault}" for fault in age_faults(tip.min_age, tip.max_age, tip.age_measured or "")]
    return tip


def _targets(locale: str, document: Any, faults: list[str]) -> TargetsFile:
    try:
        return TargetsFile.model_validate(document or {})
    except ValidationError as error:
        faults += fault_lines(error, f"targets/{locale}.yaml")
        return TargetsFile()


def _label_faults(labels: Mapping[str, str]) -> Iterator[str]:
    for key in sorted(LABELS - OPTIONAL_LABELS - labels.keys()):
        yield f"{_FILE}: labels.{key}: this label is required."
    for key in labels:
        if _quotes_figure(labels[key]):
            yield f"{_FILE}: labels.{key}: a label cannot quote a figure."
        if key not in LABELS | PHRASES and not _WHY.fullmatch(key):
            yield f"{_FILE}: labels.{key}: there is no such label."


def _quotes_figure(text: str) -> bool:
    return any(token.kind == FACT for token in tokens(text))


def _imported(tip: TipText) -> ImportedTip:
    fields = {
        "kind": tip.kind,
        "audiences": [audience.value for audience in Audience if audience in tip.audiences],
        "situations": [situation.value for situation in Situation if situation in tip.situations],
        "countries": sorted(tip.countries),
        "min_age": tip.min_age,
        "max_age": tip.max_age,
        "age_measured": tip.age_measured or "",
        "order": tip.order,
        "order_in": tip.order_in,
        "do_now": list(range(1, len(tip.do_now) + 1)),
        "do_not": list(range(1, len(tip.do_not) + 1)),
        "more": bool(tip.more),
    }
    return ImportedTip(tip.slug, fields)


def _drafts(tip: TipText) -> Iterator[Draft]:
    """Yield a draft for each text of a tip, each allowed the tip's numbers."""
    parts = {"title": tip.title, **({"short-title": tip.short_title} if tip.short_title else {}), "short": tip.short}
    for name, steps in (("do-now", tip.do_now), ("do-not", tip.do_not)):
        parts |= {f"{name}.{number}": step for number, step in enumerate(steps, start=1)}
    if tip.more:
        parts["more"] = tip.more
    numbers = _numbers(tip)
    for part, text in parts.items():
        yield Draft(f"tip.{tip.slug}.{part}", f"tip:{tip.slug}", text, numbers)


def _numbers(tip: TipText, faults: list[str] | None = None) -> AllowedNumbers:
    found: dict[str, NumberKind] = {}
    for kind, numbers in tip.allowed_numbers.items():
        for number in numbers:
            if number in found and faults is not None:
                faults.append(f"tip {tip.slug}: allowed_numbers: {number} is there twice.")
            found[number] = NumberKind(kind)
    return found
