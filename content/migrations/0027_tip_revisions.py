"""Keep all facts of tips, as they were proposed and approved, in a table; 0028 fills it, 0029 makes it binding."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0026_unsaved_texts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TipRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('tip', 'Tip'), ('notice', 'Notice')], default='tip', max_length=6)),
                ('audiences', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('teen', 'Teen'), ('parent', 'Parent'), ('educator', 'Educator'), ('bystander', 'Bystander'), ('survivor', 'Survivor')], max_length=10), size=None)),
                ('situations', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('blackmail', 'Blackmail'), ('image-shared', 'Image Shared'), ('ai-generated-image', 'Ai Generated Image'), ('grooming', 'Grooming'), ('live-abuse', 'Live Abuse'), ('csam-seen', 'Csam Seen'), ('hacked-account', 'Hacked Account'), ('self-harm-risk', 'Self Harm Risk'), ('offline-abuse', 'Offline Abuse'), ('not-sure', 'Not Sure')], max_length=20), blank=True, default=list, size=None)),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, default=list, help_text='Empty: all.', size=None)),
                ('min_age', models.PositiveSmallIntegerField(blank=True, help_text='Age of the young person; unset: no limit.', null=True)),
                ('max_age', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('age_measured', models.CharField(blank=True, choices=[('now', 'Now'), ('image-taken', 'Image Taken')], db_default='', default='', max_length=11)),
                ('order', models.PositiveSmallIntegerField(default=100)),
                ('order_in', models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict, help_text='Situation to the order there.')),
                ('do_now', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('do_not', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('slug', models.SlugField(max_length=60)),
                ('tip_state', models.CharField(choices=[('current', 'Current'), ('retired', 'Retired')], default='current', max_length=7)),
                ('act', models.CharField(choices=[('add', 'Add'), ('change', 'Change'), ('retire', 'Retire'), ('restore', 'Restore'), ('existing', 'Existing')], max_length=8)),
                ('reason', models.CharField(blank=True, db_default='', default='', help_text='Why, for the second person.', max_length=300)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ('-id',),
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='tiprevision',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tiprevision',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tip',
            name='revision',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tip', to='content.tiprevision'),
        ),
        migrations.AddIndex(
            model_name='tiprevision',
            index=models.Index(fields=['slug', '-id'], name='tiprevision_of_a_tip'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['tip', 'notice'])), name='tiprevision_kind'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('audiences__contained_by', ['teen', 'parent', 'educator', 'bystander', 'survivor']), models.Q(('audiences', []), _negated=True)), name='tiprevision_audiences'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('situations__contained_by', ['blackmail', 'image-shared', 'ai-generated-image', 'grooming', 'live-abuse', 'csam-seen', 'hacked-account', 'self-harm-risk', 'offline-abuse', 'not-sure'])), name='tiprevision_situations'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('min_age', None), ('max_age', None), ('min_age__lte', models.F('max_age')), _connector='OR'), name='tiprevision_ages_in_order'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('min_age', None), ('max_age', None)), ('age_measured__in', ['now', 'image-taken']), _connector='OR'), name='tiprevision_age_is_measured'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['add', 'change', 'retire', 'restore', 'existing'])), name='tiprevision_act'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(('tip_state__in', ['current', 'retired'])), name='tiprevision_tip_state'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), ('act', 'existing'), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='tiprevision_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='tiprevision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('slug',), name='tiprevision_one_proposal'),
        ),
    ]
