"""Check the constraints of the previous migration on campaigns that are stored already."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0017_drafts_by_task")]

    operations = [
        ValidateConstraint(model_name="campaign", name="campaign_audiences"),
        ValidateConstraint(model_name="campaign", name="campaign_submitted_is_complete"),
    ]
