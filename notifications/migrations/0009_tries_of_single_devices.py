"""Count the tries after which a device failed by itself, while FCM accepted others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_registration_gone")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="device_tries",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="Those after which a device failed by itself, while FCM accepted others."
            ),
        ),
    ]
