"""Put the entries that were written before the chain existed into it, in the order in which they were written."""

from django.db import migrations

FILL = """
    INSERT INTO core_auditlink (entry_id)
    SELECT entry.id FROM core_auditentry entry
    WHERE NOT EXISTS (SELECT FROM core_auditlink link WHERE link.entry_id = entry.id) ORDER BY entry.id
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_audit_chain")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
