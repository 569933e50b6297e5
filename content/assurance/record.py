"""Record that a person has checked a channel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import transaction

from content.assurance.validity import longest_days, methods
from content.models import Assurance, Channel
from content.models.assurance import Method
from content.models.rights import country_trigger_refuses, require_service_country
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User


def record_assurance(
    channel: Channel, *, by: User, at: datetime, method: Method, until: date | None = None, note: str = ""
) -> Assurance:
    """Record that the channel was checked with the values that it has now, and until when the check is valid.

    `until` defaults to the latest day that `validity` allows. Raises Invalid for a later day or a past one, and for a method
    that does not fit the channel.
    """
    roles.require(by, "content.assure_channel")
    require_service_country(by, channel.service)
    today, service_roles = at.astimezone(UTC).date(), channel.service.roles
    allowed = methods(service_roles, channel.type)
    if method not in allowed:
        raise Invalid(f"This channel can be checked by: {', '.join(allowed)}.", code="method")
    latest = today + timedelta(days=longest_days(service_roles, channel.type, method))
    until = until or latest
    if not today <= until <= latest:
        raise Invalid(f"This check can be valid from today until {latest:%-d %B %Y}.", code="until")
    values = {"revision_id": channel.revision_id, "by": by, "at": at, "method": method, "until": until, "note": note}
    with country_trigger_refuses(by), transaction.atomic():
        assurance = Assurance.objects.create(**values)
    audit.record(by=by, verb=Verb.CHANNEL_CHECKED, row=channel, at=at, method=str(method), until=until.isoformat())
    return assurance
