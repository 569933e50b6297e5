"""Name the message that a campaign expired."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0019_name_of_withdrawing_rights'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='muted_messages',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('to-approve', 'A campaign waits for my approval'), ('came-back', 'A campaign that I wrote was sent back'), ('halted', 'A campaign was halted or put on hold'), ('expired', 'A campaign that I wrote expired before it started'), ('starts-soon', 'A campaign starts within the hour'), ('translation-request', 'A campaign needs a text in one of my languages'), ('translation-due', 'A text in one of my languages is due within the hour'), ('translation-back', 'A translation that I requested was handed in'), ('help-lapsed', 'A service in a campaign that is sent within a day no longer helps')], max_length=20), blank=True, db_default=[], default=list, help_text='What this person does not want e-mails about.', size=None),
        ),
    ]
