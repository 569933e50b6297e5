"""Reword help texts, which changes nothing in the database."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0020_validate_channel_situations'),
    ]

    operations = [
        migrations.AlterField(
            model_name='linkcheck',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0, help_text='Consecutive failures.'),
        ),
        migrations.AlterField(
            model_name='linkcheck',
            name='host',
            field=models.CharField(blank=True, help_text='Host of the page, after redirects.', max_length=253),
        ),
        migrations.AlterField(
            model_name='linkcheck',
            name='result',
            field=models.CharField(choices=[('works', 'Works'), ('moved', 'Moved'), ('gone', 'Gone'), ('failing', 'Failing'), ('unreachable', 'Unreachable'), ('blocked-address', 'Blocked'), ('not-asked', 'Disallowed')], max_length=15),
        ),
        migrations.AlterField(
            model_name='linkhost',
            name='robots',
            field=models.TextField(blank=True, default='', help_text='Text of robots.txt; never shown.'),
        ),
        migrations.AlterField(
            model_name='manifest',
            name='content_digest',
            field=models.CharField(help_text='Of the payload without dates; when it changes, the manifest is due.', max_length=64),
        ),
        migrations.AlterField(
            model_name='release',
            name='base',
            field=models.ForeignKey(blank=True, help_text='The published one, when this was compiled.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.release'),
        ),
        migrations.AlterField(
            model_name='release',
            name='changed',
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, help_text='Service id to since when its entry is as here; missing where that is not known.'),
        ),
        migrations.AlterField(
            model_name='reply',
            name='taken',
            field=models.BooleanField(blank=True, help_text='Whether staff accepted it; unset: waiting.', null=True),
        ),
        migrations.AlterField(
            model_name='service',
            name='area',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), blank=True, help_text='Countries that a worldwide service works in; unset: everywhere; empty: nowhere, until a person enters them.', null=True, size=None),
        ),
        migrations.AlterField(
            model_name='service',
            name='compiled_on',
            field=models.DateField(blank=True, help_text='When the entry was compiled; not a live check.', null=True),
        ),
        migrations.AlterField(
            model_name='service',
            name='situations',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('blackmail', 'Blackmail'), ('image-shared', 'Image Shared'), ('ai-generated-image', 'Ai Generated Image'), ('grooming', 'Grooming'), ('live-abuse', 'Live Abuse'), ('csam-seen', 'Csam Seen'), ('hacked-account', 'Hacked Account'), ('self-harm-risk', 'Self Harm Risk'), ('offline-abuse', 'Offline Abuse'), ('not-sure', 'Not Sure')], max_length=20), blank=True, default=list, help_text='Those that the service names itself.', size=None),
        ),
        migrations.AlterField(
            model_name='servicenotice',
            name='position',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Position of the channel that does not work.', null=True),
        ),
        migrations.AlterField(
            model_name='target',
            name='source_revision',
            field=models.PositiveIntegerField(default=1, help_text='Revision of the source that the text translates.'),
        ),
        migrations.AlterField(
            model_name='withdrawal',
            name='emergency',
            field=models.BooleanField(help_text='Whether the service was an emergency service.'),
        ),
        migrations.AlterField(
            model_name='withdrawal',
            name='release',
            field=models.OneToOneField(blank=True, help_text='The release without the service.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='content.release'),
        ),
    ]
