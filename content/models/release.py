"""One frozen state of all content, and the door through which it reaches readers."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q, Value

from core import audit, roles, states
from core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound, SecondPersonRequired
from core.models import User
from core.states import Edge, Lifecycle


class NoRelease(NotFound):
    """Nothing has been published yet."""

    code = "no-release"


class HoldsWithdrawn(Conflict):
    """A service that it holds was withdrawn meanwhile; compile again."""

    code = "withdrawn"


class ReleaseState(models.TextChoices):
    """A release's whole life."""

    #: Compiled, and read by nobody but staff.
    CANDIDATE = "candidate"
    #: What readers get; there is one at most.
    PUBLISHED = "published"
    #: Was published, and another one took its place.
    SUPERSEDED = "superseded"
    #: Was never published, and will not be.
    DISCARDED = "discarded"


LIFECYCLE = Lifecycle(
    model="content.Release",
    states=ReleaseState,
    initial=ReleaseState.CANDIDATE,
    edges=[
        Edge(ReleaseState.CANDIDATE, ReleaseState.PUBLISHED, "publish", "a second person publishes it"),
        Edge(ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED, "supersede", "another release takes its place"),
        Edge(ReleaseState.CANDIDATE, ReleaseState.DISCARDED, "discard", "it is not wanted"),
    ],
)


#: Who published it stays, and a number that readers have seen is never followed by a lower one.
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

    def was_withdrawn(self, digest: str) -> bool:
        """Tell whether the pack of this digest holds a service that is withdrawn now."""
        from content.models.withdrawal import WithdrawnPack

        return WithdrawnPack.objects.filter(pack_id=digest, withdrawal__put_back_at=None).exists()

    def roll_back(self, *, to: int, by: User, at: datetime) -> Release:
        """Make a candidate under a new number from the packs of an older release; a second person publishes it.

        What has been withdrawn since stays away: such packs are patched as the published ones were.
        """
        from content.publishing.withdrawal import restored

        roles.require(by, "content.compile_release")
        older = self.filter(number=to).exclude(state=ReleaseState.CANDIDATE).exclude(published_at=None).first()
        if older is None:
            raise Invalid(f"Release {to} was never published.", code="not-published")
        with transaction.atomic():
            candidate = self.create(
                compiled_by=by, compiled_at=at, base_id=self.current_number(), report=older.report, restores=older
            )
            restored(older, candidate)
            audit.record(by=by, verb="roll back", row=candidate, at=at, to=to)
        return candidate


class Release(models.Model):
    """A numbered set of packs with the report of the gate; numbers only ever go up."""

    number = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=10, choices=ReleaseState.choices, default=ReleaseState.CANDIDATE)
    base = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Published when this was compiled."
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
        help_text="By service: since when its entry is as here; not known before.",
    )

    objects: ClassVar[ReleaseQuerySet] = ReleaseQuerySet.as_manager()  # type: ignore[assignment]

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
            models.CheckConstraint(
                condition=Q(state__in=[ReleaseState.CANDIDATE, ReleaseState.DISCARDED])
                | (Q(published_by__isnull=False, published_at__isnull=False) & ~Q(published_by=F("compiled_by"))),
                name="release_four_eyes",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.ReadOnly(
                name="compiled_fixed", fields=["number", "base", "restores", "compiled_by", "compiled_at", "report"]
            ),
            pgtrigger.Trigger(name="published_once", when=pgtrigger.Before, operation=pgtrigger.Update, func=_PUBLISHED_ONCE),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete, condition=~pgtrigger.Q(old__state=ReleaseState.CANDIDATE)),
        )

    def __str__(self) -> str:
        return f"Release {self.number} ({self.state})"

    def publish(self, *, by: User, at: datetime) -> None:
        """Give this release to readers in place of the present one, both in one step.

        Raises SecondPersonRequired for who compiled it, ChangedMeanwhile where another one was published since it was compiled.
        """
        from content.exporting.last_modified import changed

        roles.require(by, "content.publish_release")
        if by.pk == self.compiled_by_id:
            raise SecondPersonRequired("The person who compiled a release cannot publish it; a second person must.")
        if not self.release_packs.exists():
            raise Invalid("This release holds no pack: every one is blocked.", code="empty")
        with transaction.atomic():
            current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
            if (current.number if current else None) != self.base_id:
                raise ChangedMeanwhile("Another release was published since this candidate was compiled; compile again.")
            if self._holds_withdrawn():
                raise HoldsWithdrawn()
            told = {"published_by": by, "published_at": at, "changed": changed(current, self, at=at)}
            if current is not None:
                states.advance(current, ReleaseState.SUPERSEDED, by=by, at=at)
            try:
                with transaction.atomic():
                    states.advance(self, ReleaseState.PUBLISHED, by=by, at=at, **told)
            except IntegrityError:
                # With nothing published before there is no row to lock, and two publishers can come this far.
                raise ChangedMeanwhile() from None

    def _holds_withdrawn(self) -> bool:
        from content.models.withdrawal import Withdrawal, WithdrawnPack
        from content.publishing.withdrawal import holding

        if WithdrawnPack.objects.filter(pack__release_packs__release=self, withdrawal__put_back_at=None).exists():
            return True
        # Written while somebody withdrew what no published pack held: no release came in between that would make this stale.
        fresh = Withdrawal.objects.in_force().filter(release=None).values_list("service_id", flat=True)
        return any(holding(service).filter(release_packs__release=self).exists() for service in fresh)

    def discard(self, *, by: User, at: datetime) -> None:
        """Say that this candidate will not be published."""
        roles.require(by, "content.compile_release")
        states.advance(self, ReleaseState.DISCARDED, by=by, at=at)

    def pack_body(self, country: str, locale: str) -> tuple[str, str] | None:
        """Return (digest, body) of the pack for the country and locale in one query, or None."""
        row = self.release_packs.filter(country_id=country, locale_id=locale).values_list("pack_id", "pack__body").first()
        return row

    def places(self) -> dict[tuple[str, str], str]:
        """Return the digest of the pack of each country and locale, sorted."""
        rows = self.release_packs.order_by("country_id", "locale_id").values_list("country_id", "locale_id", "pack_id")
        return {(country, locale): digest for country, locale, digest in rows}

    def locales(self) -> list[str]:
        """Return the codes of the locales it holds packs in, sorted."""
        return sorted(self.release_packs.order_by().values_list("locale_id", flat=True).distinct())

    def countries(self) -> list[str]:
        """Return the codes of the countries it holds packs of their own for, ZZ among them, sorted."""
        return sorted(self.release_packs.order_by().values_list("country_id", flat=True).distinct())
