"""Find translations, with their status, and write many of them in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef

from content.models.target_lifecycle import TargetState
from content.models.target_revision import TargetAct, TargetRevision
from content.models.target_status import STATUS, TargetStatus
from content.models.unit import Unit
from core.models import User

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from content.models.target import Target

    class _Status(TypedDict):
        status: str

    TargetWithStatus = WithAnnotations[Target, _Status]


#: Targets that one statement changes.
_PART = 500
#: `given` sees the rows before the update, so that the act is `written` for one that had no text.
_REVISE_MANY = """
WITH given AS (
    SELECT t.id, t.unit_id, t.state = 'empty' AS was_empty, one.text
    FROM unnest(%(keys)s::bigint[], %(texts)s::text[]) AS one (id, text) JOIN content_target t ON t.id = one.id
), revised AS (
    UPDATE content_target t SET text = given.text, state = 'needs-review', source_revision = unit.revision,
        revision = t.revision + 1, written_by_id = %(by)s, written_at = %(at)s, approved_by_id = NULL, approved_at = NULL
    FROM given JOIN content_unit unit ON unit.id = given.unit_id WHERE t.id = given.id
    RETURNING t.id, t.revision, t.text, t.source_revision, given.was_empty
)
INSERT INTO content_targetrevision (target_id, revision, act, text, source_revision, by_id, at)
SELECT id, revision, CASE WHEN was_empty THEN 'written' ELSE 'revised' END, text, source_revision, %(by)s, %(at)s FROM revised
"""


class TargetQuerySet(models.QuerySet["Target"]):
    """Find targets."""

    def of(self, unit: Unit, locale: str) -> TargetWithStatus:
        """Return the unit's target in the locale with its `status`, or an unsaved empty one."""
        return self.with_status().filter(unit=unit, locale_id=locale).first() or self.empty(unit, locale)

    def empty(self, unit: Unit, locale: str) -> TargetWithStatus:
        """Return an unsaved target without a text, with its `status`."""
        empty = cast("TargetWithStatus", self.model(unit=unit, locale_id=locale, revision=0, state=TargetState.EMPTY))
        empty.status = TargetStatus.EMPTY
        return empty

    def exclude_latest_by(self, person: User) -> TargetQuerySet:
        """Leave out those whose latest revision is the person's, such as a proposal to remove the text."""
        latest = TargetRevision.objects.filter(target=OuterRef("pk"), revision=OuterRef("revision"), by=person)
        return self.exclude(Exists(latest))

    def write_many(self, drafts: Iterable[Target]) -> None:
        """Insert first texts that were checked already, each with its first revision."""
        with transaction.atomic():
            rows = self.bulk_create(drafts, batch_size=_PART)
            TargetRevision.objects.bulk_create(
                (TargetRevision.of(row, TargetAct.WRITTEN, by_id=row.written_by_id, at=row.written_at) for row in rows),
                batch_size=_PART,
            )

    def revise_many(self, texts: Mapping[int, str], *, by: User, at: datetime) -> None:
        """Save other texts, by the keys of targets that the caller has locked and checked, for the newest source of each.

        Each takes its next revision and needs review again, as after `Target.write`; who did it is in the revisions.
        """
        keys = list(texts)
        with transaction.atomic(), connection.cursor() as cursor:
            for start in range(0, len(keys), _PART):
                part = keys[start : start + _PART]
                values: dict[str, Any] = {"keys": part, "texts": [texts[key] for key in part], "by": by.pk, "at": at}
                cursor.execute(_REVISE_MANY, values)

    def with_status(self) -> models.QuerySet[TargetWithStatus]:
        """Annotate each target with its `status`, one of TargetStatus, as it is when the target is read."""
        return cast("models.QuerySet[TargetWithStatus]", self.annotate(status=STATUS))
