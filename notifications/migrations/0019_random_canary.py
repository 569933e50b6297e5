"""Keep the segment of each installation of a canary, and how far tickets had been assigned on each day."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0018_validate_drafts_by_task")]

    operations = [
        migrations.AddField(
            model_name="wave",
            name="canary_segments",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.CreateModel(
            name="TicketMark",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("ticket", models.BigIntegerField()),
            ],
        ),
    ]
