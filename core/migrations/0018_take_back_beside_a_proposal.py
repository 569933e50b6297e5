"""Let a lead take rights back while a proposal about the same account waits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0017_validate_staff_changes")]

    operations = [
        migrations.RemoveConstraint(model_name="staffchange", name="staffchange_one_proposal"),
        migrations.AddConstraint(
            model_name="staffchange",
            constraint=models.UniqueConstraint(
                fields=("username",),
                condition=models.Q(("approved_at", None), ("withdrawn_at", None), models.Q(("act", "take-back"), _negated=True)),
                name="staffchange_one_proposal",
            ),
        ),
    ]
