"""Create and migrate the template of the tests' databases: python -m tests.migrate_template, with DATABASE_URL beside it."""

from __future__ import annotations

import os

import django
import psycopg
from django.core.management import call_command

from tests import environment  # noqa: F401  the settings of the tests
from tools.sandbox.kept_database import DATABASE
from tools.sandbox.pytest_plugins.migrating import only_the_changed_model


def main() -> None:
    """Create the database, and migrate it as Django migrates those of its tests."""
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")
    os.environ |= {"DATABASE_URL": f"{url.rpartition('/')[0]}/{DATABASE}", "DJANGO_SETTINGS_MODULE": "config.settings"}
    django.setup()
    with only_the_changed_model():
        call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
