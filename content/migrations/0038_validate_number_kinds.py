"""Check the rows that were there before the constraints, without blocking writes."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("content", "0037_number_kinds")]

    operations = [
        ValidateConstraint(model_name="unit", name="unit_kinds_are_approved"),
        ValidateConstraint(model_name="unit", name="unit_number_kinds"),
    ]
