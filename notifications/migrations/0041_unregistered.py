"""Record which installations have unregistered, so that a restored backup does not bring them back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0040_synthetic_alert")]

    operations = [
        migrations.CreateModel(
            name="Unregistered",
            fields=[
                (
                    "digest",
                    models.CharField(
                        help_text="Keyed digest of the registration's id.", max_length=80, primary_key=True, serialize=False
                    ),
                ),
                ("unregistered_on", models.DateField(db_index=True)),
            ],
        ),
    ]
