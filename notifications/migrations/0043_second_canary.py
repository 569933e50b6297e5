"""Keep a second group for each canary, and when and why the first one failed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0042_registration_seen_index")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="second",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Drawn as a second group: it becomes the canary when the first one fails.",
            ),
        ),
        migrations.AddField(
            model_name="wave",
            name="second_since",
            field=models.DateTimeField(help_text="Since when the second group decides, because the first one failed.", null=True),
        ),
        migrations.AddField(
            model_name="wave",
            name="first_failure",
            field=models.CharField(db_default="", default="", help_text="Why the first canary failed.", max_length=500),
        ),
    ]
