"""Record when the scheduler last ran, so that workers run it themselves when the beat or the broker does not."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notifications", "0014_fair_claims")]

    operations = [
        migrations.CreateModel(
            name="SchedulerRun",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("ran_at", models.DateTimeField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=Q(id=1), name="scheduler_run_is_one_row")]},
        ),
    ]
