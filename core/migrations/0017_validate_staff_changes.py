"""Check the changes of accounts that were there before leads could take rights back."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0016_content_countries")]

    operations = [
        ValidateConstraint(model_name="staffchange", name="staffchange_act"),
        ValidateConstraint(model_name="staffchange", name="staffchange_four_eyes"),
    ]
