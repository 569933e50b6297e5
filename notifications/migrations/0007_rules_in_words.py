"""Write the help texts of columns, and the sentences of the trigger `four_eyes`, in plain English."""

import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0006_plain_names'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='four_eyes',
        ),
        migrations.AlterField(
            model_name='batch',
            name='canary',
            field=models.BooleanField(db_default=False, default=False, help_text='Sent first and alone; its outcomes decide about the rest of the wave.'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='fence',
            field=models.IntegerField(default=0, help_text='Number of claims; a settlement under an earlier number is void.'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='gone',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Rejected ones whose address FCM does not know or does not accept.'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='ready_at',
            field=models.DateTimeField(help_text='May not be claimed earlier.'),
        ),
        migrations.AlterField(
            model_name='batch',
            name='tries',
            field=models.PositiveSmallIntegerField(default=0, help_text='Settlements that left something to send.'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='gone',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='Installations that FCM reported gone, marked or not.'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='not_after',
            field=models.DateTimeField(help_text='Nothing is sent from this instant on.'),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='touched_by',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Everyone who ever wrote, edited or submitted it.', size=None),
        ),
        migrations.AlterField(
            model_name='quota',
            name='booked_until',
            field=models.DateTimeField(help_text='Permits are given out up to this instant (a leaky bucket).'),
        ),
        migrations.AlterField(
            model_name='quota',
            name='consecutive_blocks',
            field=models.PositiveIntegerField(default=0, help_text='Blocks since FCM last accepted a message.'),
        ),
        migrations.AlterField(
            model_name='quota',
            name='rate',
            field=models.FloatField(help_text='Messages a second; below the configured rate after FCM was slow.'),
        ),
        migrations.AlterField(
            model_name='quota',
            name='reason',
            field=models.CharField(blank=True, help_text='Why it is blocked, as one sentence.', max_length=200),
        ),
        migrations.AlterField(
            model_name='registration',
            name='gone_at',
            field=models.DateTimeField(blank=True, help_text='Nothing is sent from then on, until it registers or refreshes.', null=True),
        ),
        migrations.AlterField(
            model_name='registration',
            name='gone_because',
            field=models.CharField(blank=True, db_default='', default='', help_text="FCM's reason.", max_length=15),
        ),
        migrations.AlterField(
            model_name='segment',
            name='requested_on',
            field=models.DateField(help_text='Of a topic: the day on which an app last requested it.', null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='four_eyes', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n        IF TG_OP = \'INSERT\' THEN\n            IF NOT NEW.created_by_id = ANY(NEW.touched_by) THEN\n                RAISE EXCEPTION \'the creator of a campaign is in touched_by\' USING ERRCODE = \'check_violation\';\n            END IF;\n        ELSE\n            IF NOT NEW.touched_by @> OLD.touched_by OR NEW.created_by_id <> OLD.created_by_id THEN\n                RAISE EXCEPTION \'nobody is removed from touched_by\' USING ERRCODE = \'check_violation\';\n            END IF;\n            IF NEW.state NOT IN (\'draft\', \'submitted\') AND ROW(NEW."submitted_by_id", NEW."submitted_at", NEW."fingerprint", NEW."rev") IS DISTINCT FROM ROW(OLD."submitted_by_id", OLD."submitted_at", OLD."fingerprint", OLD."rev")\n                OR NEW.state = OLD.state AND ROW(NEW."submitted_by_id", NEW."submitted_at", NEW."fingerprint", NEW."rev", NEW."approved_by_id", NEW."approved_at") IS DISTINCT FROM ROW(OLD."submitted_by_id", OLD."submitted_at", OLD."fingerprint", OLD."rev", OLD."approved_by_id", OLD."approved_at") THEN\n                RAISE EXCEPTION \'a submission is written once\' USING ERRCODE = \'check_violation\';\n            END IF;\n            IF NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id\n                AND NOT (OLD.state = \'submitted\' AND NEW.state = \'approved\') AND NEW.state <> \'draft\' THEN\n                RAISE EXCEPTION \'an approval is given once, to a submitted campaign\' USING ERRCODE = \'check_violation\';\n            END IF;\n        END IF;\n        IF NEW.submitted_by_id IS NOT NULL AND NOT NEW.submitted_by_id = ANY(NEW.touched_by) THEN\n            RAISE EXCEPTION \'the submitter of a campaign is in touched_by\' USING ERRCODE = \'check_violation\';\n        END IF;\n        IF NEW.approved_by_id = ANY(NEW.touched_by) THEN\n            RAISE EXCEPTION \'nobody can approve a campaign that they wrote, edited or submitted\'\n                USING ERRCODE = \'check_violation\';\n        END IF;\n        RETURN NEW;\n    ', hash='cf5e6c4adcb8e5d061ddaaddb05771ae756b2f0b', operation='INSERT OR UPDATE', pgid='pgtrigger_four_eyes_4f2db', table='notifications_campaign', when='BEFORE')),
        ),
    ]
