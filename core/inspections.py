"""What `manage.py doctor` inspects of settings, database and staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http.request import validate_host

from core import database_roles, roles, triggers
from core.doctor import Symptom, inspects, warning
from core.migration_state import missing_migrations
from core.models import Backup, User
from core.models.backup import BACKUP_AGE

#: Seconds by which the clocks of this machine and of the database may differ.
_CLOCKS_DIFFER = 60.0
#: What two people do together: the permission of the first and of the second.
_PAIRS = {
    "texts": ("content.edit_words", "content.approve_words"),
    "numbers and services": ("content.propose_channelrevision", "content.approve_channelrevision"),
    "releases": ("content.compile_release", "content.publish_release"),
    "campaigns": ("notifications.author_campaign", "notifications.approve_campaign"),
    "accounts": ("core.administer_staff", "core.administer_staff"),
}


@inspects("the settings")
def inspect_settings(at: datetime) -> Iterator[Symptom]:
    """Find settings that fit neither each other nor an installation that people reach."""
    public = urlsplit(settings.PUBLIC_URL)
    if not validate_host(public.hostname or "", settings.ALLOWED_HOSTS):
        yield Symptom(
            f"PUBLIC_URL has the host {public.hostname}, which ALLOWED_HOSTS does not name, so every request is refused.",
            "ALLOWED_HOSTS takes host names without scheme and port, comma-separated.",
        )
    if public.scheme == "https" and settings.TRUSTED_PROXIES == 0:
        yield Symptom(
            "PUBLIC_URL is https, so a proxy is in front, but TRUSTED_PROXIES is 0: all clients share one rate limit.",
            "Set TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For.",
        )
    if settings.BROKER_URL.startswith("memory://"):
        yield Symptom("BROKER_URL is not set: no wake-up of the beat reaches a worker.", "Name a Valkey, Redis or RabbitMQ.")
    if "locmem" in settings.CACHES["default"]["BACKEND"] and not settings.SANDBOX:
        yield warning("CACHE_URL is not set: each process counts rate limits for itself.", "Name a Valkey or Redis.")
    if not settings.MAIL and not settings.STAFF_WEBHOOK_URL:
        yield warning("No message reaches staff when something waits for them.", "Set MAIL_URL and MAIL_FROM.")
    if not settings.EDITION_DIR:
        yield warning(
            "EDITION_DIR is not set: a web process that starts while the database is down cannot answer readers.",
            "Name a folder that outlives the process. A process that serves the console alone needs none.",
        )


@inspects("the cache")
def inspect_cache(at: datetime) -> Iterator[Symptom]:
    """Write to the cache."""
    try:
        cache.set("doctor", True, timeout=5)
    except Exception as error:
        # Of whichever client library the cache has.
        yield Symptom(f"The cache does not answer ({type(error).__name__}): apps cannot register.", "Look at CACHE_URL.")


@inspects("the database")
def inspect_database(at: datetime) -> Iterator[Symptom]:
    """Look at the role, the migrations and the clock."""
    with connection.cursor() as cursor:
        fault = database_roles.fault(cursor)
        cursor.execute("SELECT clock_timestamp(), pg_is_in_recovery(), current_setting('default_transaction_read_only')::boolean")
        now, standby, read_only = cursor.fetchone()
    if fault is not None and not settings.SANDBOX:
        yield Symptom(fault)
    if standby or read_only:
        yield Symptom(
            f"The database {'is a standby' if standby else 'takes no writes'}.", "Nothing is registered, sent or published."
        )
    if missing := missing_migrations():
        lacks = "One migration is missing:" if len(missing) == 1 else f"{len(missing)} migrations are missing, the first is"
        yield Symptom(f"{lacks} {missing[0]}.", "Run migrate as the owner.")
    if triggers.can_be_turned_off():
        yield Symptom("A session of the database can turn its rules off.", "Run migrate as the owner.")
    if (apart := abs((now - at).total_seconds())) > _CLOCKS_DIFFER:
        yield Symptom(
            f"The clock of this machine and that of the database are {apart:.0f} s apart.",
            "Synchronize both, for example by NTP.",
        )


@inspects("the staff")
def inspect_staff(at: datetime) -> Iterator[Symptom]:
    """Look for two people for each pair of eyes, and for accounts without a second factor."""
    for subject, (first, second) in _PAIRS.items():
        approvers, people = _holders(second), _holders(first) | _holders(second)
        if not approvers or len(people) < 2:
            missing = " and ".join(roles.role_name(role) for role, held in roles.ROLES.items() if second in held)
            yield Symptom(
                f"{subject.capitalize()} need two people, one of whom approves: {len(people)} of these roles, "
                f"{len(approvers)} of whom may approve.",
                f"The role that approves: {missing}.",
            )
    if settings.FACTOR_REQUIRED:
        without = User.objects.filter(is_active=True, is_staff=True).exclude(
            pk__in=Authenticator.objects.filter(type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)).values("user")
        )
        if names := sorted(without.values_list("username", flat=True)):
            yield warning(
                f"These accounts have no second factor, and open only the page that sets it up: {', '.join(names[:10])}.",
                f"There are {len(names)}." if len(names) > 10 else "",
            )


@inspects("the backups")
def inspect_backups(at: datetime) -> Iterator[Symptom]:
    """Look for a backup of the last two days."""
    newest = Backup.objects.first()
    if settings.SANDBOX:
        return
    if newest is None:
        yield warning("There is no backup by manage.py backup.", "Run it daily by a timer, or see that another way is tried out.")
    elif at - newest.taken_at > BACKUP_AGE:
        yield Symptom(f"The last backup by manage.py backup is {(at - newest.taken_at).days} days old.", "See its timer's log.")


def _holders(permission: str) -> set[int]:
    holding = [role for role, held in roles.ROLES.items() if permission in held]
    return set(User.objects.filter(is_active=True, is_staff=True, groups__name__in=holding).values_list("pk", flat=True))
