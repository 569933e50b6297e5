"""Count the runs of the scheduler: after a dump was restored in place, there are fewer of them than workers have seen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0037_validate_handout_situations")]

    operations = [
        migrations.AddField(
            model_name="schedulerrun",
            name="runs",
            field=models.PositiveBigIntegerField(
                db_default=0,
                default=0,
                help_text="How often it ran. Fewer than before: the database was restored (delivery/restores.py).",
            ),
        ),
    ]
