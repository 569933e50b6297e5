"""Check the tips and services that were there before, in a transaction of its own that blocks nobody."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

_RULES = {
    "tip": ["tip_audiences", "tip_situations", "tip_ages_in_order", "tip_age_is_measured"],
    "service": ["service_audiences", "service_situations"],
}


class Migration(migrations.Migration):
    dependencies = [("content", "0017_tip_ages_and_new_terms")]

    operations = [ValidateConstraint(model_name=model, name=name) for model, names in _RULES.items() for name in names]
