"""Translation memory: how source texts that are the same or nearly so were translated into one locale.

PostgreSQL's pg_trgm compares them: https://www.postgresql.org/docs/current/pgtrgm.html
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from content.console.translation_status import differences
from content.console.unit_names import UnitNames, slug_of

#: Hits for one text, the most similar first, and the share of equal trigrams from which a source is near enough.
_HITS, _NEAR = 3, 0.6

#: The operator `%%` finds what is at least as similar as this setting says. The lower it is, the more of the commonest trigrams
#: the index follows: with 0.5 a search takes two to three times as long as with 0.6. The setting holds for these two statements,
#: or for the transaction around them.
_SEARCH = """
SELECT set_config('pg_trgm.similarity_threshold', %(near)s::text, true);
SELECT wanted.id, near.key, near.text, near.translation, near.approved, near.share,
    (SELECT text FROM content_unit WHERE key = 'tip.' || split_part(near.key, '.', 2) || '.title')
FROM content_unit wanted CROSS JOIN LATERAL (
    SELECT other.key, other.text, target.text AS translation, target.state = 'approved' AS approved, other.share
    FROM (
        -- OFFSET keeps PostgreSQL from computing the similarity again where it is read.
        SELECT id, key, text, similarity(text, wanted.text) AS share FROM content_unit
        WHERE text %% wanted.text AND id <> wanted.id OFFSET 0
    ) other
    JOIN content_target target ON target.unit_id = other.id AND target.locale_id = %(locale)s
    WHERE target.text <> ''
    ORDER BY other.share DESC, approved DESC, other.key LIMIT %(hits)s
) near
WHERE wanted.id = ANY(%(units)s)
"""


@dataclass(frozen=True)
class MemoryHit:
    """One earlier translation: its key, name and text, how similar its source is in percent, and how that source differs."""

    key: str
    name: str
    translation: str
    is_approved: bool
    percent: int
    differences: list[tuple[str, str]]


def memory_hits(units: Collection[tuple[int, str]], locale: str) -> dict[int, list[MemoryHit]]:
    """Return the hits for units, given as (primary key, source text), by primary key.

    It takes one query, and one more for the names of services.
    """
    texts = dict(units)
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH, {"locale": locale, "near": _NEAR, "hits": _HITS, "units": list(texts)})
        cursor.nextset()
        rows = cursor.fetchall()
    names = UnitNames((row[1] for row in rows), titles={slug_of(row[1]): row[6] for row in rows if row[6]})
    found: dict[int, list[MemoryHit]] = {}
    for unit, key, source, translation, is_approved, share, _ in rows:
        changed = list(differences(source, texts[unit]))
        found.setdefault(unit, []).append(MemoryHit(key, names.name(key), translation, is_approved, _percent(share), changed))
    return found


def _percent(share: float) -> int:
    """Return the share in percent; only equal texts have 100."""
    return 100 if share >= 1 else min(99, round(100 * share))
