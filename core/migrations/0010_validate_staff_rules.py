"""Check the rows that were there before the rule for the product's own account."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0009_staff_changes")]

    operations = [ValidateConstraint(model_name="user", name="user_system_cannot_sign_in")]
