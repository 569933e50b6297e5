"""Record when each part that sends alerts last worked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0034_validate_templates_and_handouts")]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("part", models.CharField(choices=[("delivery", "Delivery"), ("beat", "Beat")], max_length=8)),
                ("host", models.CharField(max_length=100)),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("part", "host"), name="heartbeat_once"),
                    models.CheckConstraint(condition=models.Q(("part__in", ["delivery", "beat"])), name="heartbeat_part"),
                ]
            },
        ),
    ]
