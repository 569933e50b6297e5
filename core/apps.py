"""The core app, and Django's admin with our site as its default."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    """Leaf of the house: states, errors, roles, audit."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import checks  # noqa: F401  registers the deploy checks

        post_migrate.connect(_leave_no_back_door, sender=self)


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin, as the shell of the console; each app registers its pages in its `console` package."""

    default_site = "core.console.site.ConsoleSite"

    def ready(self) -> None:
        super().ready()
        autodiscover_modules("console")


def _leave_no_back_door(using: str, **kwargs: Any) -> None:
    """Make the rules in the database hold for everybody.

    django-pgtrigger lets any session switch its triggers off by a setting, and puts that switch back with each trigger that
    a migration makes; four eyes that one line of SQL can close are none, so the switch is taken out when migrating ends.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            """
            CREATE OR REPLACE FUNCTION "public"._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN
            AS $$ BEGIN RETURN FALSE; END; $$ LANGUAGE plpgsql
            """
        )
