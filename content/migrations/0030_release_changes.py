"""Add what a release changes in words, what its publisher confirms, its locales, and a time to publish."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0029_tip_facts_take_two'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PackCoverage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(max_length=10)),
                ('own', models.PositiveSmallIntegerField()),
                ('variant', models.PositiveSmallIntegerField()),
                ('other', models.PositiveSmallIntegerField(help_text='In the source language, as the last resort.')),
            ],
        ),
        migrations.CreateModel(
            name='ReleaseChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('tip', 'Tip'), ('service', 'Service'), ('label', 'Label'), ('figure', 'Figure'), ('pack', 'Pack')], max_length=7)),
                ('item', models.CharField(help_text='Slug or id.', max_length=120)),
                ('name', models.TextField(blank=True, help_text='Its title or name, as readers of the locale get it.')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), size=None)),
                ('old', models.JSONField(blank=True, help_text='The fields that differ, by name; null: the item is new.', null=True)),
                ('new', models.JSONField(blank=True, help_text='Null: the item goes.', null=True)),
            ],
            options={
                'ordering': ('release', 'kind', 'item', 'locale', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='ReleaseEffect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('pack', 'Pack'), ('tip', 'Tip'), ('step', 'Step'), ('translation', 'Translation'), ('readers', 'Readers'), ('service', 'Service'), ('channel', 'Channel'), ('label', 'Label'), ('figure', 'Figure'), ('returns', 'Returns')], max_length=11)),
                ('item', models.CharField(max_length=160)),
                ('name', models.TextField(blank=True)),
                ('places', models.JSONField(help_text='Locale to the countries of its packs.')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('release', 'kind', 'item'),
            },
        ),
        migrations.CreateModel(
            name='ScheduledPublication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('publish_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('published', 'Published'), ('cancelled', 'Cancelled'), ('refused', 'Refused')], default='waiting', max_length=9)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('detail', models.TextField(blank=True, help_text='Why it was refused.')),
            ],
            options={
                'ordering': ('-pk',),
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='release',
            name='compiled_fixed',
        ),
        migrations.AddField(
            model_name='release',
            name='scope',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=35), blank=True, help_text='The locales that were compiled; the packs of all others are those of the base. Null: all were compiled.', null=True, size=None),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='release',
            trigger=pgtrigger.compiler.Trigger(name='compiled_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."base_id" IS DISTINCT FROM (NEW."base_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."scope" IS DISTINCT FROM (NEW."scope") OR OLD."restores_id" IS DISTINCT FROM (NEW."restores_id") OR OLD."compiled_by_id" IS DISTINCT FROM (NEW."compiled_by_id") OR OLD."compiled_at" IS DISTINCT FROM (NEW."compiled_at") OR OLD."report" IS DISTINCT FROM (NEW."report"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='24f322fa2113cc289399abca07f58c7271a52efa', operation='UPDATE', pgid='pgtrigger_compiled_fixed_13029', table='content_release', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='release',
            trigger=pgtrigger.compiler.Trigger(name='effects_confirmed', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.state = 'published' AND OLD.state <> 'published' AND EXISTS (\n        SELECT 1 FROM content_releaseeffect e\n        WHERE e.release_id = NEW.number AND e.confirmed_by_id IS DISTINCT FROM NEW.published_by_id\n    ) THEN\n        RAISE EXCEPTION 'the publisher has not confirmed what goes' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='c8743c2ca71572491408f7ce801a2f2a9c250b76', operation='UPDATE', pgid='pgtrigger_effects_confirmed_341ef', table='content_release', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='packcoverage',
            name='pack',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='coverage', to='content.pack'),
        ),
        migrations.AddField(
            model_name='releasechange',
            name='locale',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.locale'),
        ),
        migrations.AddField(
            model_name='releasechange',
            name='release',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changes', to='content.release'),
        ),
        migrations.AddField(
            model_name='releaseeffect',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='releaseeffect',
            name='release',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='effects', to='content.release'),
        ),
        migrations.AddField(
            model_name='scheduledpublication',
            name='approved_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='scheduledpublication',
            name='release',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='content.release'),
        ),
        migrations.AddConstraint(
            model_name='packcoverage',
            constraint=models.UniqueConstraint(fields=('pack', 'audience'), name='packcoverage_once'),
        ),
        migrations.AddIndex(
            model_name='releasechange',
            index=models.Index(fields=['release', 'locale', 'kind', 'item'], name='releasechange_by_locale'),
        ),
        migrations.AddConstraint(
            model_name='releasechange',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['tip', 'service', 'label', 'figure', 'pack'])), name='releasechange_kind'),
        ),
        migrations.AddConstraint(
            model_name='releasechange',
            constraint=models.CheckConstraint(condition=models.Q(('old__isnull', False), ('new__isnull', False), _connector='OR'), name='releasechange_of_something'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='releasechange',
            trigger=pgtrigger.compiler.Trigger(name='never_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='8a39e47732c91c7bb200f907eed2f193f0ba471b', operation='UPDATE', pgid='pgtrigger_never_changes_2cff5', table='content_releasechange', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='releaseeffect',
            constraint=models.UniqueConstraint(fields=('release', 'kind', 'item'), name='releaseeffect_once'),
        ),
        migrations.AddConstraint(
            model_name='releaseeffect',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['pack', 'tip', 'step', 'translation', 'readers', 'service', 'channel', 'label', 'figure', 'returns'])), name='releaseeffect_kind'),
        ),
        migrations.AddConstraint(
            model_name='releaseeffect',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='releaseeffect_confirmed_whole'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='releaseeffect',
            trigger=pgtrigger.compiler.Trigger(name='found_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."release_id" IS DISTINCT FROM (NEW."release_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."item" IS DISTINCT FROM (NEW."item") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."places" IS DISTINCT FROM (NEW."places"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='f9a5d4e6af4bd86ce4128f3111c7e8cad3a57cab', operation='UPDATE', pgid='pgtrigger_found_once_bf3b4', table='content_releaseeffect', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='scheduledpublication',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('release',), name='scheduledpublication_one_waits'),
        ),
        migrations.AddConstraint(
            model_name='scheduledpublication',
            constraint=models.CheckConstraint(condition=models.Q(('publish_at__gt', models.F('approved_at'))), name='scheduledpublication_in_the_future'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledpublication',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'waiting' THEN\n                        RAISE EXCEPTION 'content.ScheduledPublication begins as waiting, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('waiting', 'cancelled'), ('waiting', 'published'), ('waiting', 'refused')) THEN\n                    RAISE EXCEPTION 'content.ScheduledPublication cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='0178fa20d16770d3d3c842b640caba69981f3f4f', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_7c7a4', table='content_scheduledpublication', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledpublication',
            trigger=pgtrigger.compiler.Trigger(name='second_person', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF EXISTS (SELECT 1 FROM content_release r WHERE r.number = NEW.release_id AND r.compiled_by_id = NEW.approved_by_id) THEN\n        RAISE EXCEPTION 'a second person approves a release' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='5797d418230eaac3c5ad34689e5af90470780f07', operation='INSERT', pgid='pgtrigger_second_person_c5229', table='content_scheduledpublication', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='scheduledpublication',
            trigger=pgtrigger.compiler.Trigger(name='approved_once', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."release_id" IS DISTINCT FROM (NEW."release_id") OR OLD."publish_at" IS DISTINCT FROM (NEW."publish_at") OR OLD."approved_by_id" IS DISTINCT FROM (NEW."approved_by_id") OR OLD."approved_at" IS DISTINCT FROM (NEW."approved_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='0ab47ce88816e36056767a8a18f770a08a56c676', operation='UPDATE', pgid='pgtrigger_approved_once_b93e8', table='content_scheduledpublication', when='BEFORE')),
        ),
    ]
