"""Keep the numbers that a text may hold with its approval, and with each revision.

Of a text that waits for its approval, those of the numbers count as approved that the approved text holds.
"""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0034_digits_are_data'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='unit',
            name='honest',
        ),
        migrations.AddField(
            model_name='unit',
            name='approved_numbers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='unitrevision',
            name='allowed_numbers',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), help_text='null: saved before this was kept.', null=True, size=None),
        ),
        migrations.RunSQL(
            """
            UPDATE content_unit SET approved_numbers = CASE state
                WHEN 'approved' THEN allowed_numbers
                ELSE ARRAY(SELECT n FROM unnest(allowed_numbers) n WHERE approved_text ~ ('\\m' || n || '\\M')) END
            WHERE approved_revision IS NOT NULL AND allowed_numbers <> '{}'
            """,
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='unit',
            trigger=pgtrigger.compiler.Trigger(name='honest', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF (NEW.text, NEW.allowed_numbers, NEW.allowed_hosts) IS DISTINCT FROM (OLD.text, OLD.allowed_numbers, OLD.allowed_hosts)\n        AND NEW.revision <> OLD.revision + 1 THEN\n        RAISE EXCEPTION 'a changed text takes the next revision' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.revision < OLD.revision\n        OR (NEW.revision <> OLD.revision AND NEW.state = 'approved' AND (\n            (NEW.text, NEW.allowed_numbers) IS DISTINCT FROM (OLD.approved_text, OLD.approved_numbers)\n            OR cardinality(NEW.allowed_hosts) > 0\n        )) THEN\n        RAISE EXCEPTION 'a new revision needs review' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (\n        SELECT 1 FROM content_unitrevision\n        WHERE unit_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id\n    ) AND NEW.text IS DISTINCT FROM OLD.approved_text THEN\n        RAISE EXCEPTION 'the author of a text cannot approve it' USING ERRCODE = 'check_violation';\n    END IF;\n    IF (NEW.approved_text, NEW.approved_revision, NEW.approved_numbers)\n        IS DISTINCT FROM (OLD.approved_text, OLD.approved_revision, OLD.approved_numbers)\n        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') THEN\n        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='044398832f6295c346ce54c9ef073b0d2fc5665d', operation='UPDATE', pgid='pgtrigger_honest_1ade8', table='content_unit', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name="unit",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "approved"), _negated=True), ("approved_numbers", models.F("allowed_numbers")), _connector="OR"),
                name="unit_numbers_are_approved",
            ),
        ),
    ]
