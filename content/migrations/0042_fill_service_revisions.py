"""Write down the facts that services have today as their first revision, which nobody has approved."""

from django.db import migrations
from django.utils import timezone

FACTS = (
    "organization_id",
    "name",
    "country_id",
    "regions",
    "area",
    "roles",
    "audiences",
    "situations",
    "general",
    "min_age",
    "max_age",
    "age_measured",
    "languages",
    "zone",
    "status",
    "successor_id",
    "confidence",
    "source",
)
SYSTEM = {"username": "fingerpost-system", "defaults": {"is_active": False, "password": "!"}}


def fill(apps, schema_editor):
    services = list(apps.get_model("content", "Service").objects.filter(revision=None))
    if not services:
        return
    system, _ = apps.get_model("core", "User").objects.get_or_create(**SYSTEM)
    revisions = apps.get_model("content", "ServiceRevision").objects
    now = timezone.now()
    for service in services:
        facts = {name: getattr(service, name) for name in FACTS}
        service.revision = revisions.create(
            service_id=service.pk, act="existing", state="approved", proposed_by=system, proposed_at=now, **facts
        )
        service.save(update_fields=["revision"])


class Migration(migrations.Migration):
    dependencies = [("content", "0041_service_revisions")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
