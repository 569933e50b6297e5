"""Texts that a member of staff typed and then did not choose."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction

from content.models.locale import Locale
from content.models.unit import Unit
from content.models.unsaved_text import KEPT_FOR, UnsavedText
from core.models import User
from core.querysets import manager_of

#: Texts that are kept for one person, unit and locale; the oldest go first.
MAX_SET_ASIDE = 10


class SetAsideTextQuerySet(models.QuerySet["SetAsideText"]):
    """Find texts that were set aside, and move them out of the box and back into it."""

    def of(self, person: User, unit: Unit, locale: str) -> SetAsideTextQuerySet:
        """Filter those of the person for the unit in the locale, newest first."""
        return self.filter(person=person, unit=unit, locale_id=locale)

    def set_aside(self, unsaved: UnsavedText, *, at: datetime) -> None:
        """Move the unsaved text here, so that the box shows the saved one."""
        with transaction.atomic():
            self.create(
                person_id=unsaved.person_id,
                unit_id=unsaved.unit_id,
                locale_id=unsaved.locale_id,
                text=unsaved.text,
                source_revision=unsaved.source_revision,
                at=at,
            )
            unsaved.delete()
            mine = self.filter(person_id=unsaved.person_id, unit_id=unsaved.unit_id, locale_id=unsaved.locale_id)
            self.filter(pk__in=list(mine.values_list("pk", flat=True)[MAX_SET_ASIDE:])).delete()

    def take_up(self, row: SetAsideText, *, stored: str, revision: int, at: datetime) -> None:
        """Move the text back into the box, as an edit of the stored text of this revision; what is in the box is set aside."""
        with transaction.atomic():
            unsaved = UnsavedText.objects.of(row.person, row.unit, row.locale_id)
            if unsaved is not None:
                self.set_aside(unsaved, at=at)
            UnsavedText.objects.keep(
                person=row.person,
                unit=row.unit,
                locale=row.locale_id,
                text=row.text,
                stored=stored,
                from_revision=revision,
                source_revision=row.source_revision,
                at=at,
            )
            row.delete()

    def forget_old(self, *, at: datetime) -> None:
        """Delete those that were set aside KEPT_FOR ago, as unsaved texts are."""
        self.filter(at__lte=at - KEPT_FOR).delete()


class SetAsideText(models.Model):
    """What one person typed, and set aside for the text that somebody else had saved; nobody else sees it."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+")
    text = models.TextField()
    source_revision = models.PositiveIntegerField(help_text="Revision of the source that the person saw.")
    at = models.DateTimeField()

    objects: ClassVar[SetAsideTextQuerySet] = manager_of(SetAsideTextQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=("person", "unit", "locale"), name="setasidetext_of_a_box"),)

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}] {self.person}"
