"""Rename columns and one table to the words that the code uses.

Before the first release nothing outside this repository reads these columns, so they are renamed in place instead of being added
and removed in two releases. Workers of an earlier version must be stopped before this runs.
"""

from django.db import migrations, models
from django.db.models import F, Q

from notifications.models.batch import Length

BATCH_RULES = ("batch_size", "batch_counts_add_up", "batch_done_is_done")
JOBS = {"forget-stale": "purge-stale-registrations", "forget-topics": "purge-unrequested-topics"}


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_topics")]

    operations = [
        # The constraints name the columns, so they are dropped before the renames and added again afterwards.
        *[migrations.RemoveConstraint("batch", name) for name in BATCH_RULES],
        migrations.RenameField("batch", "n", "size"),
        migrations.RenameField("batch", "later", "retry_tickets"),
        migrations.RenameField("batch", "unsure", "uncertain_tickets"),
        migrations.AddConstraint("batch", models.CheckConstraint(condition=Q(size__gte=1, size__lte=500), name="batch_size")),
        migrations.AddConstraint(
            "batch",
            models.CheckConstraint(
                condition=Q(
                    size=F("accepted")
                    + F("rejected")
                    + F("unknown")
                    + F("skipped")
                    + Length("retry_tickets")
                    + Length("uncertain_tickets")
                )
                | Q(accepted=0, rejected=0, unknown=0, skipped=0, retry_tickets=[], uncertain_tickets=[]),
                name="batch_counts_add_up",
            ),
        ),
        migrations.AddConstraint(
            "batch",
            models.CheckConstraint(
                condition=~Q(state="done") | Q(size=F("accepted") + F("rejected") + F("unknown") + F("skipped")),
                name="batch_done_is_done",
            ),
        ),
        migrations.RenameField("quota", "tat", "booked_until"),
        migrations.RenameField("quota", "strikes", "consecutive_blocks"),
        migrations.RenameField("campaign", "ticket_high", "ticket_watermark"),
        migrations.RemoveConstraint("segment", "segment_topic_was_asked_for"),
        migrations.RenameField("segment", "asked_on", "requested_on"),
        migrations.AddConstraint(
            "segment",
            models.CheckConstraint(condition=Q(platform="") ^ Q(requested_on=None), name="segment_topic_was_requested"),
        ),
        migrations.RenameModel("Upkeep", "MaintenanceRun"),
        migrations.RenameField("maintenancerun", "name", "job"),
        migrations.RenameField("maintenancerun", "done_on", "finished_on"),
        *[
            migrations.RunSQL(
                f"UPDATE notifications_maintenancerun SET job = '{new}' WHERE job = '{old}'",
                f"UPDATE notifications_maintenancerun SET job = '{old}' WHERE job = '{new}'",
            )
            for old, new in JOBS.items()
        ],
    ]
