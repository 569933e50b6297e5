"""Check the constraint of the previous migration on messages that are stored already."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0031_two_approvals")]

    operations = [
        ValidateConstraint(model_name="staffmessage", name="staffmessage_kind"),
    ]
