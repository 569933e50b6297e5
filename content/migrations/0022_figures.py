"""Add statistics, which a second person approves."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0021_clearer_help_texts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Figure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80)),
                ('value', models.DecimalField(decimal_places=2, max_digits=14)),
                ('unit', models.CharField(choices=[('number', 'Number'), ('percent', 'Percent'), ('gbp', 'Gbp')], max_length=7)),
                ('qualifier', models.CharField(choices=[('exact', 'Exact'), ('about', 'About'), ('more-than', 'More Than')], max_length=9)),
                ('counted_by', models.CharField(max_length=200)),
                ('period_from', models.DateField()),
                ('period_until', models.DateField()),
                ('source', models.CharField(help_text='As readers see it.', max_length=300)),
                ('source_url', models.CharField(blank=True, max_length=500)),
                ('read_on', models.DateField()),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('replaced', 'Replaced'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('country', models.ForeignKey(help_text='ZZ: the world.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.country')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-id',),
                'constraints': [models.CheckConstraint(condition=models.Q(('unit__in', ['number', 'percent', 'gbp'])), name='figure_unit'), models.CheckConstraint(condition=models.Q(('qualifier__in', ['exact', 'about', 'more-than'])), name='figure_qualifier'), models.CheckConstraint(condition=models.Q(('period_from__lte', models.F('period_until'))), name='figure_period_in_order'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('approved', 'replaced')), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='figure_four_eyes'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('slug',), name='figure_one_proposal'), models.UniqueConstraint(condition=models.Q(('state', 'approved')), fields=('slug',), name='figure_one_approved')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='figure',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'proposed' THEN\n                        RAISE EXCEPTION 'content.Figure begins as proposed, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('approved', 'replaced'), ('approved', 'withdrawn'), ('proposed', 'approved'), ('proposed', 'withdrawn')) THEN\n                    RAISE EXCEPTION 'content.Figure cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='5dcc0d47a273dcef94337c80ecc3f0f03ae58a39', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_2bf29', table='content_figure', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='figure',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."value" IS DISTINCT FROM (NEW."value") OR OLD."unit" IS DISTINCT FROM (NEW."unit") OR OLD."qualifier" IS DISTINCT FROM (NEW."qualifier") OR OLD."counted_by" IS DISTINCT FROM (NEW."counted_by") OR OLD."country_id" IS DISTINCT FROM (NEW."country_id") OR OLD."period_from" IS DISTINCT FROM (NEW."period_from") OR OLD."period_until" IS DISTINCT FROM (NEW."period_until") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."source_url" IS DISTINCT FROM (NEW."source_url") OR OLD."read_on" IS DISTINCT FROM (NEW."read_on") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='01d6df09883e1db9f6cd0d0f4dcda834db1dda97', operation='UPDATE', pgid='pgtrigger_values_fixed_c0b49', table='content_figure', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='figure',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='e94698c95b120afcfffc5de84ff8c4abf8aa9ac0', operation='DELETE', pgid='pgtrigger_kept_690a4', table='content_figure', when='BEFORE')),
        ),
    ]
