"""Keep with each allowed number what it counts, mark names that stay as they are, and remember the revisions of files.

The kind of a number that is stored already is the one that the words beside it show; a second reader sees it at the next approval.
"""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


_KIND = r"""
    CASE
        WHEN n ~ '^(19|20)[0-9]{2}$' THEN 'year'
        WHEN text ~ ('\m' || n || '[ -]minutes?\M') THEN 'minutes'
        WHEN text ~ ('\m' || n || '[ -]hours?\M') THEN 'hours'
        WHEN text ~ ('\m' || n || '[ -]days?\M') THEN 'days'
        WHEN n::integer BETWEEN 2 AND 25 THEN 'age'
        ELSE 'count'
    END
"""
_NUMERIC = "n ~ '^[0-9]{1,4}$'"
FILL = [
    f"""
    UPDATE content_unit SET
        number_kinds = ARRAY(
            SELECT CASE WHEN {_NUMERIC} THEN {_KIND} ELSE 'count' END
            FROM unnest(allowed_numbers) WITH ORDINALITY AS held(n, place) ORDER BY place
        ),
        approved_number_kinds = ARRAY(
            SELECT CASE WHEN {_NUMERIC} THEN {_KIND} ELSE 'count' END
            FROM unnest(approved_numbers) WITH ORDINALITY AS held(n, place) ORDER BY place
        )
    WHERE allowed_numbers <> '{{}}' OR approved_numbers <> '{{}}'
    """,
    # The digest of what a file held names the kinds from now on.
    r"""
    UPDATE content_unit SET file_digest = encode(sha256(convert_to(concat_ws(
        E'\n', text,
        (SELECT string_agg(n || ' ' || kind, ',' ORDER BY place)
         FROM unnest(allowed_numbers, number_kinds) WITH ORDINALITY AS held(n, kind, place)),
        array_to_string(allowed_hosts, ',')
    ), 'UTF8')), 'hex')
    WHERE allowed_numbers <> '{}' AND file_digest = encode(sha256(convert_to(concat_ws(
        E'\n', text, array_to_string(allowed_numbers, ','), array_to_string(allowed_hosts, ',')
    ), 'UTF8')), 'hex')
    """,
]


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0036_validate_numbers_of_approval'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='unit',
            name='honest',
        ),
        migrations.AddField(
            model_name='target',
            name='file_revision',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Revision of the file that was loaded last; 0: it had none.'),
        ),
        migrations.AddField(
            model_name='unit',
            name='approved_number_kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('age', 'Age'), ('minutes', 'Minutes'), ('hours', 'Hours'), ('days', 'Days'), ('weeks', 'Weeks'), ('months', 'Months'), ('year', 'Year'), ('count', 'Count'), ('money', 'Money'), ('percent', 'Percent')], max_length=7), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='unit',
            name='approved_stays_as_is',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='unit',
            name='file_revision',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Revision of the file that was loaded last; 0: it had none.'),
        ),
        migrations.AddField(
            model_name='unit',
            name='number_kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('age', 'Age'), ('minutes', 'Minutes'), ('hours', 'Hours'), ('days', 'Days'), ('weeks', 'Weeks'), ('months', 'Months'), ('year', 'Year'), ('count', 'Count'), ('money', 'Money'), ('percent', 'Percent')], max_length=7), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='unit',
            name='stays_as_is',
            field=models.BooleanField(db_default=False, default=False, help_text='A name or brand, which targets may repeat as it is.'),
        ),
        migrations.AddField(
            model_name='unitrevision',
            name='number_kinds',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), help_text='null: saved before this was kept.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='unitrevision',
            name='stays_as_is',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='unit',
            trigger=pgtrigger.compiler.Trigger(name='honest', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.state = 'approved' AND OLD.state <> 'approved' THEN\n        NEW.approved_number_kinds := NEW.number_kinds;\n        NEW.approved_stays_as_is := NEW.stays_as_is;\n    END IF;\n    IF (NEW.text, NEW.allowed_numbers, NEW.number_kinds, NEW.allowed_hosts, NEW.stays_as_is)\n        IS DISTINCT FROM (OLD.text, OLD.allowed_numbers, OLD.number_kinds, OLD.allowed_hosts, OLD.stays_as_is)\n        AND NEW.revision <> OLD.revision + 1 THEN\n        RAISE EXCEPTION 'a changed text takes the next revision' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.revision < OLD.revision\n        OR (NEW.revision <> OLD.revision AND NEW.state = 'approved' AND (\n            (NEW.text, NEW.allowed_numbers, NEW.number_kinds, NEW.stays_as_is)\n                IS DISTINCT FROM (OLD.approved_text, OLD.approved_numbers, OLD.approved_number_kinds, OLD.approved_stays_as_is)\n            OR cardinality(NEW.allowed_hosts) > 0\n        )) THEN\n        RAISE EXCEPTION 'a new revision needs review' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND EXISTS (\n        SELECT 1 FROM content_unitrevision\n        WHERE unit_id = NEW.id AND text = NEW.text AND by_id = NEW.approved_by_id\n    ) AND NEW.text IS DISTINCT FROM OLD.approved_text THEN\n        RAISE EXCEPTION 'the author of a text cannot approve it' USING ERRCODE = 'check_violation';\n    END IF;\n    IF (NEW.approved_text, NEW.approved_revision, NEW.approved_numbers, NEW.approved_number_kinds, NEW.approved_stays_as_is)\n        IS DISTINCT FROM\n        (OLD.approved_text, OLD.approved_revision, OLD.approved_numbers, OLD.approved_number_kinds, OLD.approved_stays_as_is)\n        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') THEN\n        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='b12b39c1c6530a34691231d09610b4a4b9972906', operation='UPDATE', pgid='pgtrigger_honest_1ade8', table='content_unit', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_number_kinds', models.F('number_kinds')), ('approved_stays_as_is', models.F('stays_as_is'))), _connector='OR'), name='unit_kinds_are_approved'),
        ),
        AddConstraintNotValid(
            model_name='unit',
            constraint=models.CheckConstraint(condition=models.Q(('number_kinds__contained_by', ['age', 'minutes', 'hours', 'days', 'weeks', 'months', 'year', 'count', 'money', 'percent'])), name='unit_number_kinds'),
        ),
    ]
