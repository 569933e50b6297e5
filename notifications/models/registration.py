"""One app installation that may be pushed to: its sealed address and its segment, and nothing that says who it is."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.db import connection, models, transaction
from django.db.models import Q

from content.terms import Audience
from core.errors import Conflict, Invalid, NotFound
from notifications.models.app import App, PushMode
from notifications.models.segment import Platform, Segment
from notifications.registrations import sealed, values

#: Advisory lock: shared by every transaction that gives a ticket, exclusive for the freeze of an audience.
TICKET_LOCK = (0x4650, 1)
TICKET_SEQUENCE = "notifications_ticket"
REFRESH_AFTER = timedelta(days=14)
#: Days without a refresh after which an installation is forgotten (Google drops Android ones after 270 as well).
FORGET_AFTER = {Platform.ANDROID: 270, Platform.IOS: 60, Platform.WEB: 60}
_CHANGEABLE = {
    "address_kind", "address", "platform", "locale", "country", "region", "time_zone", "audience", "app_version",
}  # fmt: skip
_UPSERT = """
    INSERT INTO notifications_registration
        (id, segment_id, address_kind, address_sealed, address_digest, app_version, secret_digest, seen_on)
    VALUES (%(id)s, %(segment_id)s, %(address_kind)s, %(address_sealed)s, %(address_digest)s, %(app_version)s, %(secret_digest)s,
        %(seen_on)s)
    ON CONFLICT (address_digest) DO UPDATE SET
        segment_id = EXCLUDED.segment_id, address_kind = EXCLUDED.address_kind, address_sealed = EXCLUDED.address_sealed,
        app_version = EXCLUDED.app_version, secret_digest = EXCLUDED.secret_digest, seen_on = EXCLUDED.seen_on, gone_at = NULL,
        gone_because = ''
    RETURNING id
"""


class StoresNoAddress(Conflict):
    """This app stores no addresses."""

    code = "push-mode"


class NoSuchRegistration(NotFound):
    """There is no such registration."""

    code = "no-such-registration"


class AddressKind(models.TextChoices):
    """What FCM knows the installation by."""

    #: Firebase installation ID.
    FID = "fid"
    #: Registration token, which Google deprecated in 2026.
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True)
class Registered:
    """What an installation is told once: only a digest of the secret is kept."""

    id: uuid.UUID
    secret: str
    refresh_after: datetime
    push_mode: str


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Register, find and forget installations."""

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
    ) -> Registered:
        """Store an installation, or the known one of this address again, with a new secret either way.

        Raises Invalid for a value that may not be stored or an unknown app, StoresNoAddress where the app has another mode.
        """
        found = App.objects.filter(name=app).first()
        if found is None:
            raise Invalid(f"There is no app called {app}.", code="app", field="app")
        place = _place(found, platform, locale, country, region, time_zone, audience)
        mode = found.mode_in(place["country"])
        if mode != PushMode.REGISTRATIONS:
            raise StoresNoAddress(f"The app {app} stores no addresses here; its mode is {mode}.", push_mode=str(mode))
        values.address(address_kind, address)
        key = sealed.digest(found.project, address)
        secret = secrets.token_urlsafe(32)
        row: dict[str, Any] = {
            "id": uuid.uuid4(),
            "segment_id": Segment.objects.of(**place).pk,
            "address_kind": address_kind,
            "address_sealed": sealed.seal(address, row_digest=key),
            "address_digest": key,
            "app_version": values.app_version(app_version),
            "secret_digest": _secret_digest(secret),
            "seen_on": at.date(),
        }
        if older := sealed.older_digests(found.project, address):
            # Resealed in the same transaction: a sealed address opens beside its own digest only.
            with transaction.atomic():
                self._rename(older, key)
                identity = _upsert(row)
        else:
            identity = _upsert(row)
        return Registered(identity, secret, at + REFRESH_AFTER, str(mode))

    def _rename(self, older: list[str], key: str) -> None:
        """Let the row of an address that was stored under an older key be found under the present one."""
        known = dict(self.select_for_update().filter(address_digest__in=[key, *older]).values_list("address_digest", "pk"))
        kept = next((known[digest] for digest in (key, *older) if digest in known), None)
        if kept is not None:
            self.filter(pk__in=[pk for pk in known.values() if pk != kept]).delete()
            self.filter(pk=kept).update(address_digest=key)

    def authenticated(self, identity: str | uuid.UUID, secret: str) -> Registration:
        """Return the installation that holds this secret; NoSuchRegistration for an unknown identity and a wrong secret alike."""
        try:
            row = self.select_related("segment__app").get(pk=uuid.UUID(str(identity)))
        except (ValueError, Registration.DoesNotExist):
            row = None
        kept = row.secret_digest if row else "0" * 64
        if not hmac.compare_digest(kept, _secret_digest(secret)) or row is None:
            raise NoSuchRegistration()
        return row

    def reachable(self) -> RegistrationQuerySet:
        """Those whose address FCM has not called gone."""
        return self.filter(gone_at=None)

    def put_back(self, *, since: datetime, because: str = "") -> int:
        """Put those back on the list that FCM called gone since an instant (for one reason alone, if given); return how many."""
        gone = self.filter(gone_at__gte=since)
        if because:
            gone = gone.filter(gone_because=because)
        return gone.update(gone_at=None, gone_because="")

    def stale(self, *, at: datetime) -> RegistrationQuerySet:
        """Those that nobody has refreshed for so long that they are to be forgotten."""
        old = Q()
        for platform, days in FORGET_AFTER.items():
            old |= Q(segment__platform=platform, seen_on__lt=(at - timedelta(days=days)).date())
        return self.filter(old)


