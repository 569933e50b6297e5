"""The core app, and Django's admin with our site as its default."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CoreConfig(AppConfig):
    """Leaf of the house: states, errors, roles, audit."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import checks  # noqa: F401  registers the deploy checks


class ConsoleConfig(AdminConfig):
    """Django's admin, as the shell of the console."""

    default_site = "core.console.ConsoleSite"
