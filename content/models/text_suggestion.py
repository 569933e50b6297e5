"""Suggested translations, which change nothing until somebody accepts them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from content.linting.text import normalize_text, raise_if_invalid, target_faults
from content.models.locale import Locale
from content.models.rights import require_may_write, require_reads, require_text_country
from content.models.target import Target
from content.models.unit import Unit
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Conflict, Invalid
from core.models import User
from core.querysets import manager_of


class SuggestionDecided(Conflict):
    """Somebody has accepted or dismissed this suggestion already."""

    code = "suggestion-decided"


class SuggestionOrigin(models.TextChoices):
    """Where a suggestion comes from."""

    #: A person wrote it.
    PERSON = "person"
    #: A person replaced words in many texts at once.
    REPLACEMENT = "replacement"
    #: A program wrote it, at a person's request.
    MACHINE = "machine"


class SuggestionState(models.TextChoices):
    """What has become of a suggestion."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class TextSuggestionQuerySet(models.QuerySet["TextSuggestion"]):
    """Find and make suggestions."""

    def open(self) -> TextSuggestionQuerySet:
        """Filter those that nobody has decided on."""
        return self.filter(state=SuggestionState.OPEN)

    def suggest(
        self,
        *,
        unit: Unit,
        locale: str,
        text: str,
        by: User,
        at: datetime,
        from_revision: int,
        origin: SuggestionOrigin = SuggestionOrigin.PERSON,
    ) -> TextSuggestion:
        """Suggest a text in place of the target's text of `from_revision` (0: there is none).

        It replaces the person's earlier open suggestion for the same text. Raises Invalid where it breaks a rule for texts or
        says what is stored already.
        """
        require_may_write(by, locale)
        require_text_country(by, unit.owner)
        text = normalize_text(text)
        stored = Target.objects.filter(unit=unit, locale_id=locale).values_list("text", flat=True).first()
        if text == stored:
            raise Invalid("The suggestion is the same as the saved text.", code="unchanged")
        raise_if_invalid(target_faults(unit, text, locale))
        values = {
            "text": text,
            "from_revision": from_revision,
            "source_revision": unit.revision,
            "origin": origin,
            "at": at,
        }
        with transaction.atomic():
            # What a machine wrote is kept, because it says who may not approve the translation.
            for earlier in self.open().filter(unit=unit, locale_id=locale, by=by, origin=SuggestionOrigin.MACHINE):
                earlier._decide(SuggestionState.DISMISSED, by=by, at=at)
            row, _ = self.update_or_create(defaults=values, unit=unit, locale_id=locale, by=by, state=SuggestionState.OPEN)
            audit.record(by=by, verb=Verb.SUGGESTION_MADE, row=row, at=at, key=unit.key, locale=locale, origin=str(origin))
        return row


class TextSuggestion(models.Model):
    """One suggested text. Accepted, it becomes a draft of the person who suggested it, not of the one who accepts it."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="suggestions")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    from_revision = models.PositiveIntegerField(help_text="Revision of the text that it would replace; 0: there was none.")
    source_revision = models.PositiveIntegerField(help_text="Revision of the source that it translates.")
    origin = models.CharField(max_length=11, choices=SuggestionOrigin.choices, default=SuggestionOrigin.PERSON)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TextSuggestionQuerySet] = manager_of(TextSuggestionQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="textsuggestion_has_text"),
            models.CheckConstraint(condition=Q(origin__in=SuggestionOrigin.values), name="textsuggestion_origin"),
            models.CheckConstraint(
                condition=Q(state=SuggestionState.OPEN, decided_by=None, decided_at=None)
                | Q(
                    state__in=[SuggestionState.ACCEPTED, SuggestionState.DISMISSED],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="textsuggestion_decided_whole",
            ),
            models.UniqueConstraint(
                fields=("unit", "locale", "by"), condition=Q(state=SuggestionState.OPEN), name="textsuggestion_one_open"
            ),
        )
        indexes = (models.Index(fields=("locale", "state"), name="textsuggestion_of_a_locale"),)
        triggers = (
            pgtrigger.Protect(name="machine_kept", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__origin="machine")),
            pgtrigger.ReadOnly(name="request_fixed", fields=["unit", "locale", "by"]),
            pgtrigger.Protect(
                name="machine_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__origin="machine") & ~pgtrigger.Q(new__origin="machine"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}] {self.by}"

    def accept(self, *, by: User, at: datetime) -> Target:
        """Write the text as a draft of the person who suggested it, and return the target; a second person must approve it.

        Raises SuggestionDecided where it was decided already, and EditConflict where the text has changed since.
        """
        with transaction.atomic():
            row = self._to_decide(by)
            target = Target.objects.of(row.unit, row.locale_id)
            target.write(text=row.text, by=row.by, at=at, from_revision=row.from_revision, source_revision=row.source_revision)
            row._decide(SuggestionState.ACCEPTED, by=by, at=at)
        self.refresh_from_db()
        return target

    def dismiss(self, *, by: User, at: datetime) -> None:
        """Leave the text as it is; the person who suggested it may do so too."""
        with transaction.atomic():
            self._to_decide(by)._decide(SuggestionState.DISMISSED, by=by, at=at)
        self.refresh_from_db()

    def _to_decide(self, by: User) -> TextSuggestion:
        """Return the stored row, locked, for a person who may decide on it."""
        roles.require(by, "content.edit_words", "content.approve_words")
        require_reads(by, self.locale_id)
        found = TextSuggestion.objects.select_for_update(of=("self",)).select_related("unit", "by")
        row = found.get(pk=self.pk)
        require_text_country(by, row.unit.owner)
        if row.state != SuggestionState.OPEN:
            raise SuggestionDecided()
        return row

    def _decide(self, state: SuggestionState, *, by: User, at: datetime) -> None:
        """Record the decision, in the caller's transaction."""
        TextSuggestion.objects.filter(pk=self.pk).update(state=state, decided_by=by, decided_at=at)
        verb = Verb.SUGGESTION_ACCEPTED if state == SuggestionState.ACCEPTED else Verb.SUGGESTION_DISMISSED
        audit.record(by=by, verb=verb, row=self, at=at, key=self.unit.key, locale=self.locale_id)
