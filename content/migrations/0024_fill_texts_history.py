"""Fill the history of texts from the rows and the audit log; a translation of a source that nobody approved needs review again.

The approved revisions of a source follow from the log: each change of a source took the next revision.
"""

from django.db import migrations

BEHIND = """
UPDATE content_unit SET
    withdrawn_revisions = ARRAY(SELECT generate_series(1, safety_revision - 1)),
    outdated_revisions = ARRAY(SELECT generate_series(safety_revision, meaning_revision - 1))
    WHERE meaning_revision > 1
"""

APPROVALS = """
WITH approved AS (
    SELECT DISTINCT ON (unit.id, counted.revision) unit.id AS unit_id, counted.revision, entry.by_id, entry.at
    FROM content_unit unit
    JOIN core_auditentry entry
        ON entry.model = 'content.Unit' AND entry."row" = unit.id::text AND entry.verb = 'source.approved'
    CROSS JOIN LATERAL (
        SELECT 1 + count(*) AS revision FROM core_auditentry earlier
        WHERE earlier.model = 'content.Unit' AND earlier."row" = unit.id::text
            AND earlier.verb = 'source.revised' AND earlier.id < entry.id
    ) counted
    WHERE counted.revision <= unit.revision
    ORDER BY unit.id, counted.revision, entry.id
)
INSERT INTO content_unitapproval (unit_id, revision, declared, change, by_id, at)
SELECT approved.unit_id, approved.revision, worst.change, worst.change, approved.by_id, approved.at FROM approved
CROSS JOIN LATERAL (
    SELECT CASE WHEN bool_or(saved.change = 'safety') THEN 'safety' WHEN bool_or(saved.change = 'clarity') THEN 'clarity' ELSE 'cosmetic' END
        AS change
    FROM content_unitrevision saved
    WHERE saved.unit_id = approved.unit_id AND saved.revision <= approved.revision
        AND saved.revision > coalesce((
            SELECT max(earlier.revision) FROM approved earlier
            WHERE earlier.unit_id = approved.unit_id AND earlier.revision < approved.revision
        ), 0)
) worst
"""

UNREAD_SOURCES = """
UPDATE content_target target SET state = 'needs-review', revision = revision + 1, approved_by_id = NULL, approved_at = NULL
WHERE state = 'approved' AND NOT EXISTS (
    SELECT 1 FROM content_unit WHERE id = target.unit_id AND approved_revision = target.approved_source_revision
    UNION ALL
    SELECT 1 FROM content_unitapproval
    WHERE unit_id = target.unit_id AND revision = target.approved_source_revision
)
"""

AUTHORS = """
INSERT INTO content_targetrevision (target_id, revision, act, text, source_revision, by_id, at)
SELECT id, revision - 1, 'written', text, source_revision, written_by_id, written_at
FROM content_target WHERE state = 'approved' AND revision > 1
"""

APPROVED_BEFORE = """
INSERT INTO content_targetrevision (target_id, revision, act, text, source_revision, by_id, at)
SELECT id, revision - 1, 'approved', approved_text, approved_source_revision, coalesce((
        SELECT entry.by_id FROM core_auditentry entry
        WHERE entry.model = 'content.Target' AND entry."row" = target.id::text
            AND entry.verb IN ('translation.approved', 'translation.confirmed')
        ORDER BY entry.id DESC LIMIT 1
    ), written_by_id), written_at
FROM content_target target
WHERE state = 'needs-review' AND revision > 1 AND approved_text <> '' AND approved_source_revision IS NOT NULL
"""

LATEST = """
INSERT INTO content_targetrevision (target_id, revision, act, text, source_revision, by_id, at)
SELECT id, revision,
    CASE WHEN state = 'approved' THEN 'approved' WHEN state = 'empty' THEN 'removed' WHEN revision > 1 THEN 'revised'
        ELSE 'written' END,
    text, source_revision, coalesce(approved_by_id, written_by_id), coalesce(approved_at, written_at)
FROM content_target
"""


class Migration(migrations.Migration):
    dependencies = [("content", "0023_texts_history"), ("core", "0002_audit_verbs")]

    operations = [
        migrations.RunSQL([BEHIND, APPROVALS, UNREAD_SOURCES, AUTHORS, APPROVED_BEFORE, LATEST], migrations.RunSQL.noop)
    ]
