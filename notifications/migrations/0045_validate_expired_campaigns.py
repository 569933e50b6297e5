"""Check the constraints of the previous migration on campaigns and messages that are stored already."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0044_submitted_campaigns_expire")]

    operations = [
        ValidateConstraint(model_name="campaign", name="campaign_approved_by_another"),
        ValidateConstraint(model_name="staffmessage", name="staffmessage_kind"),
    ]
