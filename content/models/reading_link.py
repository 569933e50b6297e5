"""Reading links: signed URLs at which somebody without an account judges a batch of translations in one language."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q

from content.models.link_token import link_of_token, link_token
from content.models.locale import Locale
from content.models.rights import require_reads
from content.models.target import Target
from content.models.target_lifecycle import TargetState
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Gone, Invalid, NotFound
from core.models import User
from core.querysets import manager_of

#: Days for which a link may be valid, and for which it is by default.
MAX_DAYS, LINK_DAYS = 60, 14
#: Texts of one batch.
MAX_TEXTS = 100
#: Characters of the words by which staff know the reader.
MAX_READER = 60
#: How long these words are kept after the link has ended.
READER_KEPT_FOR = timedelta(days=30)
_SALT = "content.reading-link"
_STAFF = ("content.edit_words", "content.approve_words")


class ReadingLinkEnded(Gone):
    """This link has ended."""

    # `extra` has the reason (revoked, finished, expired) and the locale, for a sentence in the reader's language.

    code = "reading-link-ended"


class ReadingLinkQuerySet(models.QuerySet["ReadingLink"]):
    """Create links, and find one by its token."""

    def issue(
        self, *, locale: str, units: Collection[int], reader: str, days: int, counts: bool, by: User, at: datetime
    ) -> ReadingLink:
        """Create a link to the translations of these units, by their primary keys in reading order.

        Units without a translation are left out. With `counts`, a text that the reader says reads well is approved in the name of
        the person who creates the link, who needs the right to approve. Raises Forbidden without the rights, and Invalid for an
        empty or too large batch, a number of days out of range, and a reader without a name.
        """
        roles.require(by, *_STAFF)
        require_reads(by, locale)
        if counts:
            roles.require_approver(by, "content.approve_words")
        reader = " ".join(reader.replace("\0", "").split())
        if not reader or len(reader) > MAX_READER:
            raise Invalid(f"Say in up to {MAX_READER} characters whom the link is for.", code="reader", field="reader")
        if not 1 <= days <= MAX_DAYS:
            raise Invalid(f"A link can be valid for 1 to {MAX_DAYS} days.", code="days", field="days")
        translated = Target.objects.filter(locale_id=locale, unit__in=units).exclude(state=TargetState.EMPTY)
        known = set(translated.values_list("unit", flat=True))
        batch = [unit for unit in dict.fromkeys(units) if unit in known]
        if not batch:
            raise Invalid("Choose at least one text that has a translation.", code="batch")
        if len(batch) > MAX_TEXTS:
            raise Invalid(f"Choose at most {MAX_TEXTS} texts.", code="batch")
        with transaction.atomic():
            link = self.create(
                locale_id=locale,
                units=batch,
                reader=reader,
                counts=counts,
                made_by=by,
                made_at=at,
                expires_at=at + timedelta(days=days),
            )
            audit.record(
                by=by, verb=Verb.READING_LINK_CREATED, row=link, at=at, locale=locale, texts=len(batch), is_second_reader=counts
            )
        return link

    def from_token(self, token: str, *, at: datetime) -> ReadingLink:
        """Return the link with this token; raise NotFound for a forged token, ReadingLinkEnded for a link that has ended."""
        pk = link_of_token(token, salt=_SALT)
        link = self.select_related("locale", "made_by").filter(pk=pk).first() if pk is not None else None
        if link is None:
            raise NotFound("This link is not valid.")
        link.require_valid(at=at)
        return link

    def forget_readers(self, *, at: datetime) -> None:
        """Erase the words by which staff knew the readers of links that ended READER_KEPT_FOR ago."""
        before = at - READER_KEPT_FOR
        ended = Q(expires_at__lte=before) | Q(revoked_at__lte=before) | Q(finished_at__lte=before)
        self.filter(ended).exclude(reader="").update(reader="")


class ReadingLink(models.Model):
    """One link: to which texts, for whom, until when, and whether its reader counts as the second one. No token is stored."""

    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    #: Their primary keys in reading order. The batch never changes, so that the person who sends the link knows what it opens.
    units = ArrayField(models.BigIntegerField())
    reader = models.CharField(
        max_length=MAX_READER, blank=True, help_text="The words by which staff know the reader; erased after the link has ended."
    )
    counts = models.BooleanField(
        default=False, help_text="Whether the reader counts as the second reader, in the name of the person who made the link."
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, help_text="When the reader said that they have finished.")

    objects: ClassVar[ReadingLinkQuerySet] = manager_of(ReadingLinkQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at"), expires_at__lte=F("made_at") + timedelta(days=MAX_DAYS)),
                name="readinglink_expires",
            ),
            models.CheckConstraint(condition=Q(units__len__range=(1, MAX_TEXTS)), name="readinglink_batch"),
        )
        triggers = (
            pgtrigger.ReadOnly(name="fixed", fields=["locale", "units", "counts", "made_by", "made_at", "expires_at"]),
            pgtrigger.Protect(
                name="ends_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__revoked_at__isnull=False, new__revoked_at__isnull=True)
                | pgtrigger.Q(old__finished_at__isnull=False, new__finished_at__isnull=True),
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"Reading link {self.pk} [{self.locale_id}]"

    def is_valid(self, *, at: datetime) -> bool:
        """Tell whether the link opens at the instant."""
        return self.revoked_at is None and self.finished_at is None and at < self.expires_at

    def require_valid(self, *, at: datetime) -> None:
        """Raise ReadingLinkEnded, with the reason in a sentence, where the link no longer opens."""
        if self.revoked_at is not None:
            raise ReadingLinkEnded(
                "This link was withdrawn; please ask the person who sent it to you.", reason="revoked", locale=self.locale_id
            )
        if self.finished_at is not None:
            sentence = "You have finished reading with this link, and your answers are saved: thank you."
            raise ReadingLinkEnded(sentence, reason="finished", locale=self.locale_id)
        if at >= self.expires_at:
            sentence = f"This link ended on {self.expires_at:%-d %B %Y}; please ask the person who sent it to you."
            raise ReadingLinkEnded(sentence, reason="expired", locale=self.locale_id)

    def token(self) -> str:
        """Return the signed token, with which the link's URL ends; it is the same each time."""
        return link_token(self.pk, salt=_SALT, made_at=self.made_at)

    def revoke(self, *, by: User, at: datetime) -> None:
        """Withdraw the link for good. Everybody who writes or approves in its language may do so."""
        roles.require(by, *_STAFF)
        require_reads(by, self.locale_id)
        with transaction.atomic():
            if ReadingLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=at):
                audit.record(by=by, verb=Verb.READING_LINK_REVOKED, row=self, at=at, locale=self.locale_id)

    def finish(self, *, at: datetime) -> None:
        """Record that the reader has finished; from then on the link opens nothing."""
        ReadingLink.objects.filter(pk=self.pk, finished_at=None).update(finished_at=at)
