"""Say of each release why it was made. Releases that the old code still makes during an upgrade count as compiled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("content", "0012_since_when_services_are_told_so")]

    operations = [
        migrations.AddField(
            model_name="release",
            name="reason",
            field=models.CharField(
                choices=[
                    ("compiled", "Compiled"),
                    ("rollback", "Rollback"),
                    ("withdrawal", "Withdrawal"),
                    ("notice", "Notice"),
                    ("expiry", "Expiry"),
                ],
                db_default="compiled",
                default="compiled",
                max_length=10,
            ),
        ),
    ]
