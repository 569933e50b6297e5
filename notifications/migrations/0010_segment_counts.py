"""Keep a counter for each segment, by triggers on registrations; the next migration fills it."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0009_tries_of_single_devices'),
    ]

    operations = [
        migrations.CreateModel(
            name='SegmentCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('devices', models.IntegerField()),
                (
                    'segment',
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='counts',
                        to='notifications.segment',
                    ),
                ),
                ('folded', models.BooleanField(db_default=False, default=False, help_text='The sum of earlier changes.')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('folded', False)), fields=['id'], name='segment_count_to_fold')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, 1 AS devices FROM added WHERE gone_at IS NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='af0345ab1243fb5536bbc7d378610fc5ee2c87e2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_counted_on_insert_2e31b', referencing='REFERENCING NEW TABLE AS added ', table='notifications_registration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, 1 AS devices FROM added WHERE gone_at IS NULL UNION ALL SELECT segment_id, -1 AS devices FROM removed WHERE gone_at IS NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='fe960d40b4928785c4f0613ef7ca672211ddd233', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_counted_on_update_d1b66', referencing='REFERENCING OLD TABLE AS removed  NEW TABLE AS added ', table='notifications_registration', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='registration',
            trigger=pgtrigger.compiler.Trigger(name='counted_on_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='\n            INSERT INTO notifications_segmentcount (segment_id, devices)\n            SELECT segment_id, sum(devices) FROM (SELECT segment_id, -1 AS devices FROM removed WHERE gone_at IS NULL) changes GROUP BY segment_id HAVING sum(devices) <> 0;\n            RETURN NULL;\n        ', hash='a73f23e1a00fe676b69d4c5cf99ef37d29b01c50', level='STATEMENT', operation='DELETE', pgid='pgtrigger_counted_on_delete_ee627', referencing='REFERENCING OLD TABLE AS removed ', table='notifications_registration', when='AFTER')),
        ),
    ]