class Registration(models.Model):
    """One installation. Its public name is a random id; whoever holds the secret may change or delete it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="registrations", db_index=False)
    #: Given by trigger on arrival, on each change of segment and on coming back from gone; never by us.
    ticket = models.BigIntegerField(editable=False)
    address_kind = models.CharField(max_length=5, choices=AddressKind.choices)
    address_sealed = models.CharField(max_length=800)
    address_digest = models.CharField(max_length=80)
    app_version = models.CharField(max_length=45)
    secret_digest = models.CharField(max_length=64)
    seen_on = models.DateField()
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Off the list since then, until it registers or refreshes.")
    gone_because = models.CharField(
        max_length=15, blank=True, default="", db_default="", help_text="What FCM said of the address."
    )

    objects: ClassVar[RegistrationQuerySet] = RegistrationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["address_digest"], name="registration_address_once"),
            models.UniqueConstraint(fields=["segment", "ticket"], name="registration_ticket_once"),
            models.CheckConstraint(condition=Q(address_kind__in=AddressKind.values), name="registration_address_kind"),
        )
        triggers = (
            pgtrigger.Trigger(
                name="ticket",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # A frozen audience can only shrink: whoever comes, moves or comes back gets a ticket above its mark. The
                # shared lock makes the freeze wait for every ticket that was given but is not visible yet.
                func=f"""
                    IF TG_OP = 'UPDATE' AND NEW.segment_id = OLD.segment_id
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
        )

    def __str__(self) -> str:
        return str(self.pk)

    def amend(self, *, at: datetime, **changes: Any) -> None:
        """Merge changes and count as a refresh; a new address (token → FID) keeps the row.

        Takes the names of `register` but `app`. Raises Invalid for a value that may not be stored and StoresNoAddress when the
        app stores no addresses in the new country.
        """
        if unknown := changes.keys() - _CHANGEABLE:
            raise Invalid(f"A registration has no {', '.join(sorted(unknown))} to change.", field=sorted(unknown)[0])
        with transaction.atomic():
            row, doubles = self._locked(changes)
            row._move(changes)
            columns = {"segment": row.segment, "seen_on": at.date(), "gone_at": None, "gone_because": ""}
            if "app_version" in changes:
                columns["app_version"] = values.app_version(changes["app_version"])
            if "address" in changes:
                key = sealed.digest(row.segment.app.project, changes["address"])
                columns |= {
                    "address_kind": changes.get("address_kind", row.address_kind),
                    "address_digest": key,
                    "address_sealed": sealed.seal(changes["address"], row_digest=key),
                }
            Registration.objects.filter(pk__in=doubles).delete()
            Registration.objects.filter(pk=row.pk).update(**columns)
        self.refresh_from_db()

    def _locked(self, changes: dict[str, Any]) -> tuple[Registration, list[uuid.UUID]]:
        """Return this row as it is now, and the rows that are the same installation by its new address; all of them locked.

        An installation may have registered its new address apart before it told us that both are one. Locking in one order keeps
        two such calls from waiting for each other.
        """
        digests: list[str] = []
        if "address" in changes or "address_kind" in changes:
            if "address" not in changes:
                raise values.NotAValue("address", "A new address_kind comes with its address.")
            address = values.address(changes.get("address_kind", self.address_kind), changes["address"])
            project = self.segment.app.project
            digests = [sealed.digest(project, address), *sealed.older_digests(project, address)]
        rows = Registration.objects.select_for_update(of=("self",)).select_related("segment__app")
        found = {row.pk: row for row in rows.filter(Q(pk=self.pk) | Q(address_digest__in=digests)).order_by("pk")}
        if self.pk not in found:
            raise NoSuchRegistration()
        return found[self.pk], [pk for pk in found if pk != self.pk]

    def _move(self, changes: dict[str, Any]) -> None:
        """Take the segment that follows from the changes, in memory."""
        app, now = self.segment.app, self.segment
        country = changes.get("country", now.country)
        place = _place(
            app,
            changes.get("platform", now.platform),
            changes.get("locale", now.locale),
            country,
            # The old region belongs to the old country.
            changes.get("region", now.region if country == now.country else None),
            changes.get("time_zone", now.zone),
            changes.get("audience", now.audience),
        )
        mode = app.mode_in(place["country"])
        if mode != PushMode.REGISTRATIONS:
            raise StoresNoAddress(f"The app {app.name} stores no addresses there; its mode is {mode}.", push_mode=str(mode))
        self.segment = Segment.objects.of(**place)

    def forget(self) -> None:
        """Delete the installation for good."""
        self.delete()


def _place(
    app: App, platform: str, locale: str, country: str, region: str | None, zone: str | None, audience: str
) -> dict[str, str]:
    """Return the canonical values of a segment, or raise Invalid."""
    if platform not in Platform.values:
        raise values.NotAValue("platform", f"platform is one of {', '.join(Platform.values)}.")
    if audience not in Audience.values:
        raise values.NotAValue("audience", f"audience is one of {', '.join(Audience.values)}.")
    return {
        "app_id": app.name,
        "country": values.country(country),
        "region": values.region(country, region),
        "locale": values.locale(locale),
        "audience": audience,
        "zone": values.time_zone(zone),
        "platform": platform,
    }


def _upsert(row: dict[str, Any]) -> uuid.UUID:
    """Insert a row or renew the known one of its address, and return its id.

    One statement, so that a hundred simultaneous first registrations of an address still make one row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, row)
        identity: uuid.UUID = cursor.fetchone()[0]
    return identity


def _secret_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
