"""Check the constraint of the previous migration on campaigns that are stored already."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0036_handouts_by_situation")]

    operations = [ValidateConstraint(model_name="campaign", name="campaign_handout_situations")]
