"""The audit log speaks in one form, in the rows of before too."""

from __future__ import annotations

import re
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction

from core.audit_verbs import Verb
from core.models import AuditEntry, User
from tests.make import NOON

MIGRATION = import_module("core.migrations.0002_audit_verbs")


def entries(verbs: dict[tuple[str, str], str]) -> list[AuditEntry]:
    by = User.objects.system()
    return AuditEntry.objects.bulk_create(AuditEntry(by=by, verb=verb, model=model, at=NOON, row="7") for model, verb in verbs)


@pytest.mark.parametrize("verb", Verb)
def test_a_verb_says_of_what_it_was_done(verb: Verb) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", verb.value)
    assert verb.label[0].isupper()


def test_no_two_verbs_have_the_same_label() -> None:
    assert len({verb.label for verb in Verb}) == len(Verb)


@pytest.mark.django_db
def test_the_migration_renames_every_verb_of_before() -> None:
    made = entries(MIGRATION.RENAMED)

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in MIGRATION.RENAME:
            cursor.execute(statement)

    assert [AuditEntry.objects.get(pk=entry.pk).verb for entry in made] == list(MIGRATION.RENAMED.values())
    assert set(MIGRATION.RENAMED.values()) <= set(Verb.values)
    assert set(AuditEntry.objects.values_list("at", "row")) == {(NOON, "7")}


@pytest.mark.django_db
def test_after_the_migration_the_log_refuses_updates_again() -> None:
    entries({("content.Release", "publish"): ""})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in MIGRATION.RENAME:
            cursor.execute(statement)

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.update(verb="other")
