"""Give tips ages and an order by situation; accept the audience `survivor` and the situation `offline-abuse`.

The rules of the columns are replaced by wider ones, which the old code's rows meet too; 0018 checks the rows that are there.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q, Value

_AUDIENCES = ["teen", "parent", "educator", "bystander", "survivor"]
_SITUATIONS = [
    "blackmail",
    "image-shared",
    "ai-generated-image",
    "grooming",
    "live-abuse",
    "csam-seen",
    "hacked-account",
    "self-harm-risk",
    "offline-abuse",
    "not-sure",
]
_MEASURED = ["now", "image-taken"]


def _choices(values):
    return [(value, value.replace("-", " ").title()) for value in values]


def _audiences():
    return ArrayField(models.CharField(max_length=10, choices=_choices(_AUDIENCES)))


def _situations(**more):
    return ArrayField(models.CharField(max_length=20, choices=_choices(_SITUATIONS)), default=list, blank=True, **more)


class Migration(migrations.Migration):
    dependencies = [("content", "0016_validate_release_reason")]

    operations = [
        migrations.AddField(
            "tip",
            "min_age",
            models.PositiveSmallIntegerField(null=True, blank=True, help_text="Age of the young person; unset: no limit."),
        ),
        migrations.AddField("tip", "max_age", models.PositiveSmallIntegerField(null=True, blank=True)),
        migrations.AddField(
            "tip",
            "age_measured",
            models.CharField(max_length=11, choices=_choices(_MEASURED), blank=True, default="", db_default=""),
        ),
        migrations.AddField(
            "tip",
            "order_in",
            models.JSONField(
                default=dict,
                blank=True,
                db_default=Value({}, models.JSONField()),
                help_text="Situation to the order there.",
            ),
        ),
        migrations.AlterField("tip", "audiences", _audiences()),
        migrations.AlterField("tip", "situations", _situations()),
        migrations.AlterField("service", "audiences", _audiences()),
        migrations.AlterField("service", "situations", _situations(help_text="Those it speaks of itself.")),
        migrations.RemoveConstraint("tip", "tip_audiences"),
        migrations.RemoveConstraint("tip", "tip_situations"),
        migrations.RemoveConstraint("service", "service_audiences"),
        migrations.RemoveConstraint("service", "service_situations"),
        AddConstraintNotValid(
            "tip",
            models.CheckConstraint(condition=Q(audiences__contained_by=_AUDIENCES) & ~Q(audiences=[]), name="tip_audiences"),
        ),
        AddConstraintNotValid(
            "tip", models.CheckConstraint(condition=Q(situations__contained_by=_SITUATIONS), name="tip_situations")
        ),
        AddConstraintNotValid(
            "tip",
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=F("max_age")), name="tip_ages_in_order"
            ),
        ),
        AddConstraintNotValid(
            "tip",
            models.CheckConstraint(
                condition=(Q(min_age=None) & Q(max_age=None)) | Q(age_measured__in=_MEASURED), name="tip_age_is_measured"
            ),
        ),
        AddConstraintNotValid(
            "service",
            models.CheckConstraint(
                condition=Q(audiences__contained_by=_AUDIENCES) & ~Q(audiences=[]), name="service_audiences"
            ),
        ),
        AddConstraintNotValid(
            "service",
            models.CheckConstraint(
                condition=Q(situations__contained_by=_SITUATIONS) & (Q(general=True) | ~Q(situations=[])),
                name="service_situations",
            ),
        ),
    ]
