"""What the database refuses the role of the running product, and that the product needs nothing of it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from core import database_roles
from core.database_roles import APPEND_ONLY, MIGRATIONS_ONLY
from tests import make
from tools.sandbox.postgres import RUNTIME_ROLE

REFUSED = {
    "emptying the audit log": "TRUNCATE core_auditentry CASCADE",
    "emptying messages": "TRUNCATE notifications_message CASCADE",
    "emptying channels": "TRUNCATE content_channel CASCADE",
    "changing the audit log": "UPDATE core_auditentry SET verb = 'x'",
    "deleting from the audit log": "DELETE FROM core_auditentry",
    "breaking the chain": "DELETE FROM core_auditlink",
    "switching triggers off": "ALTER TABLE core_auditentry DISABLE TRIGGER USER",
    "switching all triggers off": "SET session_replication_role = replica",
    "dropping a trigger": "DROP TRIGGER pgtrigger_append_only_97da0 ON core_auditentry",
    "dropping a CHECK": "ALTER TABLE core_staffchange DROP CONSTRAINT staffchange_four_eyes",
    "replacing the function of a trigger": (
        "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN "
        "AS $$ BEGIN RETURN TRUE; END; $$ LANGUAGE plpgsql"
    ),
    "adding a column for pictures": "ALTER TABLE content_tip ADD COLUMN picture bytea",
    "creating a table": "CREATE TABLE pictures (body bytea)",
    "creating a view": "CREATE VIEW everything AS SELECT * FROM core_user",
    "running a program": "COPY core_user TO PROGRAM 'cat'",
    "becoming another role": "SET SESSION AUTHORIZATION postgres",
    "making a role": "CREATE ROLE mallory SUPERUSER",
    "inventing a permission": "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('x', 1, 'x')",
    "forging a migration": "DELETE FROM django_migrations",
}


def test_the_database_refuses_the_runtime_role_every_way_around_a_rule(raw_sql: psycopg.Connection[Any]) -> None:
    make.person("ann", "publisher")

    passed = [name for name, statement in REFUSED.items() if not _is_refused(raw_sql, statement)]

    assert passed == []


def test_the_runtime_role_has_what_the_product_needs_of_every_table(raw_sql: psycopg.Connection[Any]) -> None:
    tables = [row[0] for row in raw_sql.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")]
    assert len(tables) > 60

    for table in tables:
        rights = {
            right
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
            if raw_sql.execute("SELECT has_table_privilege(%s, %s, %s)", (RUNTIME_ROLE, table, right)).fetchone() == (True,)
        }
        expected = {"SELECT", "INSERT", "UPDATE", "DELETE"}
        if table in APPEND_ONLY:
            expected = {"SELECT", "INSERT"}
        elif table in MIGRATIONS_ONLY:
            expected = {"SELECT"}
        assert rights == expected, table


def test_the_audit_log_takes_entries_and_chains_them_for_the_runtime_role(raw_sql: psycopg.Connection[Any]) -> None:
    ann = make.person("ann")

    raw_sql.execute(
        "INSERT INTO core_auditentry (at, by_id, verb, model, row, details) VALUES (now(), %s, 'x', '', '', '{}')", (ann.pk,)
    )

    assert raw_sql.execute("SELECT count(*) FROM core_auditlink").fetchone() == (1,)


def test_the_product_starts_as_the_runtime_role_and_not_as_the_owner(raw_sql: psycopg.Connection[Any]) -> None:
    with pytest.raises(CommandError, match="owns tables"):
        call_command("runtime_role")
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SET ROLE {RUNTIME_ROLE}")
            assert database_roles.fault(cursor) is None
        finally:
            cursor.execute("RESET ROLE")


def test_the_start_does_not_wait_for_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError

    monkeypatch.setattr("core.management.commands.runtime_role.connection.cursor", away)

    call_command("runtime_role")


def _is_refused(role: psycopg.Connection[Any], statement: str) -> bool:
    try:
        role.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False
