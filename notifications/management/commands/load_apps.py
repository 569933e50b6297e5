"""Create the packaged apps; existing ones are not changed."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from django.conf import settings

from core.cli import StaffCommand
from core.errors import Invalid
from notifications.models import App


class Command(StaffCommand):
    """Create the packaged apps (parent, teen, and the parent app of the test devices); safe to run again."""

    help = __doc__ or ""

    def run_command(self, options: dict[str, Any]) -> None:
        """Create the missing apps; their Firebase project is the first of FIREBASE_PROJECTS."""
        if not settings.FIREBASE_PROJECTS:
            raise Invalid("FIREBASE_PROJECTS is empty; the apps need a Firebase project.")
        project = next(iter(settings.FIREBASE_PROJECTS))
        packaged = json.loads(files("notifications").joinpath("data/apps.json").read_text("utf-8"))
        made = [
            entry["name"]
            for entry in packaged
            if App.objects.get_or_create(name=entry["name"], defaults={**entry, "project": project})[1]
        ]
        self.print_result(
            options, {"made": made, "apps": [entry["name"] for entry in packaged]}, f"Apps created: {', '.join(made) or 'none'}."
        )
