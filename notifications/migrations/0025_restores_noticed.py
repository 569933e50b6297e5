"""Count the restores of the database that were noticed, so that one state of it is later than another."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0024_night_and_corrections'),
    ]

    operations = [
        migrations.AddField(
            model_name='brake',
            name='restores',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text='How many restores of the database were noticed.'),
        ),
    ]
