"""Check the channels that were there before, in a transaction of its own that blocks nobody."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("content", "0019_channel_situations")]

    operations = [
        ValidateConstraint(model_name="channel", name="channel_situations"),
        ValidateConstraint(model_name="channelrevision", name="channelrevision_situations"),
    ]
