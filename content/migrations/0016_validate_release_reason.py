"""Check the reasons of the releases that were there before, in a transaction of its own that blocks nobody."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("content", "0015_release_reason_is_fixed")]

    operations = [ValidateConstraint(model_name="release", name="release_reason")]
