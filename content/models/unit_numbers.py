"""Which numbers a unit may be allowed to hold, compared with every number that people dial."""

from __future__ import annotations

from collections.abc import Mapping

from content.linting.allowed_numbers import allowed_number_faults
from content.models.service import Service
from core.errors import Invalid


def require_allowable(numbers: Mapping[str, str]) -> None:
    """Raise Invalid unless a text may be allowed to hold each of the numbers (digits → kind).

    The error carries `fields`: the sentence for the box of each kind, by the name of the box.
    """
    faults: dict[str, str] = {}
    for kind, sentence in allowed_number_faults(numbers, dialled=Service.objects.dialled_among(numbers)):
        box = number_box(kind)
        faults[box] = f"{faults[box]} {sentence}" if box in faults else sentence
    if faults:
        raise Invalid(" ".join(faults.values()), code="allowed-number", field=next(iter(faults)), fields=faults)


def number_box(kind: str) -> str:
    """Return the name of the form's box for the numbers of one kind."""
    return f"numbers-{kind}"
