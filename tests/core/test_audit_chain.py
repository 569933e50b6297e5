"""The audit log is append-only for everybody, and its chain shows what somebody with the database's own rights did to it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from core import audit, audit_chain
from core.audit_chain import ChainBroken
from core.audit_verbs import Verb
from core.models import AuditEntry, AuditLink, User
from tests.make import NOON

FILL = import_module("core.migrations.0004_chain_earlier_entries").FILL


def write(number: int) -> list[AuditEntry]:
    by = User.objects.system()
    return [audit.record(by=by, verb=Verb.TIP_CHANGED, at=NOON, number=n, text="é ”") for n in range(number)]


def commit() -> None:
    """Run what is deferred to the commit, inside the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def force(*statements: str) -> None:
    """Run statements as somebody who has switched the triggers off."""
    commit()
    with connection.cursor() as cursor:
        for table in ("core_auditentry", "core_auditlink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        commit()
        for table in ("core_auditentry", "core_auditlink"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.django_db
def test_every_entry_gets_its_link_when_it_is_committed() -> None:
    entries = write(3)
    commit()

    assert list(AuditLink.objects.order_by("position").values_list("position", "entry")) == [
        (number, entry.pk) for number, entry in enumerate(entries, start=1)
    ]
    assert audit_chain.check().position == 3


@pytest.mark.django_db
def test_many_entries_of_one_statement_are_chained_in_their_order() -> None:
    by = User.objects.system()
    AuditEntry.objects.bulk_create(AuditEntry(by=by, verb=Verb.TIP_CHANGED, at=NOON) for _ in range(50))
    commit()

    assert audit_chain.check().position == 50


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["core_auditentry", "core_auditlink"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_update_delete_and_truncate_are_refused(table: str, statement: str) -> None:
    write(1)
    commit()
    column = "verb" if table == "core_auditentry" else "digest"

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table, column, column))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["UPDATE core_auditentry SET verb = 'x' WHERE id = {1}"], "entry at position 2 is not the one that was written"),
        (["UPDATE core_auditentry SET at = at + interval '1 us' WHERE id = {0}"], "entry at position 1 is not the one"),
        (["UPDATE core_auditentry SET details = '{{}}' WHERE id = {2}"], "entry at position 3 is not the one"),
        (
            ["DELETE FROM core_auditlink WHERE entry_id = {1}", "DELETE FROM core_auditentry WHERE id = {1}"],
            "links before position 3 are missing",
        ),
        (["DELETE FROM core_auditlink WHERE position = 3"], "the chain of the audit log was shortened"),
        (["TRUNCATE core_auditentry CASCADE"], "The audit log is empty"),
    ],
)
def test_every_change_breaks_the_chain(statements: list[str], sentence: str) -> None:
    ids = [entry.pk for entry in write(3)]
    force(*(statement.format(*ids) for statement in statements))

    with pytest.raises(ChainBroken) as refused:
        audit_chain.check()
    assert sentence.lower() in refused.value.detail.lower()


@pytest.mark.django_db
def test_a_log_that_was_shortened_with_its_chain_is_noticed_by_the_end_that_was_noted() -> None:
    ids = [entry.pk for entry in write(3)]
    commit()
    noted = audit_chain.head()
    force(f"DELETE FROM core_auditlink WHERE position = 3; DELETE FROM core_auditentry WHERE id = {ids[2]}")

    assert audit_chain.check().position == 2
    with pytest.raises(ChainBroken, match="position 3"):
        audit_chain.check(expected=noted)


@pytest.mark.django_db
def test_a_forged_link_does_not_choose_its_digest_or_position() -> None:
    (entry,) = write(1)
    force("DELETE FROM core_auditlink")

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_auditlink (position, entry_id, digest) VALUES (7, %s, 'forged')", [entry.pk])

    assert audit_chain.check().position == 1


@pytest.mark.django_db
def test_the_migration_chains_the_entries_of_before() -> None:
    write(4)
    force("DELETE FROM core_auditlink")

    with connection.cursor() as cursor:
        cursor.execute(FILL)

    assert audit_chain.check().position == 4


@pytest.mark.django_db
def test_the_command_prints_the_end_and_takes_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    write(2)
    commit()

    call_command("audit")
    head = capsys.readouterr().out.split()[-1]
    call_command("audit", "--head", head)

    assert head == str(audit_chain.head())
    with pytest.raises(CommandError, match="does not continue from position 2"):
        call_command("audit", "--head", "2:" + "0" * 64)
    with pytest.raises(CommandError, match="A head is a position"):
        call_command("audit", "--head", "2")


def test_simultaneous_writers_make_one_chain(at_once: Callable[..., list[Any]]) -> None:
    by = User.objects.system()

    def several() -> None:
        for number in range(10):
            with transaction.atomic():
                audit.record(by=by, verb=Verb.TIP_CHANGED, at=NOON, number=number)
                audit.record(by=by, verb=Verb.TIP_CHANGED, at=NOON, number=-number)

    assert at_once(*[several] * 6) == [None] * 6
    assert audit_chain.check().position == 120


def test_an_open_transaction_does_not_keep_others_from_writing(raw_sql: psycopg.Connection[Any]) -> None:
    by = User.objects.system()
    entry = "INSERT INTO core_auditentry (at, by_id, verb, model, row, details) VALUES (now(), %s, 'tip.changed', '', '', '{}')"

    with raw_sql.transaction():
        raw_sql.execute(entry, [by.pk])
        write(1)
        assert AuditLink.objects.count() == 1

    assert audit_chain.check().position == 2
