"""Add the revisions of services and organizations: one person proposes, a second person approves."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0040_more_is_a_fact"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OrganizationRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, db_default='', default='', help_text='Why, for the second person.', max_length=300)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ('-id',),
            },
        ),
        migrations.CreateModel(
            name='ServiceRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(blank=True, db_default='', default='', help_text='Why, for the second person.', max_length=300)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('approved', 'Approved'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=9)),
                ('proposed_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('name', models.CharField(max_length=200)),
                ('regions', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), blank=True, default=list, help_text='ISO 3166-2; empty: all.', size=None)),
                ('area', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, help_text='Countries that a worldwide service works in; unset: everywhere; empty: nowhere, until a person enters them.', null=True, size=None)),
                ('roles', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('emergency', 'Emergency'), ('police-report', 'Police Report'), ('image-removal', 'Image Removal'), ('helpline', 'Helpline'), ('hotline-csam-report', 'Hotline Csam Report'), ('platform-report', 'Platform Report'), ('advice', 'Advice')], max_length=20), size=None)),
                ('audiences', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('teen', 'Teen'), ('parent', 'Parent'), ('educator', 'Educator'), ('bystander', 'Bystander'), ('survivor', 'Survivor')], max_length=10), size=None)),
                ('situations', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('blackmail', 'Blackmail'), ('image-shared', 'Image Shared'), ('ai-generated-image', 'Ai Generated Image'), ('grooming', 'Grooming'), ('live-abuse', 'Live Abuse'), ('csam-seen', 'Csam Seen'), ('hacked-account', 'Hacked Account'), ('self-harm-risk', 'Self Harm Risk'), ('offline-abuse', 'Offline Abuse'), ('not-sure', 'Not Sure')], max_length=20), blank=True, default=list, help_text='Those that the service names itself.', size=None)),
                ('general', models.BooleanField(default=False, help_text='Takes on every situation.')),
                ('min_age', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('max_age', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('age_measured', models.CharField(blank=True, choices=[('now', 'Now'), ('image-taken', 'Image Taken')], max_length=11)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=35), blank=True, help_text='Unset: not known.', null=True, size=None)),
                ('zone', models.CharField(blank=True, help_text='IANA time zone of the hours.', max_length=40)),
                ('status', models.CharField(choices=[('active', 'Active'), ('inactive', 'Inactive'), ('defunct', 'Defunct'), ('temporarily closed', 'Temporarily Closed')], default='active', max_length=18)),
                ('confidence', models.CharField(choices=[('confirmed-in-source', 'Confirmed In Source'), ('from-general-knowledge', 'From General Knowledge')], max_length=22)),
                ('source', models.CharField(blank=True, help_text='Where the facts were read; never shown to readers.', max_length=500)),
                ('act', models.CharField(choices=[('add', 'Add'), ('change', 'Change'), ('existing', 'Existing')], max_length=8)),
            ],
            options={
                'ordering': ('-id',),
                'abstract': False,
            },
        ),
        migrations.AlterField(
            model_name='service',
            name='country',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='content.country'),
        ),
        migrations.AlterField(
            model_name='service',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='content.organization'),
        ),
        migrations.AlterField(
            model_name='service',
            name='source',
            field=models.CharField(blank=True, help_text='Where the facts were read; never shown to readers.', max_length=500),
        ),
        migrations.AlterField(
            model_name='service',
            name='successor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.service'),
        ),
        migrations.AddField(
            model_name='organizationrevision',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='organizationrevision',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='content.organization'),
        ),
        migrations.AddField(
            model_name='organizationrevision',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='organization',
            name='revision',
            field=models.OneToOneField(blank=True, help_text='The newest approved one; unset: the organization has the name that it was added with.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.organizationrevision'),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='approved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='country',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='content.country'),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='content.organization'),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='content.service'),
        ),
        migrations.AddField(
            model_name='servicerevision',
            name='successor',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.service'),
        ),
        migrations.AddField(
            model_name='service',
            name='revision',
            field=models.OneToOneField(blank=True, help_text='The newest approved one; unset: nobody has approved the service yet, and it is in no pack.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.servicerevision'),
        ),
        migrations.AddConstraint(
            model_name='organizationrevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='organizationrevision_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='organizationrevision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('organization',), name='organizationrevision_one_proposal'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('roles__contained_by', ['emergency', 'police-report', 'image-removal', 'helpline', 'hotline-csam-report', 'platform-report', 'advice']), models.Q(('roles', []), _negated=True)), name='servicerevision_roles'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('audiences__contained_by', ['teen', 'parent', 'educator', 'bystander', 'survivor']), models.Q(('audiences', []), _negated=True)), name='servicerevision_audiences'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('situations__contained_by', ['blackmail', 'image-shared', 'ai-generated-image', 'grooming', 'live-abuse', 'csam-seen', 'hacked-account', 'self-harm-risk', 'offline-abuse', 'not-sure']), models.Q(('general', True), models.Q(('situations', []), _negated=True), _connector='OR')), name='servicerevision_situations'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'inactive', 'defunct', 'temporarily closed'])), name='servicerevision_status'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__in', ['confirmed-in-source', 'from-general-knowledge'])), name='servicerevision_confidence'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('min_age', None), ('max_age', None), ('min_age__lte', models.F('max_age')), _connector='OR'), name='servicerevision_ages_in_order'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('min_age', None), ('max_age', None)), ('age_measured__in', ['now', 'image-taken']), _connector='OR'), name='servicerevision_age_is_measured'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('area', None), ('country_id', 'ZZ'), _connector='OR'), name='servicerevision_area_is_for_worldwide'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['add', 'change', 'existing'])), name='servicerevision_act'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'approved'), _negated=True), ('act', 'existing'), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), models.Q(('approved_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='servicerevision_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='servicerevision',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('service',), name='servicerevision_one_proposal'),
        ),
    ]
