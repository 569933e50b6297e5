"""In which language readers get the tips of a pack, counted once for each pack."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from content.models.pack import Pack
from content.models.release import Release
from core.querysets import manager_of

#: Counted where the packs are: they hold a hundred megabytes.
_COUNT = """
INSERT INTO content_packcoverage (pack_id, audience, own, variant, other, other_tips)
SELECT pack, audience,
    count(*) FILTER (WHERE served = requested),
    count(*) FILTER (WHERE served <> requested AND split_part(served, '-', 1) = split_part(requested, '-', 1)),
    count(*) FILTER (WHERE split_part(served, '-', 1) <> split_part(requested, '-', 1)),
    coalesce(
        array_agg(slug ORDER BY slug) FILTER (WHERE split_part(served, '-', 1) <> split_part(requested, '-', 1)), '{}'
    )
FROM (
    SELECT p.digest AS pack, tip->>'slug' AS slug, tip->'locale'->>'requested' AS requested, tip->'locale'->>'served' AS served,
        jsonb_array_elements_text(tip->'audiences') AS audience
    FROM content_pack p, jsonb_array_elements(p.body::jsonb->'tips') tip
    WHERE p.digest IN (SELECT r.pack_id FROM content_releasepack r WHERE r.release_id = %s)
        AND NOT EXISTS (SELECT 1 FROM content_packcoverage c WHERE c.pack_id = p.digest AND c.other_tips IS NOT NULL)
) tips
GROUP BY 1, 2
ON CONFLICT (pack_id, audience) DO UPDATE SET other_tips = EXCLUDED.other_tips
"""


class PackCoverageQuerySet(models.QuerySet["PackCoverage"]):
    """Count and find coverage."""

    def count_release(self, release: Release) -> None:
        """Count the packs of the release that were not counted yet."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, [release.pk])


class PackCoverage(models.Model):
    """How many tips of a pack an audience gets in its own language, in a variant of it, and in another language."""

    pack = models.ForeignKey(Pack, on_delete=models.CASCADE, related_name="coverage")
    audience = models.CharField(max_length=10)
    own = models.PositiveSmallIntegerField()
    variant = models.PositiveSmallIntegerField()
    other = models.PositiveSmallIntegerField(help_text="In the source language, as the last resort.")
    other_tips = ArrayField(
        models.CharField(max_length=60),
        null=True,
        blank=True,
        help_text="Tips in another language; unset: not counted.",
    )

    objects: ClassVar[PackCoverageQuerySet] = manager_of(PackCoverageQuerySet)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("pack", "audience"), name="packcoverage_once"),)

    def __str__(self) -> str:
        return f"{self.pack_id[:12]}: {self.audience}"
