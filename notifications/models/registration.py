"""Registrations: app installations that alerts are sent to, each with a sealed address and a segment, and no identity."""

from __future__ import annotations

import hmac
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from core.errors import Invalid, NotFound
from core.querysets import manager_of
from notifications.models.app import App
from notifications.models.registration_row import (
    AddressKind,
    Registered,
    new_row,
    place_of,
    refresh_after,
    require_storable,
    secret_digest,
    upsert,
)
from notifications.models.segment import Platform, Segment
from notifications.models.segment_count import COUNT_TRIGGERS
from notifications.models.unregistered import Unregistered
from notifications.registrations import sealed, values

#: Advisory lock: shared by every transaction that assigns a ticket, exclusive while an audience is frozen.
TICKET_LOCK = (0x4650, 1)
TICKET_SEQUENCE = "notifications_ticket"
#: Days without a refresh after which a registration is deleted (Google drops Android ones after 270 as well).
MAX_AGE_DAYS = {Platform.ANDROID: 270, Platform.IOS: 60, Platform.WEB: 60}
#: The age from which a registration counts that nothing else has proven, so that inventing thousands can be noticed before.
PROVEN_AFTER = timedelta(days=1)
#: How long a registration that FCM reported gone is kept: so long `put_back` can restore it. Then its address is erased.
GONE_KEPT = timedelta(days=30)
_CHANGEABLE = {
    "address_kind", "address", "platform", "locale", "country", "region", "time_zone", "audience", "app_version",
}  # fmt: skip


