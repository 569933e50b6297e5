"""Languages are proposed and approved, and the requester of a suggestion by a machine does not approve the text."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0049_suggestions_and_presence'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LocaleRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, db_default='', default='', help_text='Why, for the second person.', max_length=300)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('code', models.CharField(max_length=35)),
                ('name', models.CharField(max_length=80)),
                ('endonym', models.CharField(max_length=80)),
                ('dir', models.CharField(choices=[('ltr', 'Ltr'), ('rtl', 'Rtl')], max_length=3)),
                ('fallback', models.JSONField(blank=True, null=True)),
                ('terms', models.TextField(blank=True, default='')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.AddField(
            model_name='locale',
            name='fallback',
            field=models.JSONField(blank=True, default=None, help_text='Its fallback locales, nearest first; unset: as CLDR has them.', null=True),
        ),
        migrations.AddField(
            model_name='locale',
            name='terms',
            field=models.TextField(blank=True, db_default='', default='', help_text='Its term list as YAML, where the product comes without one.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='locale',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF TG_OP = 'INSERT' AND NEW.revision_id IS NULL THEN\n        IF NEW.fallback IS NOT NULL OR NEW.terms <> '' THEN\n            RAISE EXCEPTION 'a locale gets a fallback chain and a term list only by an approved revision'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    END IF;\n    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN\n        RETURN NEW;\n    END IF;\n    PERFORM 1 FROM content_localerevision r\n        WHERE r.id = NEW.revision_id AND r.state = 'approved' AND r.code = NEW.code AND r.name = NEW.name\n        AND r.endonym = NEW.endonym AND r.dir = NEW.dir AND r.fallback IS NOT DISTINCT FROM NEW.fallback\n        AND r.terms = NEW.terms;\n    IF NOT FOUND THEN\n        RAISE EXCEPTION 'a locale changes only by an approved revision that says so' USING ERRCODE = 'check_violation';\n    END IF;\n    PERFORM 1 FROM content_localerevision r\n        WHERE r.code = NEW.code AND r.state = 'approved' AND r.id > NEW.revision_id;\n    IF FOUND OR (TG_OP = 'UPDATE' AND (OLD.code <> NEW.code OR NEW.revision_id < OLD.revision_id)) THEN\n        RAISE EXCEPTION 'an approved revision takes effect once; a newer one was approved'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='be4064fab14d7eb8c0f153b4e6a81a9a78993df5', operation='INSERT OR UPDATE', pgid='pgtrigger_only_approved_c3fe4', table='content_locale', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='target',
            trigger=pgtrigger.compiler.Trigger(name='not_by_requester', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    IF NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL\n        AND (OLD.state, OLD.approved_by_id, OLD.source_revision)\n            IS DISTINCT FROM (NEW.state, NEW.approved_by_id, NEW.source_revision)\n        AND EXISTS (SELECT 1 FROM content_textsuggestion s WHERE s.unit_id = NEW.unit_id AND s.locale_id = NEW.locale_id\n            AND s.origin = 'machine' AND s.by_id = NEW.approved_by_id AND s.source_revision >= NEW.source_revision) THEN\n        RAISE EXCEPTION 'the person who requested a suggestion of a machine does not approve the text'\n            USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n", hash='a7ff012c3277051fddfb6874418114375ffeeba7', operation='UPDATE', pgid='pgtrigger_not_by_requester_4ba25', table='content_target', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='textsuggestion',
            trigger=pgtrigger.compiler.Trigger(name='machine_kept', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."origin" = \'machine\')', func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='955e1015885d59b1c246663970c40ed198d863d2', operation='DELETE', pgid='pgtrigger_machine_kept_4fe40', table='content_textsuggestion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='textsuggestion',
            trigger=pgtrigger.compiler.Trigger(name='request_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."unit_id" IS DISTINCT FROM (NEW."unit_id") OR OLD."locale_id" IS DISTINCT FROM (NEW."locale_id") OR OLD."by_id" IS DISTINCT FROM (NEW."by_id"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='47e181041be81853a0313c0a46ec6b0218def7e7', operation='UPDATE', pgid='pgtrigger_request_fixed_0f1c2', table='content_textsuggestion', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='textsuggestion',
            trigger=pgtrigger.compiler.Trigger(name='machine_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."origin" = \'machine\' AND NOT (NEW."origin" = \'machine\'))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='c4bf4add45568665bcddda1d4067c8bbaa171969', operation='UPDATE', pgid='pgtrigger_machine_fixed_74871', table='content_textsuggestion', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='localerevision',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='localerevision',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='locale',
            name='revision',
            field=models.OneToOneField(blank=True, help_text='The newest approved one; unset: the locale is as in the shipped list.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.localerevision'),
        ),
        migrations.AddConstraint(
            model_name='localerevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='localerevision_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='localerevision',
            constraint=models.CheckConstraint(condition=models.Q(('dir__in', ['ltr', 'rtl'])), name='localerevision_dir'),
        ),
        migrations.AddConstraint(
            model_name='localerevision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('code',), name='localerevision_one_proposal'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localerevision',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'proposed' THEN\n                        RAISE EXCEPTION 'content.LocaleRevision begins as proposed, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('proposed', 'approved'), ('proposed', 'withdrawn')) THEN\n                    RAISE EXCEPTION 'content.LocaleRevision cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='ca7a9aeb0ddf4dd1f008403adb85df3469fe449b', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_f7171', table='content_localerevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localerevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."endonym" IS DISTINCT FROM (NEW."endonym") OR OLD."dir" IS DISTINCT FROM (NEW."dir") OR OLD."fallback" IS DISTINCT FROM (NEW."fallback") OR OLD."terms" IS DISTINCT FROM (NEW."terms") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='248af2520434618981b8b5dbeb20be2b473949c4', operation='UPDATE', pgid='pgtrigger_values_fixed_5e384', table='content_localerevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localerevision',
            trigger=pgtrigger.compiler.Trigger(name='approved_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'approved\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='dcfe6c7b6a8dc2db63294b08ecafe4663a94db18', operation='UPDATE', pgid='pgtrigger_approved_fixed_ea4eb', table='content_localerevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='localerevision',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='02e5d274d911e75e1a31ba9787f637e67aa42c49', operation='DELETE', pgid='pgtrigger_kept_ca58a', table='content_localerevision', when='BEFORE')),
        ),
    ]
