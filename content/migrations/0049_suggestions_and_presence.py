"""Add suggestions, readings that somebody declined, who has a tip open, and which tips fall back to another language."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0048_replies_accepted_by_another'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='packcoverage',
            name='other_tips',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, help_text='Tips in another language; unset: not counted.', null=True, size=None),
        ),
        migrations.AddField(
            model_name='textcomment',
            name='returned_revision',
            field=models.PositiveIntegerField(blank=True, help_text='Revision of the text that the comment sends back to its author.', null=True),
        ),
        migrations.CreateModel(
            name='DeclinedReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField(help_text='Revision of the text that the person read.')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='content.target')),
            ],
            options={
                'ordering': ('at', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('target', 'revision', 'by'), name='declinedreading_once')],
            },
        ),
        migrations.CreateModel(
            name='TextSuggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('from_revision', models.PositiveIntegerField(help_text='Revision of the text that it would replace; 0: there was none.')),
                ('source_revision', models.PositiveIntegerField(help_text='Revision of the source that it translates.')),
                ('origin', models.CharField(choices=[('person', 'Person'), ('replacement', 'Replacement'), ('machine', 'Machine')], default='person', max_length=11)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('dismissed', 'Dismissed')], default='open', max_length=9)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('locale', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='content.locale')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='suggestions', to='content.unit')),
            ],
            options={
                'ordering': ('-at', '-pk'),
                'indexes': [models.Index(fields=['locale', 'state'], name='textsuggestion_of_a_locale')],
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='textsuggestion_has_text'), models.CheckConstraint(condition=models.Q(('origin__in', ['person', 'replacement', 'machine'])), name='textsuggestion_origin'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', None), ('state', 'open')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['accepted', 'dismissed'])), _connector='OR'), name='textsuggestion_decided_whole'), models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('unit', 'locale', 'by'), name='textsuggestion_one_open')],
            },
        ),
        migrations.CreateModel(
            name='TipPresence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField(help_text="When the person's page last reported.")),
                ('locale', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='content.locale')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('tip', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='content.tip')),
            ],
            options={
                'ordering': ('tip', 'locale', 'person'),
                'constraints': [models.UniqueConstraint(fields=('tip', 'locale', 'person'), name='tippresence_once')],
            },
        ),
    ]
