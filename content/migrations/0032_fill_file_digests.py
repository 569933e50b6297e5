"""Take the texts that the product itself wrote last for those that the files held when they were loaded last."""

from django.db import migrations

FILL = [
    """
    UPDATE content_unit unit SET file_digest = encode(sha256(convert_to(concat_ws(
        E'\\n', text, array_to_string(allowed_numbers, ','), array_to_string(allowed_hosts, ',')
    ), 'UTF8')), 'hex')
    FROM core_user writer WHERE writer.id = unit.written_by_id AND writer.username = 'fingerpost-system'
    """,
    """
    UPDATE content_target target SET file_digest = encode(sha256(convert_to(text, 'UTF8')), 'hex')
    FROM core_user writer WHERE writer.id = target.written_by_id AND writer.username = 'fingerpost-system' AND target.text <> ''
    """,
]


class Migration(migrations.Migration):
    dependencies = [("content", "0031_file_digests")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
