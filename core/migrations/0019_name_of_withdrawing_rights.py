"""Name the act by which a lead withdraws rights as the pages do; only the label differs."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0018_take_back_beside_a_proposal'),
    ]

    operations = [
        migrations.AlterField(
            model_name='staffchange',
            name='act',
            field=models.CharField(choices=[('invite', 'Invite'), ('change', 'Change roles, languages and limits'), ('reset', 'Reset the sign-in'), ('reopen', 'Open the account again'), ('take-back', 'Withdraw rights')], max_length=10),
        ),
    ]
