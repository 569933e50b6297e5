"""Count the registrations that are there already.

In a transaction of its own: the triggers of the migration before are in force, and registrations go on while this counts. It is one
statement, and so one snapshot, in which a registration and its change of the counter are both visible, or neither.
"""

from django.db import migrations

RECOUNT = """
    INSERT INTO notifications_segmentcount (segment_id, devices, folded)
    SELECT segment_id, sum(devices), false FROM (
        SELECT segment_id, count(*) AS devices FROM notifications_registration WHERE gone_at IS NULL GROUP BY segment_id
        UNION ALL
        SELECT segment_id, -sum(devices) FROM notifications_segmentcount GROUP BY segment_id
    ) difference GROUP BY segment_id HAVING sum(devices) <> 0
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0010_segment_counts")]

    operations = [migrations.RunSQL(RECOUNT, migrations.RunSQL.noop)]
