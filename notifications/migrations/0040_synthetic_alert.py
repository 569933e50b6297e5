"""Record when workers last sent the synthetic alert."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0039_wave_help_checked_at")]

    operations = [
        migrations.CreateModel(
            name="SyntheticAlert",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("first_at", models.DateTimeField(help_text="When the first one was tried.")),
                ("started_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="synthetic_alert_is_one_row")],
            },
        ),
    ]
