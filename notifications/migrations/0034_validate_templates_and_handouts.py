"""Check the constraints of the previous migration on campaigns that are stored already."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0033_variants_programmes_handouts")]

    operations = [
        ValidateConstraint(model_name="campaign", name="campaign_handouts"),
        ValidateConstraint(model_name="campaign", name="campaign_template_is_a_draft"),
    ]
