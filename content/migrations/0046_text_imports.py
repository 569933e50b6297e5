"""Add imports of translation files that wait for a person's confirmation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0045_source_text_trigrams'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TextImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What the file was called.', max_length=200)),
                ('texts', models.JSONField(help_text='Key, source, translation, reference, line, unfinished: a list for each text.')),
                ('at', models.DateTimeField()),
                ('locale', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='content.locale')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-at',),
                'constraints': [models.UniqueConstraint(fields=('person', 'locale'), name='textimport_once')],
            },
        ),
    ]
