"""The boxes of a form in which the numbers of a source text are entered, one box for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from content.console.labels import label
from content.models import Unit
from content.models.unit_numbers import number_box
from content.terms import NumberKind
from core.errors import DomainError, Invalid


@dataclass(frozen=True)
class NumberBox:
    """One box: its name in the form, its label, what is in it, and what is wrong with that ("" for nothing)."""

    name: str
    label: str
    value: str
    fault: str


def number_boxes(unit: Unit, submitted: QueryDict | None, error: DomainError | None) -> list[NumberBox]:
    """Return a box for each kind of number, with what was submitted or else what is stored."""
    faults: Mapping[str, str] = error.extra.get("fields", {}) if error else {}
    boxes = []
    for kind in NumberKind:
        name = number_box(kind)
        stored = ", ".join(number for number, of_kind in unit.numbers.items() if of_kind == kind)
        value = submitted.get(name, stored) if submitted else stored
        boxes.append(NumberBox(name, label("number-kind", kind), value, faults.get(name, "")))
    return boxes


def entered_numbers(data: QueryDict) -> dict[str, NumberKind]:
    """Return the numbers of all boxes with their kinds; raise Invalid where one is in two boxes."""
    found: dict[str, NumberKind] = {}
    for kind in NumberKind:
        for number in data.get(number_box(kind), "").replace(",", " ").split():
            if found.setdefault(number, kind) != kind:
                box = number_box(kind)
                detail = f"{number} is in two boxes. A text can hold a number in one meaning only."
                raise Invalid(detail, code="allowed-number", field=box, fields={box: detail})
    return found


def number_list(numbers: Mapping[str, str]) -> str:
    """Return the numbers as staff read them: "18 (age), 48 (hours)"."""
    return ", ".join(f"{number} ({label('number-kind', kind).lower()})" for number, kind in numbers.items())


@dataclass(frozen=True)
class NumberChanges:
    """What an approval would change in the numbers of a unit, as sentences name it; "" for nothing."""

    new: str
    gone: str
    #: "18: count, was age".
    other_kind: str


def number_changes(unit: Unit) -> NumberChanges:
    """Return how the numbers of the draft differ from the approved ones."""
    draft, approved = unit.numbers, unit.numbers_of_approval
    return NumberChanges(
        new=number_list({number: kind for number, kind in draft.items() if number not in approved}),
        gone=number_list({number: kind for number, kind in approved.items() if number not in draft}),
        other_kind="; ".join(
            f"{number}: {label('number-kind', kind).lower()}, was {label('number-kind', approved[number]).lower()}"
            for number, kind in draft.items()
            if approved.get(number, kind) != kind
        ),
    )
