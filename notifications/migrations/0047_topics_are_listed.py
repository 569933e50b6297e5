"""The day of a topic says when it was last in the list, and not when an app last asked for it. The table stays as it is."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notifications", "0046_claim_holder")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("segment", "segment_topic_was_requested"),
                migrations.RenameField("segment", "requested_on", "listed_on"),
                migrations.AlterField(
                    "segment",
                    "listed_on",
                    models.DateField(
                        null=True,
                        db_column="requested_on",
                        help_text="Of a topic: the last day on which it was in the list of topics.",
                    ),
                ),
                migrations.AddConstraint(
                    "segment",
                    models.CheckConstraint(
                        condition=Q(platform="") ^ Q(listed_on=None), name="segment_topic_was_requested"
                    ),
                ),
            ]
        )
    ]
