"""Delete the text `phrase.digits`: the words for digits are data (content/facts/number_words.json), which nobody edits alone.

Its history goes with it. The triggers that keep histories are off while these rows are deleted, in one transaction.
"""

from django.db import migrations

KEEPING = ("content_unitrevision", "content_unitapproval", "content_targetrevision", "content_target", "content_unit")
_UNIT = "(SELECT id FROM content_unit WHERE key = 'phrase.digits')"
_TARGETS = f"(SELECT id FROM content_target WHERE unit_id IN {_UNIT})"

STATEMENTS = (
    # A table with pending checks of its foreign keys cannot be altered.
    "SET CONSTRAINTS ALL IMMEDIATE",
    *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in KEEPING),
    f"DELETE FROM content_targetrevision WHERE target_id IN {_TARGETS}",
    f"DELETE FROM content_target WHERE unit_id IN {_UNIT}",
    f"DELETE FROM content_unsavedtext WHERE unit_id IN {_UNIT}",
    f"DELETE FROM content_unitapproval WHERE unit_id IN {_UNIT}",
    f"DELETE FROM content_unitrevision WHERE unit_id IN {_UNIT}",
    "DELETE FROM content_unit WHERE key = 'phrase.digits'",
    *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in KEEPING),
    "SET CONSTRAINTS ALL DEFERRED",
)


class Migration(migrations.Migration):
    dependencies = [("content", "0033_tip_withdrawals")]

    operations = [migrations.RunSQL(list(STATEMENTS), migrations.RunSQL.noop)]
