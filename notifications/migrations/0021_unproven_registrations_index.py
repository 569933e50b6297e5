"""Find registrations that are not proven yet by an index, and check the rows that were there before."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('notifications', '0020_unproven_registrations'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='registration',
            index=models.Index(condition=models.Q(('unproven_since__isnull', False)), fields=['unproven_since'], name='registration_unproven'),
        ),
        ValidateConstraint(model_name='registration', name='registration_ticket_if_proven'),
    ]
