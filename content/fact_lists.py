"""Read and check the small lists of facts beside the services: aliases of situations and removal powers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from content.terms import RemovalPower, Situation
from core.errors import Invalid
from core.file_models import FileModel, OneOf, Slug, Text, fault_lines

_T = TypeVar("_T")
_FACTS = Path(__file__).parent / "facts"
_Service = Annotated[str, Slug(80)]
_Sourced = Annotated[str, Text(500)]


class FactListRefused(Invalid):
    """A list of facts breaks a rule, and nothing is compiled from it."""

    code = "fact-list-refused"


class PowerEntry(FileModel):
    """What a service can do about an image on a platform."""

    power: Annotated[str, OneOf(RemovalPower.values)]
    source: _Sourced
    why: _Sourced


_Aliases = TypeAdapter(dict[Annotated[str, OneOf(Situation.values)], list[Annotated[str, Slug(40)]]])
_Powers = TypeAdapter(dict[_Service, PowerEntry])


@lru_cache(maxsize=1)
def read_aliases(file: Path = _FACTS / "aliases.json") -> Mapping[str, str]:
    """Return the situation of each everyday word; FactListRefused where one word means two."""
    by_situation = _read(_Aliases, file)
    if faults := list(_alias_faults(by_situation)):
        raise _refused(file, faults)
    return {alias: situation for situation, aliases in by_situation.items() for alias in aliases}


@lru_cache(maxsize=1)
def read_removal_powers(file: Path = _FACTS / "removal_powers.json") -> Mapping[str, str]:
    """Return the RemovalPower of each service that has one, by its id."""
    return {service: entry.power for service, entry in _read(_Powers, file).items()}


def _alias_faults(by_situation: Mapping[str, list[str]]) -> Iterator[str]:
    meaning: dict[str, str] = {}
    for situation, aliases in by_situation.items():
        for alias in aliases:
            if alias in Situation.values:
                yield f"{situation}: {alias} is the id of a situation, so it cannot be an alias."
            elif alias in meaning:
                yield f"{situation}: {alias} already means {meaning[alias]}; an alias has one meaning."
            else:
                meaning[alias] = situation


def _read(adapter: TypeAdapter[_T], file: Path) -> _T:
    try:
        pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=_once)
        return adapter.validate_python(pairs, strict=True)
    except ValidationError as error:
        raise _refused(file, fault_lines(error)) from error
    except ValueError as error:
        raise _refused(file, [f"{error}."]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; ValueError where it has one key twice, of which JSON would keep the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refused(file: Path, faults: list[str]) -> FactListRefused:
    lines = [f"{file.name}: {fault}" for fault in faults]
    return FactListRefused(" ".join(lines), faults=lines)
