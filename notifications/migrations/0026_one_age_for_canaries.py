"""Draw canaries by the proof of a registration alone. The table stays, because code of the release before reads it."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0025_restores_noticed'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='TicketMark')]),
    ]
