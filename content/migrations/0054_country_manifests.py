from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0053_outside_readers"),
    ]

    operations = [
        migrations.AddField(
            model_name="manifest",
            name="country_bodies",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Country → compact JWS over its packs alone, signed together with the whole.",
            ),
        ),
    ]
