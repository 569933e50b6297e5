"""Keep the product's own account closed, and remember used command line tokens."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

CLOSE_SYSTEM = """
    UPDATE core_user SET is_active = false, is_staff = false, is_superuser = false, password = '!'
    WHERE username = 'fingerpost-system'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("core", "0005_staff_time_zone"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsedToken",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunSQL(CLOSE_SYSTEM, migrations.RunSQL.noop),
        AddConstraintNotValid(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=~models.Q(username="fingerpost-system")
                | models.Q(is_active=False, is_staff=False, is_superuser=False, password__startswith="!"),
                name="user_system_cannot_sign_in",
            ),
        ),
    ]
