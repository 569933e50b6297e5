"""Find registrations that were not refreshed for long by an index, segment by segment."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notifications", "0041_unregistered")]

    operations = [
        AddIndexConcurrently(
            model_name="registration",
            index=models.Index(fields=["segment", "seen_on"], name="registration_seen"),
        ),
    ]
