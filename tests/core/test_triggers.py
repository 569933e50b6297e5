"""No session turns a trigger off, whatever has just created one, and whether or not a migration came to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import connection

from core import triggers
from core.backups import catalogue
from core.inspections import inspect_database
from core.models import AuditEntry

pytestmark = pytest.mark.django_db


def append_only() -> Any:
    return next(
        trigger
        for model, trigger in pgtrigger.registered()
        if (model._meta.label, trigger.name) == ("core.AuditEntry", "append_only")
    )


def let_sessions_turn_triggers_off() -> None:
    """Create a trigger as django-pgtrigger alone does, and as a migration that failed once left it."""
    with connection.cursor() as cursor:
        cursor.execute(str(append_only().compile(AuditEntry).sql))


def test_the_function_of_django_pgtrigger_lets_a_session_turn_triggers_off() -> None:
    let_sessions_turn_triggers_off()

    assert triggers.can_be_turned_off()


def test_a_trigger_of_a_migration_cannot_be_turned_off_before_the_migration_ends() -> None:
    with connection.schema_editor() as editor:
        editor.execute(append_only().compile(AuditEntry).install_sql, params=None)

    assert not triggers.can_be_turned_off()


def test_a_trigger_that_the_command_installs_cannot_be_turned_off() -> None:
    let_sessions_turn_triggers_off()

    call_command("pgtrigger", "install", "core.AuditEntry:append_only")

    assert not triggers.can_be_turned_off()


def test_a_database_in_which_they_can_be_turned_off_is_named_and_repaired() -> None:
    let_sessions_turn_triggers_off()
    named = "A session can turn the triggers off. Run manage.py migrate." in catalogue.faults()
    symptoms = [symptom.detail for symptom in inspect_database(datetime.now(UTC))]

    call_command("migrate", verbosity=0)

    assert named
    assert "A session of the database can turn its rules off." in symptoms
    assert not triggers.can_be_turned_off()
    assert catalogue.faults() == []
