"""Delete the text `phrase.digits`: the words for digits are data (content/facts/number_words.json), which nobody edits alone.

Its history goes with it. The triggers that keep histories are off for these rows only.
"""

import pgtrigger
from django.db import migrations


def delete_digits(apps, schema_editor):
    with pgtrigger.ignore():
        apps.get_model("content", "Unit").objects.filter(key="phrase.digits").delete()


class Migration(migrations.Migration):
    dependencies = [("content", "0033_tip_withdrawals")]

    operations = [migrations.RunPython(delete_digits, migrations.RunPython.noop)]
