"""Releases: frozen states of all content. `content.publishing.publish` brings them to readers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, NotRequired, TypedDict

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value

from core import roles, states
from core.audit_verbs import Verb
from core.errors import NotFound
from core.models import User
from core.models.account_rules import not_paused
from core.querysets import manager_of
from core.states import Edge, Lifecycle

#: Age of a published release from which corrections have probably been waiting in vain.
OLD_RELEASE = timedelta(days=60)


class NoRelease(NotFound):
    """Nothing has been published yet."""

    code = "no-release"


class ReleaseState(models.TextChoices):
    """The states of a release."""

    #: Compiled or patched; only staff can read it.
    CANDIDATE = "candidate"
    #: What readers get; at most one release.
    PUBLISHED = "published"
    #: Published before, and replaced by another release.
    SUPERSEDED = "superseded"
    #: Never published; final.
    DISCARDED = "discarded"


class ReleaseReason(models.TextChoices):
    """Why a release was made."""

    #: Everything that may be served was compiled.
    COMPILED = "compiled"
    #: The packs are those of an older release.
    ROLLBACK = "rollback"
    #: A service was withdrawn.
    WITHDRAWAL = "withdrawal"
    #: A short-term notice was approved or ended.
    NOTICE = "notice"
    #: Channels whose assurance had expired were removed.
    EXPIRY = "expiry"


class ReportedFinding(TypedDict):
    """One finding of the gate; country and locale are None where it concerns every pack that holds the item."""

    code: str
    item: str
    detail: str
    blocks: bool
    country: str | None
    locale: str | None
    #: Offsets in the text of the item; a report of an earlier version has none.
    start: NotRequired[int | None]
    end: NotRequired[int | None]


class ReleaseReport(TypedDict):
    """What was found while the release was compiled or patched, as stored with it."""

    findings: list[ReportedFinding]
    #: [country, locale] of each pack that was blocked.
    blocked: list[list[str]]
    #: Ids of the services that a patch is about; missing in compiled releases, and in those from before ReleaseReason.
    services: NotRequired[list[str]]


LIFECYCLE = Lifecycle(
    model="content.Release",
    states=ReleaseState,
    initial=ReleaseState.CANDIDATE,
    edges=[
        Edge(ReleaseState.CANDIDATE, ReleaseState.PUBLISHED, Verb.RELEASE_PUBLISHED, "a second person publishes it"),
        Edge(ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED, Verb.RELEASE_SUPERSEDED, "another release replaces it"),
        Edge(ReleaseState.CANDIDATE, ReleaseState.DISCARDED, Verb.RELEASE_DISCARDED, "it will not be published"),
    ],
)


#: Who published a release never changes, and readers never get a lower number after a higher one.
_PUBLISHED_ONCE = """
    IF OLD.published_at IS NOT NULL
        AND (NEW.published_by_id, NEW.published_at) IS DISTINCT FROM (OLD.published_by_id, OLD.published_at) THEN
        RAISE EXCEPTION 'a release is published once' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'published' AND OLD.state <> 'published'
        AND EXISTS (SELECT 1 FROM content_release r WHERE r.number > NEW.number AND r.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a newer release was published before' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


#: The publisher of a release has confirmed each thing that it takes away or brings back.
_EFFECTS_CONFIRMED = """
    IF NEW.state = 'published' AND OLD.state <> 'published' AND EXISTS (
        SELECT 1 FROM content_releaseeffect e
        WHERE e.release_id = NEW.number AND e.confirmed_by_id IS DISTINCT FROM NEW.published_by_id
    ) THEN
        RAISE EXCEPTION 'the publisher has not confirmed what goes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Find releases."""

    def current(self) -> Release:
        """Return the published release, or raise NoRelease."""
        try:
            return self.get(state=ReleaseState.PUBLISHED)
        except Release.DoesNotExist:
            raise NoRelease() from None

    def current_number(self) -> int | None:
        """Return the number of the published release, or None."""
        return self.filter(state=ReleaseState.PUBLISHED).values_list("number", flat=True).first()


class Release(models.Model):
    """A numbered set of packs with the report of the gate; numbers only increase."""

    number = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=10, choices=ReleaseState.choices, default=ReleaseState.CANDIDATE)
    base = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The published one, when this was compiled.",
    )
    reason = models.CharField(
        max_length=10, choices=ReleaseReason.choices, default=ReleaseReason.COMPILED, db_default=ReleaseReason.COMPILED
    )
    scope = ArrayField(
        models.CharField(max_length=35),
        null=True,
        blank=True,
        help_text="The locales that were compiled; the packs of all others are those of the base. Null: all were compiled.",
    )
    restores = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    compiled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    compiled_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=dict)
    changed = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="Service id to since when its entry is as here; missing where that is not known.",
    )

    objects: ClassVar[ReleaseQuerySet] = manager_of(ReleaseQuerySet)

    class Meta:
        ordering = ("-number",)
        permissions = (
            ("compile_release", "Can compile a release"),
            ("publish_release", "Can publish a release that another person compiled"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("state",), condition=Q(state=ReleaseState.PUBLISHED), name="release_one_is_published"
            ),
            models.CheckConstraint(condition=Q(reason__in=ReleaseReason.values), name="release_reason"),
            models.CheckConstraint(
                condition=Q(state__in=[ReleaseState.CANDIDATE, ReleaseState.DISCARDED])
                | (Q(published_by__isnull=False, published_at__isnull=False) & ~Q(published_by=F("compiled_by"))),
                name="release_four_eyes",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.ReadOnly(
                name="compiled_fixed",
                fields=["number", "base", "reason", "scope", "restores", "compiled_by", "compiled_at", "report"],
            ),
            pgtrigger.Trigger(
                name="effects_confirmed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_EFFECTS_CONFIRMED
            ),
            not_paused(
                "publisher_not_paused",
                column="published_by_id",
                when="NEW.state = 'published' AND OLD.state <> 'published'",
            ),
            pgtrigger.Trigger(name="published_once", when=pgtrigger.Before, operation=pgtrigger.Update, func=_PUBLISHED_ONCE),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete, condition=~pgtrigger.Q(old__state=ReleaseState.CANDIDATE)),
        )

    def __str__(self) -> str:
        return f"Release {self.number} ({self.state})"

    def discard(self, *, by: User, at: datetime) -> None:
        """Discard this candidate: it will never be published."""
        roles.require(by, "content.compile_release")
        states.advance(self, ReleaseState.DISCARDED, by=by, at=at)

    def pack_digests(self) -> dict[tuple[str, str], str]:
        """Return the digest of each pack by (country, locale), sorted."""
        rows = self.release_packs.order_by("country_id", "locale_id").values_list("country_id", "locale_id", "pack_id")
        return {(country, locale): digest for country, locale, digest in rows}

    def undone_by_rollback(self) -> tuple[int, frozenset[str]] | None:
        """Return the release that the last rollback before this one undid, and the locales compiled since; None: there is none.

        A release that was compiled whole ends it: its publisher was shown what it brought back.
        """
        published = Release.objects.exclude(published_at=None).values_list("number", "base_id", "reason", "scope")
        rows = {number: (base, reason, scope) for number, base, reason, scope in published}
        since: set[str] = set()
        number = self.base_id
        while number in rows:
            base, reason, scope = rows[number]
            if reason == ReleaseReason.ROLLBACK:
                return (base, frozenset(since)) if base is not None else None
            if reason == ReleaseReason.COMPILED:
                if scope is None:
                    return None
                since |= {*scope}
            number = base
        return None

    def locales(self) -> list[str]:
        """Return the locales that it holds packs in, sorted."""
        return sorted(self.release_packs.order_by().values_list("locale_id", flat=True).distinct())

    def countries(self) -> list[str]:
        """Return the countries that it holds packs for, ZZ included, sorted."""
        return sorted(self.release_packs.order_by().values_list("country_id", flat=True).distinct())
