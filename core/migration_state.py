"""Which migrations the database has, and which of this version it lacks."""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import connection

_OWN_APPS: Final = ("core", "content", "notifications")


def applied_migrations() -> set[str]:
    """Return "app.name" of each migration that is applied, of the product and of its packages."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations")
        return {name for (name,) in cursor.fetchall()}


def own_migrations() -> set[str]:
    """Return "app.name" of each migration of the product in this version; none is imported."""
    folders = {label: Path(apps.get_app_config(label).path) / "migrations" for label in _OWN_APPS}
    return {
        f"{label}.{module.name}"
        for label, folder in folders.items()
        for module in pkgutil.iter_modules([str(folder)])
        if module.name[0].isdigit()
    }


def missing_migrations() -> list[str]:
    """Return "app.name" of each migration of the product that is not applied; one query."""
    return sorted(own_migrations() - applied_migrations())
