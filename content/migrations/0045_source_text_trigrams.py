"""Find source texts that are nearly the same: the extension pg_trgm, which the owner of a database may create, and an index."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    # Texts are saved while the index is built.
    atomic = False

    dependencies = [("content", "0044_text_comments")]

    operations = [
        TrigramExtension(),
        AddIndexConcurrently("unit", GinIndex(fields=["text"], name="unit_text_trigrams", opclasses=["gin_trgm_ops"])),
    ]
