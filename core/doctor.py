"""What is wrong with this installation: each app inspects what it knows, and `manage.py doctor` prints all of it.

An app registers its inspections in its module `inspections`, which core.apps imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core import checks
from django.db import Error, connection


@dataclass(frozen=True)
class Symptom:
    """One thing that is wrong, in one sentence, and what to do about it."""

    detail: str
    hint: str = ""
    #: Whether something does not work, or soon will not; else it works and should be otherwise.
    is_problem: bool = True


Inspection = Callable[[datetime], Iterable[Symptom]]
_INSPECTIONS: dict[str, Inspection] = {}


def inspects(subject: str) -> Callable[[Inspection], Inspection]:
    """Register an inspection of a subject, such as "the staff"; subjects are inspected in the order of registration."""

    def register(inspection: Inspection) -> Inspection:
        _INSPECTIONS[subject] = inspection
        return inspection

    return register


def warning(detail: str, hint: str = "") -> Symptom:
    """Return a symptom that is no problem yet."""
    return Symptom(detail, hint, is_problem=False)


def symptoms(*, at: datetime) -> list[Symptom]:
    """Return what every inspection and Django's deploy checks find, problems first."""
    found = [*_deploy_checks()]
    for subject, inspection in _INSPECTIONS.items():
        try:
            found += inspection(at)
        except Error as error:
            found.append(Symptom(f"{subject.capitalize()} could not be inspected: the database fails ({type(error).__name__})."))
            connection.close()
    return sorted(found, key=lambda symptom: not symptom.is_problem)


def _deploy_checks() -> Iterable[Symptom]:
    for message in checks.run_checks(include_deployment_checks=True):
        if not message.is_silenced():
            yield Symptom(f"{message.msg} ({message.id})", message.hint or "", is_problem=message.level >= checks.ERROR)
