"""Each kind of statement that would stop or break running code is found in the SQL of a migration, and only those."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools.lint import migrations
from tools.lint.migrations import Migration, unsafe_statements

SQUAWK = Path(sys.executable).parent / "squawk"


def rules(*statements: str) -> list[str]:
    sql = "\n".join(("BEGIN;", *statements, "COMMIT;"))
    return [finding.text.partition(":")[0] for finding in unsafe_statements([Migration("content.0099_new", sql)], SQUAWK)]


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ('CREATE INDEX "i" ON "content_tip" ("slug");', "require-concurrent-index-creation"),
        ('DROP INDEX "i";', "require-concurrent-index-deletion"),
        ('ALTER TABLE "content_tip" ADD COLUMN "kind" text NOT NULL;', "adding-required-field"),
        ('ALTER TABLE "content_tip" ALTER COLUMN "kind" SET NOT NULL;', "adding-not-nullable-field"),
        ('ALTER TABLE "content_tip" DROP COLUMN "kind" CASCADE;', "ban-drop-column"),
        ('ALTER TABLE "content_tip" RENAME COLUMN "kind" TO "sort";', "renaming-column"),
        ('ALTER TABLE "content_tip" RENAME TO "content_advice";', "renaming-table"),
        ('ALTER TABLE "content_tip" ALTER COLUMN "kind" TYPE integer USING "kind"::integer;', "changing-column-type"),
        ('ALTER TABLE "content_tip" ADD CONSTRAINT "c" CHECK ("kind" > 0);', "constraint-missing-not-valid"),
        ('ALTER TABLE "content_tip" ADD CONSTRAINT "u" UNIQUE ("slug");', "disallowed-unique-constraint"),
        ('DROP TABLE "content_tip";', "ban-drop-table"),
        ("ALTER TABEL content_tip;", "syntax-error"),
    ],
)
def test_an_unsafe_statement_is_found(statement: str, rule: str) -> None:
    assert rule in rules(statement)


@pytest.mark.parametrize(
    "statements",
    [
        ['ALTER TABLE "content_tip" ADD COLUMN "kind" text NULL;'],
        ['ALTER TABLE "content_tip" ADD COLUMN "kind" text DEFAULT \'\' NOT NULL;'],
        ['ALTER TABLE "content_tip" ADD CONSTRAINT "c" CHECK ("kind" > 0) NOT VALID;'],
        ['UPDATE "content_tip" SET "kind" = 1;'],
        [
            'CREATE TABLE "content_hint" ("id" bigint NOT NULL PRIMARY KEY, "tip_id" bigint NOT NULL);',
            'ALTER TABLE "content_hint" ADD CONSTRAINT "f" FOREIGN KEY ("tip_id") REFERENCES "content_tip" ("id");',
            'CREATE INDEX "i" ON "content_hint" ("tip_id");',
        ],
    ],
)
def test_a_safe_statement_is_left_alone(statements: list[str]) -> None:
    assert rules(*statements) == []


def test_an_index_outside_a_transaction_may_be_built_concurrently() -> None:
    migration = Migration("content.0099_new", 'CREATE INDEX CONCURRENTLY "i" ON "content_tip" ("slug");')

    assert list(unsafe_statements([migration], SQUAWK)) == []


def test_a_finding_names_the_migration_and_the_line_of_its_sql() -> None:
    migration = Migration("content.0099_new", '--\n-- Remove kind\n--\nALTER TABLE "content_tip" DROP COLUMN "kind";')

    assert [str(one).split(": ")[:2] for one in unsafe_statements([migration], SQUAWK)] == [
        ["content.0099_new:4", "ban-drop-column"]
    ]


def test_an_exception_is_for_one_rule_of_one_migration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "EXCEPTIONS", {("content.0099_new", "ban-drop-column"): "The column was never read."})

    assert rules('ALTER TABLE "content_tip" DROP COLUMN "kind";') == []
    assert rules('ALTER TABLE "content_tip" RENAME COLUMN "kind" TO "sort";') == ["renaming-column"]


def test_a_squawk_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "squawk"
    broken.write_text("#!/bin/sh\necho no >&2\nexit 3\n")
    broken.chmod(0o755)

    with pytest.raises(RuntimeError, match="squawk failed: no"):
        list(unsafe_statements([Migration("content.0099_new", "SELECT 1;")], broken))
