"""Index the registrations that are marked gone: the daily purge and `put_back` look for them among millions."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # Registrations go on while the index is built.
    atomic = False

    dependencies = [("notifications", "0007_rules_in_words")]

    operations = [
        AddIndexConcurrently(
            "registration",
            models.Index(fields=["gone_at"], condition=Q(gone_at__isnull=False), name="registration_gone"),
        ),
    ]
