"""Second readings, first approvals, looks and samples of progress; no approval without a second reader of each language.

Pages of the earlier version cannot approve once this has run, because they record no second reader.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0012_basis_for_teens'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CampaignLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('definition', models.JSONField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='FirstApproval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('reason', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ProgressSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('moved_at', models.DateTimeField()),
                ('processed', models.PositiveIntegerField(help_text='Installations and topics with an outcome.')),
                ('pending', models.PositiveIntegerField()),
                ('note', models.CharField(blank=True, help_text='What the campaign waited for, or what slowed it down.', max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='SecondReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('locale', models.CharField(max_length=35)),
                ('words', models.JSONField(help_text='The text that was read, written by a trigger.')),
                ('meaning', models.CharField(blank=True, help_text="What the text says, in the reader's own words.", max_length=500)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='campaign',
            name='returned_by',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), db_default=[], default=list, help_text='Everyone who sent it back; they cannot edit it.', size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='returned_by_another', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF TG_OP = 'UPDATE' AND NOT NEW.returned_by @> OLD.returned_by THEN\n            RAISE EXCEPTION 'nobody is removed from returned_by' USING ERRCODE = 'check_violation';\n        END IF;\n        IF NEW.touched_by && NEW.returned_by THEN\n            RAISE EXCEPTION 'nobody edits a campaign that they sent back' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='328f2b6535bc707bb1c33f874a41489a9126fc38', operation='INSERT OR UPDATE', pgid='pgtrigger_returned_by_another_f3a5d', table='notifications_campaign', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='read_in_every_language', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF OLD.state = 'submitted' AND NEW.state = 'approved' AND EXISTS (\n            SELECT 1 FROM jsonb_each(NEW.words) AS w(locale, words)\n            WHERE NOT EXISTS (\n                SELECT 1 FROM notifications_secondreading r\n                WHERE r.campaign_id = NEW.id AND r.locale = w.locale AND r.words = w.words AND NOT r.by_id = ANY(NEW.touched_by)\n            )\n        ) THEN\n            RAISE EXCEPTION 'every language of a campaign is read by a second reader before it is approved'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='065ac59ee4ddc7bb85d3827c140a676c6e204a98', operation='UPDATE', pgid='pgtrigger_read_in_every_language_90aa9', table='notifications_campaign', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='campaignlook',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='campaignlook',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='looks', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='firstapproval',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='firstapproval',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='first_approvals', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='progresssample',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='samples', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='secondreading',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='second_readings', to='notifications.campaign'),
        ),
        migrations.AddConstraint(
            model_name='campaignlook',
            constraint=models.UniqueConstraint(fields=('campaign', 'by', 'fingerprint'), name='campaignlook_once'),
        ),
        migrations.AddConstraint(
            model_name='firstapproval',
            constraint=models.UniqueConstraint(fields=('campaign', 'fingerprint'), name='firstapproval_once'),
        ),
        migrations.AddConstraint(
            model_name='firstapproval',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='firstapproval_reason'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='firstapproval',
            trigger=pgtrigger.compiler.Trigger(name='by_another', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM notifications_campaign c WHERE c.id = NEW.campaign_id AND NEW.by_id = ANY(c.touched_by)) THEN\n        RAISE EXCEPTION 'nobody confirms or approves a campaign that they wrote, edited or submitted'\n            USING ERRCODE = 'check_violation';\n    END IF;\nRETURN NEW;", hash='714e619925d2a43d9f6877b0ea513874e39de2e8', operation='INSERT', pgid='pgtrigger_by_another_32fd1', table='notifications_firstapproval', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='firstapproval',
            trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='fa9aa3bed3c7eb6d3e55249a07fb30c8df785d48', operation='UPDATE', pgid='pgtrigger_immutable_f0599', table='notifications_firstapproval', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='progresssample',
            index=models.Index(fields=['campaign', 'at'], name='progresssample_campaign'),
        ),
        migrations.AddIndex(
            model_name='secondreading',
            index=models.Index(fields=['campaign', 'locale'], name='secondreading_campaign'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondreading',
            trigger=pgtrigger.compiler.Trigger(name='by_another', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM notifications_campaign c WHERE c.id = NEW.campaign_id AND NEW.by_id = ANY(c.touched_by)) THEN\n        RAISE EXCEPTION 'nobody confirms or approves a campaign that they wrote, edited or submitted'\n            USING ERRCODE = 'check_violation';\n    END IF;\nRETURN NEW;", hash='dc0224b3b0fe2a4b9a7abbbc8600c5e21a6a7263', operation='INSERT', pgid='pgtrigger_by_another_27f5c', table='notifications_secondreading', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondreading',
            trigger=pgtrigger.compiler.Trigger(name='of_the_stored_text', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF NOT EXISTS (SELECT 1 FROM core_user u WHERE u.id = NEW.by_id\n                        AND (NEW.locale = ANY(u.locales) OR '*' = ANY(u.locales))) THEN\n                        RAISE EXCEPTION 'a text is confirmed by a person who reads its language'\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                    NEW.words := (SELECT c.words -> NEW.locale FROM notifications_campaign c WHERE c.id = NEW.campaign_id);\n                    RETURN NEW;\n                ", hash='9a234c5433feb1cb795586c4c6bfc919ee519e7d', operation='INSERT', pgid='pgtrigger_of_the_stored_text_945bf', table='notifications_secondreading', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='secondreading',
            trigger=pgtrigger.compiler.Trigger(name='immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='5b4b2fc479c02cd44f2a6f4d04be6025ea212056', operation='UPDATE', pgid='pgtrigger_immutable_3fffa', table='notifications_secondreading', when='BEFORE')),
        ),
    ]
