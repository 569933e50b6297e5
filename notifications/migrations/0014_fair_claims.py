"""Index the open batches of each wave, and book the permits of urgent campaigns separately."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # Sending goes on while the index is built.
    atomic = False

    dependencies = [("notifications", "0013_campaign_approval")]

    operations = [
        migrations.AddField(
            model_name="quota",
            name="urgent_until",
            field=models.DateTimeField(blank=True, help_text="The same for permits of urgent campaigns alone.", null=True),
        ),
        AddIndexConcurrently(
            "batch", models.Index(fields=["wave", "ready_at", "id"], condition=Q(state="open"), name="batch_open_of_wave")
        ),
        RemoveIndexConcurrently("batch", "batch_open"),
    ]
