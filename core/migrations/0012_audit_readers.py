"""A permission of its own for the audit log, which not all staff read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0011_translation_messages")]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": (
                    ("administer_staff", "Can propose and approve changes of accounts"),
                    ("read_audit", "Can read the audit log"),
                ),
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        )
    ]
