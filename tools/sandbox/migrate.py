"""Migrate the sandbox's database as `manage.py migrate` does, in half the time: python -m tools.sandbox.migrate."""

from __future__ import annotations

import os

import django
from django.core.management import call_command

from config.start import require_settings
from tools.sandbox.pytest_plugins.migrating import only_the_changed_model


def main() -> None:
    """Run every migration that has not run yet, and write permissions and roles. Ends with status 2 for a wrong setting."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    require_settings()
    django.setup()
    with only_the_changed_model():
        call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
