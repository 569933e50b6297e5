"""Which process holds a claim, so that the others of its machine can release it when that has ended."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0045_validate_expired_campaigns")]

    operations = [
        # Claims without it, such as those of the software before, end with their leases.
        migrations.AddField(
            model_name="batch",
            name="holder",
            field=models.UUIDField(help_text="The process of the last claim, by core.process_locks.", null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="holder_fence",
            field=models.IntegerField(help_text="The claim that the holder made.", null=True),
        ),
        migrations.AddField(
            model_name="wave",
            name="holder_ended_at",
            field=models.DateTimeField(
                help_text="When a process was last found to have ended that held a batch of it.", null=True
            ),
        ),
    ]
