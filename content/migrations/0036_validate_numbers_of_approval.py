"""Check the rows that were there before the constraint, without blocking writes."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("content", "0035_numbers_belong_to_approval")]

    operations = [ValidateConstraint(model_name="unit", name="unit_numbers_are_approved")]