class NoSuchRegistration(NotFound):
    """There is no such registration."""

    code = "no-such-registration"


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Register and find installations."""

    def register(
        self,
        *,
        app: str,
        address_kind: str,
        address: str,
        platform: str,
        locale: str,
        country: str,
        region: str | None,
        time_zone: str | None,
        audience: str,
        app_version: str,
        at: datetime,
        proven: bool = True,
    ) -> Registered:
        """Store an installation, or update the one with this address; either way it gets a new secret.

        One that is not proven to be an app of ours is in no audience and counts nowhere until PROVEN_AFTER.
        Raises Invalid for an unknown app or a value that may not be stored, StoresNoAddress where the app has another push mode,
        and NoTeens for a teenager in a country for which the app has no recorded legal basis.
        """
        found = App.objects.filter(name=app).first()
        if found is None:
            raise Invalid(f"There is no app called {app}.", code="app", field="app")
        row, place, secret = new_row(
            found,
            address_kind=address_kind,
            address=address,
            platform=platform,
            locale=locale,
            country=country,
            region=region,
            time_zone=time_zone,
            audience=audience,
            app_version=app_version,
            at=at,
        )
        row["unproven_since"] = None if proven else at
        older = sealed.older_digests(found.project, address)
        try:
            identity = self._store(row, place, older)
        except IntegrityError:
            # The segment was empty, and maintenance deleted it after it was read.
            identity = self._store(row, place, older)
        return Registered(identity, secret, refresh_after(row["seen_on"]), str(found.mode_in(place["country"])))

    def _store(self, row: dict[str, Any], place: dict[str, str], older: list[str]) -> uuid.UUID:
        row["segment_id"] = Segment.objects.of(**place).pk
        if not older:
            return upsert(row)
        # In one transaction: a sealed address can only be opened together with its own digest.
        with transaction.atomic():
            self._move_to_key(older, row["address_digest"])
            return upsert(row)

    def _move_to_key(self, older: list[str], key: str) -> None:
        """Give a row that was stored under an older key the digest of the current one."""
        known = dict(self.select_for_update().filter(address_digest__in=[key, *older]).values_list("address_digest", "pk"))
        kept = next((known[digest] for digest in (key, *older) if digest in known), None)
        if kept is not None:
            self.filter(pk__in=[pk for pk in known.values() if pk != kept]).delete()
            self.filter(pk=kept).update(address_digest=key)

    def authenticated(self, identity: str | uuid.UUID, secret: str) -> Registration:
        """Return the installation with this id and secret; NoSuchRegistration for an unknown id and for a wrong secret."""
        try:
            row = self.select_related("segment__app").get(pk=uuid.UUID(str(identity)))
        except (ValueError, Registration.DoesNotExist):
            row = None
        kept = row.secret_digest if row else "0" * 64
        if not hmac.compare_digest(kept, secret_digest(secret)) or row is None:
            raise NoSuchRegistration()
        return row

    def reachable(self) -> RegistrationQuerySet:
        """Return those that FCM has not reported gone."""
        return self.filter(gone_at=None)

    def prove(self, *, at: datetime, limit: int = 1_000) -> int:
        """Count those from now on that registered at least PROVEN_AFTER ago, `limit` at most; return how many.

        Each gets a ticket, and no audience is frozen until they are committed.
        """
        old = self.filter(unproven_since__lte=at - PROVEN_AFTER).order_by("unproven_since").values("pk")[:limit]
        return self.filter(pk__in=old).update(unproven_since=None)

    def put_back(self, *, since: datetime, because: str = "") -> int:
        """Unmark those that FCM reported gone since an instant (for one reason alone, if given); return how many."""
        gone = self.filter(gone_at__gte=since)
        if because:
            gone = gone.filter(gone_because=because)
        return gone.update(gone_at=None, gone_because="")

    def gone_for_good(self, *, at: datetime) -> RegistrationQuerySet:
        """Return those that were marked gone at least GONE_KEPT ago."""
        return self.filter(gone_at__lte=at - GONE_KEPT)


class Registration(models.Model):
    """One installation. Its public id is random; the holder of its secret can change or delete it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="registrations", db_index=False)
    #: Assigned by a trigger alone: on insert, on each change of segment, when the installation is no longer gone, and when it is
    #: proven. Without one it is in no audience.
    ticket = models.BigIntegerField(editable=False, null=True)
    address_kind = models.CharField(max_length=5, choices=AddressKind.choices)
    address_sealed = models.CharField(max_length=800)
    address_digest = models.CharField(max_length=80)
    app_version = models.CharField(max_length=45)
    secret_digest = models.CharField(max_length=64)
    seen_on = models.DateField()
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="Nothing is sent from then on, until it registers or refreshes."
    )
    gone_because = models.CharField(max_length=15, blank=True, default="", db_default="", help_text="FCM's reason.")
    unproven_since = models.DateTimeField(
        null=True, blank=True, help_text="When it registered, as long as nothing shows that it is an app of ours."
    )

    objects: ClassVar[RegistrationQuerySet] = manager_of(RegistrationQuerySet)

    class Meta:
        indexes = (
            models.Index(fields=["gone_at"], condition=Q(gone_at__isnull=False), name="registration_gone"),
            models.Index(fields=["unproven_since"], condition=Q(unproven_since__isnull=False), name="registration_unproven"),
            # Each segment is of one platform, whose registrations are deleted at the same age.
            models.Index(fields=["segment", "seen_on"], name="registration_seen"),
        )
        constraints = (
            models.UniqueConstraint(fields=["address_digest"], name="registration_address_once"),
            models.UniqueConstraint(fields=["segment", "ticket"], name="registration_ticket_once"),
            models.CheckConstraint(condition=Q(address_kind__in=AddressKind.values), name="registration_address_kind"),
            models.CheckConstraint(
                condition=Q(ticket=None, unproven_since__isnull=False) | Q(ticket__isnull=False, unproven_since=None),
                name="registration_ticket_if_proven",
            ),
        )
        triggers = (
            pgtrigger.Trigger(
                name="ticket",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # A frozen audience can only shrink: an installation that arrives, moves or returns gets a ticket above its
                # watermark. The shared lock makes the freeze wait for tickets that are assigned but not yet visible. What was
                # proven once stays so.
                func=f"""
                    IF TG_OP = 'UPDATE' AND OLD.unproven_since IS NULL THEN
                        NEW.unproven_since := NULL;
                    END IF;
                    IF NEW.unproven_since IS NOT NULL THEN
                        NEW.ticket := NULL;
                        RETURN NEW;
                    END IF;
                    IF TG_OP = 'UPDATE' AND NEW.segment_id = OLD.segment_id AND OLD.ticket IS NOT NULL
                        AND (OLD.gone_at IS NULL OR NEW.gone_at IS NOT NULL) THEN
                        NEW.ticket := OLD.ticket;
                        RETURN NEW;
                    END IF;
                    PERFORM pg_advisory_xact_lock_shared({TICKET_LOCK[0]}, {TICKET_LOCK[1]});
                    NEW.ticket := nextval('{TICKET_SEQUENCE}');
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="in_no_topic",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF TG_OP = 'UPDATE' AND NEW.segment_id = OLD.segment_id THEN
                        RETURN NEW;
                    END IF;
                    IF EXISTS (SELECT 1 FROM notifications_segment WHERE id = NEW.segment_id AND platform = '') THEN
                        RAISE EXCEPTION 'no address is stored beside a topic' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            *COUNT_TRIGGERS,
        )

    def __str__(self) -> str:
        return str(self.pk)

    def amend(self, *, at: datetime, proven: bool = False, **changes: Any) -> None:
        """Merge changes, which counts as a refresh; a new address (token → FID) keeps the row.

        `proven`: the request has shown that it comes from an app of ours, so the installation counts from now on.

        Accepts the arguments of `register` except `app`. Raises Invalid for a value that may not be stored, and StoresNoAddress
        when the app stores no addresses in the new country.
        """
        if unknown := changes.keys() - _CHANGEABLE:
            raise Invalid(f"These fields cannot be changed: {', '.join(sorted(unknown))}.", field=sorted(unknown)[0])
        try:
            self._amend(changes, at=at, proven=proven)
        except IntegrityError:
            # The new segment was empty, and maintenance deleted it after it was read.
            self._amend(changes, at=at, proven=proven)
        self.refresh_from_db()

    def unregister(self, *, at: datetime) -> None:
        """Delete this installation for good: no backup that is restored brings it back."""
        with transaction.atomic():
            Unregistered.objects.note(self.pk, on=at.date())
            self.delete()

    def _amend(self, changes: dict[str, Any], *, at: datetime, proven: bool) -> None:
        with transaction.atomic():
            row, duplicates = self._locked(changes)
            row._move(changes)
            columns = {"segment": row.segment, "seen_on": at.date(), "gone_at": None, "gone_because": ""}
            if proven:
                columns["unproven_since"] = None
            if "app_version" in changes:
                columns["app_version"] = values.app_version(changes["app_version"])
            if "address" in changes:
                key = sealed.digest(row.segment.app.project, changes["address"])
                columns |= {
                    "address_kind": changes.get("address_kind", row.address_kind),
                    "address_digest": key,
                    "address_sealed": sealed.seal(changes["address"], row_digest=key),
                }
            Registration.objects.filter(pk__in=duplicates).delete()
            Registration.objects.filter(pk=row.pk).update(**columns)

    def _locked(self, changes: dict[str, Any]) -> tuple[Registration, list[uuid.UUID]]:
        """Return this row as it is now, and the rows of the same installation under its new address; all of them locked.

        An installation may have registered its new address separately before this call. Locking in one order prevents a deadlock
        of two such calls.
        """
        digests: list[str] = []
        if "address" in changes or "address_kind" in changes:
            if "address" not in changes:
                raise values.InvalidValue("address", "A new address_kind needs its address.")
            address = values.address(changes.get("address_kind", self.address_kind), changes["address"])
            project = self.segment.app.project
            digests = [sealed.digest(project, address), *sealed.older_digests(project, address)]
        rows = Registration.objects.select_for_update(of=("self",)).select_related("segment__app")
        found = {row.pk: row for row in rows.filter(Q(pk=self.pk) | Q(address_digest__in=digests)).order_by("pk")}
        if self.pk not in found:
            raise NoSuchRegistration()
        return found[self.pk], [pk for pk in found if pk != self.pk]

    def _move(self, changes: dict[str, Any]) -> None:
        """Set the segment that follows from the changes, in memory."""
        app, now = self.segment.app, self.segment
        country = changes.get("country", now.country)
        place = place_of(
            app,
            platform=changes.get("platform", now.platform),
            locale=changes.get("locale", now.locale),
            country=country,
            # The old region is of the old country.
            region=changes.get("region", now.region if country == now.country else None),
            zone=changes.get("time_zone", now.zone),
            audience=changes.get("audience", now.audience),
        )
        require_storable(app, place)
        self.segment = Segment.objects.of(**place)
