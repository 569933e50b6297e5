"""The core app, and Django's admin configured with the console as its default site."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.auth.management import create_permissions
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

from core import database_roles, triggers


class CoreConfig(AppConfig):
    """States, errors, roles and the audit log; imports no other app of the product."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the deploy checks, and let no role switch triggers off."""
        from core import checks  # noqa: F401  registers the deploy checks

        triggers.hold_in_every_session()
        post_migrate.connect(_let_triggers_hold, sender=self)
        post_migrate.connect(_sync_roles)
        post_migrate.connect(_grant_to_runtime_role)


class ConsoleConfig(SimpleAdminConfig):
    """Django's admin as the console; each app registers its pages in its `console` package, and its inspections."""

    default_site = "core.console.site.ConsoleSite"

    def ready(self) -> None:
        """Import `console` of each app, which registers its pages, and `inspections`, which registers what doctor looks at."""
        super().ready()
        autodiscover_modules("console", "inspections")


def _sync_roles(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Write the table of roles to the database's groups, once the permissions of every app are there."""
    from core import roles

    labels = {name.partition(".")[0] for names in roles.ROLES.values() for name in names}
    last = [app.label for app in apps.get_app_configs() if app.label in labels][-1]
    if sender.label == last:
        # Django's own receiver, which creates an app's permissions, comes after this one.
        create_permissions(sender, verbosity=0, using=using)
        roles.sync()


def _grant_to_runtime_role(using: str, **kwargs: Any) -> None:
    """Grant the running product what it needs, after the last table of each app is there."""
    if settings.DATABASE_RUNTIME_ROLE:
        with connections[using].cursor() as cursor:
            database_roles.grant(cursor, settings.DATABASE_RUNTIME_ROLE)


def _let_triggers_hold(using: str, **kwargs: Any) -> None:
    """Repair a database in which an earlier version left a way to turn triggers off."""
    with connections[using].cursor() as cursor:
        cursor.execute(triggers.HOLD)
