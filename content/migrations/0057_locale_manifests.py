from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("content", "0056_own_countries_of_tips"),
    ]

    operations = [
        migrations.AddField(
            model_name="manifest",
            name="locale_bodies",
            field=models.JSONField(
                db_default=models.Value({}, models.JSONField()),
                default=dict,
                help_text="Country → locale → compact JWS over that pack alone, signed together with the whole.",
            ),
        ),
    ]
