"""Say in sentences what is wrong with this installation, and what to do."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from core import doctor
from core.cli import StaffCommand
from core.doctor import Symptom


class Command(StaffCommand):
    """The `doctor` command; its exit status is 1 where there is a problem. Warnings alone leave it 0."""

    help = (
        "Inspect settings, database, migrations, staff, keys, service accounts, workers, releases, checks of services and "
        "backups, and run check --deploy. Run it with the settings of a worker, which has the service accounts."
    )

    def run_command(self, options: dict[str, Any]) -> None:
        """Print what is found."""
        found = doctor.symptoms(at=timezone.now())
        lines = []
        for symptom in found:
            lines.append(f"{_word(symptom).capitalize()}: {symptom.detail}")
            if symptom.hint:
                lines.append(f"  {symptom.hint}")
        data = [{"severity": _word(one), "detail": one.detail, "hint": one.hint} for one in found]
        self.print_result(options, {"findings": data}, "\n".join(lines) or "Nothing is wrong.")
        problems = sum(symptom.is_problem for symptom in found)
        if problems:
            raise CommandError(f"{problems} problem{'s' if problems > 1 else ''} found.")


def _word(symptom: Symptom) -> str:
    return "problem" if symptom.is_problem else "warning"
