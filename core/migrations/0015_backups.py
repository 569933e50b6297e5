"""Record when the database was backed up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0014_message_help_lapsed")]

    operations = [
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken_at", models.DateTimeField()),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={"ordering": ("-taken_at",)},
        ),
    ]
