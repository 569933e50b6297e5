"""Write down the facts that tips have today as their first revision, which nobody has approved."""

from django.db import migrations
from django.utils import timezone

FACTS = (
    "kind",
    "audiences",
    "situations",
    "countries",
    "min_age",
    "max_age",
    "age_measured",
    "order",
    "order_in",
    "do_now",
    "do_not",
)
SYSTEM = {"username": "fingerpost-system", "defaults": {"is_active": False, "password": "!"}}


def fill(apps, schema_editor):
    tips = list(apps.get_model("content", "Tip").objects.filter(revision=None))
    if not tips:
        return
    system, _ = apps.get_model("core", "User").objects.get_or_create(**SYSTEM)
    revisions = apps.get_model("content", "TipRevision").objects
    now = timezone.now()
    for tip in tips:
        facts = {name: getattr(tip, name) for name in FACTS}
        tip.revision = revisions.create(
            slug=tip.slug, tip_state=tip.state, act="existing", state="approved", proposed_by=system, proposed_at=now, **facts
        )
        tip.save(update_fields=["revision"])


class Migration(migrations.Migration):
    dependencies = [("content", "0027_tip_revisions")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
