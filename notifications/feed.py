"""The alerts as anybody may read them: approved words, from the first due instant on, unless a person stopped them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from content.terms import Audience
from core.errors import Gone, NotFound
from notifications import words
from notifications.definition import rfc3339
from notifications.models.campaign import ALL, Campaign
from notifications.models.campaign_state import CampaignState

MOST = 100


class NoSuchAlert(NotFound):
    """There is no such alert."""

    code = "no-such-alert"


class AlertStopped(Gone):
    """This alert was stopped."""

    code = "alert-stopped"


def alerts(
    *, country: str, audience: str | None, locale: str, at: datetime, before: datetime | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the alerts of a country for an audience (None: any), the newest first.

    Without `before` the unexpired ones; with it those that opened before that instant, expired ones included.
    """
    found = Campaign.objects.opened(at=at).exclude(_taken_back()).filter(Q(countries__contains=[country]) | Q(countries=ALL))
    if audience is not None:
        found = found.filter(Q(audiences__contains=[audience]) | Q(audiences=ALL))
    found = found.filter(not_after__gt=at) if before is None else found.filter(starts_at__lt=before)
    chosen = found.order_by("-starts_at", "-id")[: max(0, min(limit, MOST))]
    return [_written(campaign, locale, audience) for campaign in chosen]


def alert(number: str | int, *, locale: str, at: datetime, audience: str | None = None) -> dict[str, Any]:
    """Return one alert, expired or not; NoSuchAlert before it opens, AlertStopped once a person stopped it."""
    found = Campaign.objects.opened(at=at).filter(pk=int(number)) if str(number).isdecimal() and len(str(number)) < 19 else ()
    for campaign in found:
        if Campaign.objects.filter(_taken_back(), pk=campaign.pk).exists():
            raise AlertStopped()
        return _written(campaign, locale, audience)
    raise NoSuchAlert()


def _taken_back() -> Q:
    # The brake comes first when a campaign is stopped; its state may follow a moment later.
    return Q(state=CampaignState.STOPPED) | Q(brake__state="stopped")


def _written(campaign: Campaign, locale: str, audience: str | None) -> dict[str, Any]:
    """Return one alert in the reader's locale, or in the campaign's home locale, labelled."""
    found = words.served(campaign, locale)
    served = found or campaign.home_locale
    for_whom = audience or (Audience.PARENT if campaign.audiences == ALL else campaign.audiences[0])
    texts = words.text(campaign, served, for_whom)
    assert campaign.submitted_at is not None
    assert campaign.starts_at is not None
    return {
        "id": str(campaign.pk),
        "thread": str(campaign.alert),
        "rev": campaign.rev,
        "references": str(campaign.references_id) if campaign.references_id else None,
        "kind": campaign.kind,
        "status": campaign.status,
        "severity": campaign.severity,
        "urgency": campaign.urgency,
        "certainty": campaign.certainty,
        "locales": sorted(campaign.words),
        "locale": {"requested": locale, "served": served, "reason": None if found else "not-translated"},
        "lang": served,
        "dir": words.direction(served),
        "outer": texts["outer"],
        "title": texts["inner"]["title"],
        "body": texts["inner"]["body"],
        "services": campaign.services,
        "tip": campaign.tips.get(for_whom),
        "countries": None if campaign.countries == ALL else campaign.countries,
        "regions": None if campaign.regions == ALL else campaign.regions,
        "audiences": Audience.values if campaign.audiences == ALL else campaign.audiences,
        "sent": rfc3339(campaign.submitted_at),
        "opens": rfc3339(campaign.starts_at),
        "expires": rfc3339(campaign.not_after),
    }
