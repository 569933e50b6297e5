"""Requests to translate the texts of a campaign, and the messages to staff about them."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0026_one_age_for_canaries'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TranslationRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('locale', models.CharField(max_length=35)),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('in-work', 'In work'), ('returned', 'Returned for review'), ('read', 'Read by a second reader'), ('withdrawn', 'Withdrawn')], default='requested', max_length=9)),
                ('deadline', models.DateTimeField()),
                ('note', models.CharField(blank=True, help_text='For the translators.', max_length=500)),
                ('source_locale', models.CharField(max_length=35)),
                ('source', models.JSONField(help_text='The source texts that the translation was made from.')),
                ('texts', models.JSONField(blank=True, default=dict, help_text='What the editors have saved.')),
                ('revision', models.PositiveIntegerField(default=0, help_text='Counts the saves; a save names the one that it began from.')),
                ('reason', models.CharField(blank=True, help_text='Why a second reader sent it back.', max_length=500)),
                ('requested_at', models.DateTimeField()),
                ('handed_in_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('deadline', 'id'),
            },
        ),
        migrations.RemoveConstraint(
            model_name='staffmessage',
            name='staffmessage_kind',
        ),
        migrations.AlterField(
            model_name='staffmessage',
            name='kind',
            field=models.CharField(choices=[('to-approve', 'A campaign waits for my approval'), ('came-back', 'A campaign that I wrote was sent back'), ('halted', 'A campaign was halted or put on hold'), ('starts-soon', 'A campaign starts within the hour'), ('translation-request', 'A campaign needs a text in one of my languages'), ('translation-due', 'A text in one of my languages is due within the hour'), ('translation-back', 'A translation that I requested was handed in')], max_length=20),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='translated', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n        IF OLD.state = 'draft' AND NEW.state = 'submitted' AND EXISTS (\n            SELECT 1 FROM notifications_translationrequest r WHERE r.campaign_id = NEW.id AND r.state IN ('requested', 'in-work')\n        ) THEN\n            RAISE EXCEPTION 'a campaign is not submitted while translators have its texts' USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ", hash='87a0cd2c170accb7ad921fa97463e9b35ba06382', operation='UPDATE', pgid='pgtrigger_translated_7fdd3', table='notifications_campaign', when='BEFORE')),
        ),
        AddConstraintNotValid(
            model_name='staffmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['to-approve', 'came-back', 'halted', 'starts-soon', 'translation-request', 'translation-due', 'translation-back'])), name='staffmessage_kind'),
        ),
        migrations.AddField(
            model_name='translationrequest',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='translation_requests', to='notifications.campaign'),
        ),
        migrations.AddField(
            model_name='translationrequest',
            name='handed_in_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='translationrequest',
            name='read_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='translationrequest',
            name='requested_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='translationrequest',
            name='translated_by',
            field=models.ForeignKey(help_text='Who saved it last.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='translationrequest',
            index=models.Index(fields=['state', 'deadline'], name='translationrequest_state_idx'),
        ),
        migrations.AddConstraint(
            model_name='translationrequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('campaign', 'locale'), name='translationrequest_once'),
        ),
        migrations.AddConstraint(
            model_name='translationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['requested', 'in-work', 'returned', 'read', 'withdrawn'])), name='translationrequest_state'),
        ),
        migrations.AddConstraint(
            model_name='translationrequest',
            constraint=models.CheckConstraint(condition=models.Q(('deadline__gt', models.F('requested_at'))), name='translationrequest_deadline'),
        ),
        migrations.AddConstraint(
            model_name='translationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('returned', 'read')), _negated=True), models.Q(('handed_in_at__isnull', False), ('handed_in_by__isnull', False)), _connector='OR'), name='translationrequest_handed_in'),
        ),
        migrations.AddConstraint(
            model_name='translationrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'read'), _negated=True), models.Q(('read_at__isnull', False), ('read_by__isnull', False), models.Q(('read_by', models.F('handed_in_by')), _negated=True)), _connector='OR'), name='translationrequest_read_by_another'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='translationrequest',
            trigger=pgtrigger.compiler.Trigger(name='state_edges', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                IF TG_OP = 'INSERT' THEN\n                    IF NEW.state <> 'requested' THEN\n                        RAISE EXCEPTION 'notifications.TranslationRequest begins as requested, not as %', NEW.state\n                            USING ERRCODE = 'check_violation';\n                    END IF;\n                ELSIF NEW.state <> OLD.state\n                    AND (OLD.state::text, NEW.state::text) NOT IN (('in-work', 'returned'), ('in-work', 'withdrawn'), ('read', 'in-work'), ('read', 'withdrawn'), ('requested', 'in-work'), ('requested', 'withdrawn'), ('returned', 'in-work'), ('returned', 'read'), ('returned', 'withdrawn')) THEN\n                    RAISE EXCEPTION 'notifications.TranslationRequest cannot go from % to %', OLD.state, NEW.state\n                        USING ERRCODE = 'check_violation';\n                END IF;\n                RETURN NEW;\n            ", hash='6dfc6f830ff5ae0235fe259beaee6c6a42411c39', operation='INSERT OR UPDATE', pgid='pgtrigger_state_edges_7c6cb', table='notifications_translationrequest', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='translationrequest',
            trigger=pgtrigger.compiler.Trigger(name='of_a_draft', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'UPDATE' AND NEW.texts IS DISTINCT FROM OLD.texts\n                        AND NOT (NEW.state = 'in-work' OR OLD.state = 'in-work' AND NEW.state = 'returned') THEN\n                        RAISE EXCEPTION 'a translation changes only while it is in work' USING ERRCODE = 'check_violation';\n                    END IF;\n                    IF (TG_OP = 'INSERT' OR NEW.state <> OLD.state AND NEW.state IN ('in-work', 'returned'))\n                        AND NOT EXISTS (\n                            SELECT 1 FROM notifications_campaign c WHERE c.id = NEW.campaign_id AND c.state = 'draft'\n                        ) THEN\n                        RAISE EXCEPTION 'only the texts of a draft are translated' USING ERRCODE = 'check_violation';\n                    END IF;\n                    RETURN NEW;\n                ", hash='bbe3c65fdd45250ec4cc2bb087e18ddbc0fed617', operation='INSERT OR UPDATE', pgid='pgtrigger_of_a_draft_86c38', table='notifications_translationrequest', when='BEFORE')),
        ),
    ]
