"""The migrations that fill the history of texts find in the rows and the audit log what happened before."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from content.importing.drafts import stored_digest
from content.models import Target, TargetRevision, Unit, UnitApproval
from content.terms import Change
from core.models import User
from tests import make
from tests.make import NOON

HISTORY = import_module("content.migrations.0024_fill_texts_history")
DIGESTS = import_module("content.migrations.0032_fill_file_digests")
KINDS = import_module("content.migrations.0037_number_kinds")
TABLES = ("content_unit", "content_target", "content_unitapproval", "content_targetrevision")

pytestmark = pytest.mark.django_db


def run(*statements: str) -> None:
    """Run the statements as the migration does: before the newer triggers exist."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def forget() -> None:
    run(
        "DELETE FROM content_unitapproval",
        "DELETE FROM content_targetrevision",
        "UPDATE content_unit SET outdated_revisions = '{}', withdrawn_revisions = '{}'",
    )


def fill() -> None:
    run(HISTORY.BEHIND, HISTORY.APPROVALS, HISTORY.UNREAD_SOURCES, HISTORY.AUTHORS, HISTORY.APPROVED_BEFORE, HISTORY.LATEST)


@pytest.fixture
def unit() -> Unit:
    make.world()
    return make.unit("tip.first-hour.title", "Stop and breathe", owner="tip:first-hour", approved=True)


@pytest.fixture
def eve(unit: Unit) -> User:
    return make.person("eve", "localisation-editor")


def revise(unit: Unit, text: str, change: Change, by: User) -> None:
    unit.revise(text=text, change=change, by=by, at=NOON, from_revision=unit.revision)


def test_the_approved_revisions_of_a_source_are_read_from_the_audit_log(unit: Unit, eve: User) -> None:
    revise(unit, "Stop", Change.CLARITY, eve)
    revise(unit, "Stop!", Change.SAFETY, eve)
    revise(unit, "Stop.", Change.COSMETIC, eve)
    unit.approve(by=make.checker(), at=NOON)
    revise(unit, "Stop now.", Change.CLARITY, eve)
    fields = ("unit", "revision", "declared", "change", "by", "at")
    expected = list(UnitApproval.objects.order_by("revision").values_list(*fields))
    behind = (unit.outdated_revisions, unit.withdrawn_revisions)

    forget()
    fill()

    unit.refresh_from_db()
    assert [row[1:3] for row in expected] == [(1, "safety"), (4, "safety")]
    assert list(UnitApproval.objects.order_by("revision").values_list(*fields)) == expected
    assert (unit.outdated_revisions, unit.withdrawn_revisions) == behind == ([3, 4], [1, 2])


def test_each_target_keeps_its_texts_and_who_wrote_and_approved_them(unit: Unit, eve: User) -> None:
    make.target(unit.key, "cy", "Stopiwch", approved=True)
    changed = make.target(unit.key, "fr", "Stop", approved=True)
    changed.write(text="Halte", by=eve, at=NOON, from_revision=2)
    make.target(unit.key, "ar", "قف")

    forget()
    fill()

    found = TargetRevision.objects.order_by("target__locale", "revision")
    assert list(found.values_list("target__locale", "revision", "act", "text", "by__username")) == [
        ("ar", 1, "written", "قف", "fingerpost-system"),
        ("cy", 1, "written", "Stopiwch", "fingerpost-system"),
        ("cy", 2, "approved", "Stopiwch", "checker"),
        ("fr", 2, "approved", "Stop", "checker"),
        ("fr", 3, "revised", "Halte", "eve"),
    ]


def test_a_target_of_a_source_that_nobody_approved_needs_review_again(unit: Unit) -> None:
    make.target(unit.key, "cy", "Stopiwch", approved=True)
    run("UPDATE content_target SET source_revision = 7, approved_source_revision = 7")

    forget()
    fill()

    target = Target.objects.get()
    assert (target.state, target.approved_by, target.revision) == ("needs-review", None, 3)


def test_what_the_product_wrote_counts_as_the_text_of_the_file_and_what_a_person_wrote_does_not(unit: Unit, eve: User) -> None:
    make.target(unit.key, "cy", "Stopiwch")
    other = make.unit("why.age", "Under 18", allowed_numbers={"18": "age"})
    mine = make.unit("why.free", "It is free.", by=eve)

    # The second statement of the later migration names the kinds of the numbers in the digest.
    run(*DIGESTS.FILL, KINDS.FILL[1])

    assert Unit.objects.get(pk=unit.pk).file_digest == stored_digest(unit)
    assert Unit.objects.get(pk=other.pk).file_digest == stored_digest(other)
    assert Unit.objects.get(pk=mine.pk).file_digest == ""
    assert len(Target.objects.get().file_digest) == 64


def test_the_kinds_of_stored_numbers_are_those_that_the_words_beside_them_show(unit: Unit) -> None:
    kinds = {"18": "age", "48": "hours", "2025": "year", "120": "count"}
    text = "Under 18, within 48 hours, in 2025, for 120 people."
    held = make.unit("why.age", text, allowed_numbers=kinds, approved=True)
    run("UPDATE content_unit SET number_kinds = '{}', approved_number_kinds = '{}'")

    run(KINDS.FILL[0])

    held.refresh_from_db()
    assert held.numbers == held.numbers_of_approval == kinds
    assert Unit.objects.get(pk=unit.pk).numbers == {}
