"""The triggers hold in every session: the setting with which django-pgtrigger lets a session turn them off has no effect.

A rule of four eyes that one line of SQL turns off is no rule.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from pgtrigger import compiler

#: Each trigger asks this function whether the session has turned it off, and django-pgtrigger writes its own function with each
#: trigger that a migration or `manage.py pgtrigger install` creates.
HOLD: Final = """
    CREATE OR REPLACE FUNCTION "public"._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN
    AS $$ BEGIN RETURN FALSE; END; $$ LANGUAGE plpgsql;
"""


def hold_in_every_session() -> None:
    """Write the function that turns nothing off in the same statement as each trigger.

    Otherwise, what ends between the two leaves a database in which each session can turn every rule off: a migration that fails
    or is killed, or one that gives way to a backup.
    """
    compiler.Trigger.install_sql = property(lambda trigger: f"{trigger.sql}{HOLD}")  # type: ignore[assignment]


def can_be_turned_off() -> bool:
    """Return whether a session can turn a trigger off now; not so where no trigger was ever created."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('public._pgtrigger_should_ignore(name)') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{a_trigger}', true)")
        cursor.execute("SELECT public._pgtrigger_should_ignore('a_trigger')")
        found = bool(cursor.fetchone()[0])
        cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', true)")
    return found
