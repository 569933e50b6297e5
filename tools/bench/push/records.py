"""The rows that the measurements need, created by the product's own functions.

Django is imported inside the functions, because it is not set up when this module is imported.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.models import User
    from notifications.models import Campaign

PROJECT = "fingerpost-bench"
#: A service for parents in each country of the made-up installations.
SERVICES = (
    *("bd-child-helpline-1098", "de-elterntelefon", "fr-3018", "gb-nspcc-helpline", "ie-hotline", "in-child-helpline-1098"),
    *("nz-netsafe", "us-ncmec-cybertipline"),
)
#: An audience of every installation of the parent app.
EVERYONE = {"countries": "all", "audiences": ["parent"]}


def create_app() -> None:
    """Load the facts, approve the services and their numbers, and create the parent app, which stores addresses."""
    from django.core.management import call_command

    from notifications.models import App

    if not facts_are_loaded():
        call_command("load_facts", "--json", stdout=Discard())
        user("assurer", "assurer")
        for facts in ("services", "channels"):
            call_command(facts, "approve-all", "--by", "assurer", stdout=Discard())
    App.objects.create(name="parent", title="Parent app", project=PROJECT, push_mode="registrations")


def facts_are_loaded() -> bool:
    """Return whether an earlier `create_app` has loaded and approved the facts."""
    from content.models import Service
    from core.models import User

    return User.objects.filter(username="assurer").exists() and Service.objects.exists()


def register_devices(number: int) -> None:
    """Register so many made-up installations of the parent app, with real sealing of their addresses."""
    from notifications.registrations import simulation

    simulation.register_many(number, app="parent", country=None, at=datetime.now(UTC))


def register_device(number: int, *, country: str) -> None:
    """Register one installation of the parent app in a country."""
    from notifications.models import Registration

    Registration.objects.register(
        at=datetime.now(UTC),
        app="parent",
        address_kind="fid",
        address=f"fid{number:019d}",
        platform="android",
        locale="en",
        country=country,
        region=None,
        time_zone="Europe/London",
        audience="parent",
        app_version="1.2.0",
    )


def submit_campaign(
    *, audience: dict[str, Any] = EVERYONE, at: datetime | None = None, end: datetime | None = None, severity: str = "Moderate"
) -> Campaign:
    """Create and submit a campaign that is due at an instant, or at once, until another one, or for a day; return it."""
    from notifications.campaigns import lifecycle

    now = datetime.now(UTC)
    campaign = lifecycle.draft(definition(audience, at, severity, end), by=staff()[0], at=now)
    submit(campaign, at=now)
    return campaign


def submit(campaign: Campaign, *, at: datetime) -> None:
    """Submit a draft as its author, who confirms how many phones it reaches."""
    from notifications.campaigns import lifecycle

    lifecycle.submit(campaign, by=staff()[0], at=at, reach=_reach(campaign))


def approve_campaign(campaign: Campaign) -> float:
    """Approve a submitted campaign; return the instant of the last approval, in seconds since 1970.

    An urgent alert needs two approvers where another one went to the same people within 7 days.
    """
    from notifications.campaigns import lifecycle

    reach = _reach(campaign)
    for name in ("approver", "second-approver"):
        at, by = datetime.now(UTC), user(name, "campaign-approver")
        if lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=by, at=at, reach=reach, reason="A measurement."):
            return at.timestamp()
    raise RuntimeError(f"campaign {campaign.pk} was not approved")


def _reach(campaign: Campaign) -> int | None:
    """Return the number of phones that author and approver confirm."""
    from notifications.campaigns import audience

    return audience.rounded(sum(segment.devices for segment in audience.members(campaign)))


def create_campaign(*, audience: dict[str, Any] = EVERYONE, at: datetime | None = None, end: datetime | None = None) -> Campaign:
    """Create, submit and approve a campaign; return it."""
    campaign = submit_campaign(audience=audience, at=at, end=end)
    approve_campaign(campaign)
    return campaign


def staff() -> tuple[User, User]:
    """Return an author and an approver of campaigns."""
    return user("author", "campaign-author"), user("approver", "campaign-approver")


def android_message() -> dict[str, Any]:
    """Return the message to Android of the newest campaign, without an address."""
    from notifications.models import Message

    messages = Message.objects.filter(platform="android", fallback=False).order_by("-campaign_id")
    return dict(json.loads(messages.values_list("body", flat=True)[0]))


def user(name: str, role: str) -> User:
    """Return the member of staff of this name; create them with the role if there is none."""
    from core import roles
    from core.models import User

    if found := User.objects.filter(username=name).first():
        return found
    made = User.objects.create_user(name, password=None, is_staff=True, locales=["*"])
    roles.give(made, role)
    return User.objects.get(pk=made.pk)


def definition(
    audience: dict[str, Any] = EVERYONE, at: datetime | None = None, severity: str = "Moderate", end: datetime | None = None
) -> dict[str, Any]:
    """Return the definition of a campaign that is due at an instant, or at once, until another one, or for a day."""
    inner = {
        "title": "If someone threatens to share a picture",
        "body": "Do not pay. It is never the young person's fault.",
    }
    outer = {"title": "New advice in the app", "body": "Take two minutes to read it."}
    return {
        "name": "Half-term warning",
        "kind": "alert",
        "apps": ["parent"],
        "audience": audience,
        "messages": {"en": {"outer": outer, "inner": inner}},
        "services": list(SERVICES),
        "alert": {"severity": severity, "urgency": "Expected", "certainty": "Likely", "status": "Actual"},
        "home": {"zone": "Europe/London", "locale": "en"},
        "schedule": {"at": at.isoformat() if at else "now"},
        "not_after": (end or (at or datetime.now(UTC)) + timedelta(days=1)).isoformat(),
        "quiet_hours": {"override": "A measurement runs at any hour."},
    }


class Discard:
    """An output stream that discards everything."""

    def write(self, text: str) -> None:
        """Discard the text."""
