"""How an app receives alerts, and whose addresses it stores, change by revisions that two people decide."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0029_approvers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AppRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, db_default='', default='', help_text='Why, for the second person.', max_length=300)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('push_mode', models.CharField(choices=[('registrations', 'Registrations'), ('topics', 'Topics'), ('feed', 'Feed')], max_length=13)),
                ('mode_by_country', models.JSONField(blank=True, default=dict)),
                ('basis_for_teens', models.JSONField(blank=True, default=dict, help_text='Country code to basis and source.')),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.AlterModelOptions(
            name='app',
            options={'ordering': ('name',), 'permissions': (('administer_apps', 'Can propose and approve how apps receive alerts and whose addresses they store'),)},
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='app',
            trigger=pgtrigger.compiler.Trigger(name='only_approved', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN\n            RETURN coalesce(NEW, OLD);\n        END IF;\n        IF TG_OP = 'DELETE' THEN\n            RAISE EXCEPTION 'an app is kept' USING ERRCODE = 'check_violation';\n        END IF;\n        IF TG_OP = 'INSERT' THEN\n            IF NEW.basis_for_teens <> '{}' OR NEW.revision_id IS NOT NULL THEN\n                RAISE EXCEPTION 'a new app stores no addresses of teenagers' USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        END IF;\n        IF (NEW.name, NEW.project, NEW.test) IS DISTINCT FROM (OLD.name, OLD.project, OLD.test) THEN\n            RAISE EXCEPTION 'name, Firebase project and purpose of an app stay as they are' USING ERRCODE = 'check_violation';\n        END IF;\n        IF (NEW.push_mode, NEW.mode_by_country, NEW.basis_for_teens) IS NOT DISTINCT FROM (OLD.push_mode, OLD.mode_by_country, OLD.basis_for_teens)\n            AND NEW.revision_id IS NOT DISTINCT FROM OLD.revision_id THEN\n            RETURN NEW;\n        END IF;\n        PERFORM 1 FROM notifications_apprevision r\n            WHERE r.id = NEW.revision_id AND r.app_id = NEW.name AND r.state = 'approved' AND r.id > coalesce(OLD.revision_id, 0)\n            AND (r.push_mode, r.mode_by_country, r.basis_for_teens) IS NOT DISTINCT FROM (NEW.push_mode, NEW.mode_by_country, NEW.basis_for_teens)\n            AND NOT EXISTS (SELECT 1 FROM notifications_apprevision n\n                WHERE n.app_id = NEW.name AND n.state = 'approved' AND n.id > r.id);\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'an app changes only by an approved revision that says so' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='86c1cadfa73995b8199c28a8739fc3fffa1243aa', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_only_approved_7ae7f', table='notifications_app', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='apprevision',
            name='app',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='notifications.app'),
        ),
        migrations.AddField(
            model_name='apprevision',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='apprevision',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='app',
            name='revision',
            field=models.OneToOneField(blank=True, help_text='The newest approved one; unset: the app is as it was created.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifications.apprevision'),
        ),
        migrations.AddConstraint(
            model_name='apprevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='apprevision_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='apprevision',
            constraint=models.CheckConstraint(condition=models.Q(('push_mode__in', ['registrations', 'topics', 'feed'])), name='apprevision_push_mode'),
        ),
        migrations.AddConstraint(
            model_name='apprevision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('app',), name='apprevision_one_proposal'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apprevision',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'proposed' THEN\n                        RAISE EXCEPTION 'notifications.AppRevision begins as proposed, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('proposed', 'approved'), ('proposed', 'withdrawn')) THEN\n                    RAISE EXCEPTION 'notifications.AppRevision cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='650e7a7930d5c38eb31152ced1f4f0182295a630', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_3f863', table='notifications_apprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apprevision',
            trigger=pgtrigger.compiler.Trigger(name='values_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."app_id" IS DISTINCT FROM (NEW."app_id") OR OLD."push_mode" IS DISTINCT FROM (NEW."push_mode") OR OLD."mode_by_country" IS DISTINCT FROM (NEW."mode_by_country") OR OLD."basis_for_teens" IS DISTINCT FROM (NEW."basis_for_teens") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='17a03ff977cd7e47ceb1dcbb7f264bc128b87e5d', operation='UPDATE', pgid='pgtrigger_values_fixed_839a7', table='notifications_apprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apprevision',
            trigger=pgtrigger.compiler.Trigger(name='approved_fixed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."state" = \'approved\')', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='458533e86b3b43a21705e9062b31743ee5bd215b', operation='UPDATE', pgid='pgtrigger_approved_fixed_66dc9', table='notifications_apprevision', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='apprevision',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='cf81755657e777d7541ce891f3139410deb86b3d', operation='DELETE', pgid='pgtrigger_kept_b607b', table='notifications_apprevision', when='BEFORE')),
        ),
    ]
