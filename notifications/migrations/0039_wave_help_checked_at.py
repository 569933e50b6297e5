"""When the help of a wave's readers was checked: nothing is sent before that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0038_schedulerrun_runs")]

    operations = [
        # Waves of campaigns that are being sent are checked by the next run of the scheduler.
        migrations.AddField(
            model_name="wave",
            name="help_checked_at",
            field=models.DateTimeField(
                help_text="When its readers were found to have help. Nothing is sent before that.", null=True
            ),
        ),
    ]
