"""Let workers note why they cannot send."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0022_test_phones")]

    operations = [
        migrations.CreateModel(
            name="WorkerNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("worker", models.CharField(help_text="Name of its host.", max_length=100)),
                ("project", models.CharField(max_length=60)),
                ("reason", models.CharField(help_text="As one sentence.", max_length=300)),
                ("noted_at", models.DateTimeField()),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("worker", "project"), name="worker_note_once")]},
        ),
    ]
