"""Keep when an account's password or second factor was changed last."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0007_muted_messages")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="credentials_changed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
