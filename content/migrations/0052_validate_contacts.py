"""Check the contacts of the rows that there are, without a lock that stops writers."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('content', '0051_contact_on_file'),
    ]

    operations = [
        ValidateConstraint(model_name='organization', name='organization_contact'),
        ValidateConstraint(model_name='organizationrevision', name='organizationrevision_contact'),
    ]
