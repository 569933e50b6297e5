"""Read the reason of the releases that there are from their reports, where it stood until now."""

from django.db import migrations

FILL = """
UPDATE content_release SET reason = CASE
        WHEN restores_id IS NOT NULL THEN 'rollback'
        WHEN report ? 'withdraws' THEN 'withdrawal'
        WHEN report ? 'notices' THEN 'notice'
        ELSE 'expiry'
    END
    WHERE restores_id IS NOT NULL OR report ?| ARRAY['withdraws', 'notices', 'lapses']
"""


class Migration(migrations.Migration):
    dependencies = [("content", "0013_release_reason")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
