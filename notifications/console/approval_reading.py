"""What an approver reads of one campaign before they decide, on its own page and on the page of its programme."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import QueryDict

from content.models import Channel
from core.console.display import language_text
from core.errors import DomainError, Invalid
from core.models import User
from notifications.campaigns import approval, audience, definition
from notifications.console.definition_changes import DefinitionChanges, changes_between
from notifications.console.language_cards import language_cards
from notifications.console.will_happen import will_happen
from notifications.models import Campaign, CampaignLook, FirstApproval


def reading(campaign: Campaign, user: User, summary: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """Return what an approver reads, as template context, and record that they have looked; `summary` is the campaign's own."""
    # The forecast says how many, from the same counters.
    will = will_happen(campaign, at=at)
    document = definition.write(campaign)
    names = _names(summary)
    cards = language_cards(campaign, user, summary["previews"])
    look = CampaignLook.objects.last_before(campaign, by=user.pk)
    CampaignLook.objects.bulk_create(
        [CampaignLook(campaign=campaign, by=user, fingerprint=campaign.fingerprint, definition=document, at=at)],
        ignore_conflicts=True,
    )
    urgent = approval.recent_urgent(campaign, at=at)
    return {
        "cards": cards,
        "waiting_for": [card.language for card in cards if card.reading is None and not card.reads],
        "look": look,
        "changes": changes_between(look.definition, document, names=names) if look else None,
        "corrected": _against_corrected(campaign, document, names),
        "help": _help(campaign, summary),
        "urgent": urgent,
        "first": _first_approval(campaign) if urgent else None,
        "will": will,
        "number": will.devices if (will.devices or 0) > audience.CONFIRM_ABOVE else None,
    }


def languages_read(campaign: Campaign, user: User, ticked: set[str]) -> set[str]:
    """Return the languages of the campaign that the user has ticked; Invalid where one that they read is missing."""
    for locale in campaign.words:
        if user.reads(locale) and locale not in ticked:
            raise Invalid(
                f"{language_text(locale)}: read the text, then tick that you have read it.", code="language", field="language"
            )
    return {locale for locale in ticked if locale in campaign.words}


def typed_reach(data: QueryDict, *, prefix: str = "") -> int | None:
    """Return the number of phones that the page showed and the approver typed; None where the page asked for none."""
    shown = data.get(f"{prefix}shown_number", "")
    typed = "".join(filter(str.isdigit, data.get(f"{prefix}number", "")))
    if not shown.isdecimal():
        return None
    if typed != shown:
        sentence = f"Number of phones: type {int(shown):,} to confirm that so many phones get the alert."
        raise Invalid(sentence, code="number", field="number")
    return int(shown)


def refusal_text(error: DomainError) -> str:
    """Return the sentence of a refused approval, with languages in words."""
    if isinstance(error, approval.SecondReaderMissing):
        names = ", ".join(language_text(locale) for locale in error.extra["languages"])
        return f"Nobody who reads it has confirmed the text in: {names}. Ask a second reader of each language."
    return error.detail


def _against_corrected(campaign: Campaign, document: dict[str, Any], names: dict[str, str]) -> DefinitionChanges | None:
    """Return what differs from the alert that this campaign follows, if it follows one."""
    earlier = campaign.references
    return changes_between(definition.write(earlier), document, names=names) if earlier else None


def _first_approval(campaign: Campaign) -> FirstApproval | None:
    given = FirstApproval.objects.filter(campaign=campaign, fingerprint=campaign.fingerprint)
    return given.select_related("by").first()


def _names(summary: dict[str, Any]) -> dict[str, str]:
    """Return what staff call the apps, services and tips of the campaign."""
    names = {app.name: app.title for app in summary["apps"]}
    names |= {slug: title for _, slug, title in summary["tips"] if title}
    return names | {name: service.name for name, service in summary["services"] if service is not None}


def _help(campaign: Campaign, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return each service with its contacts, as an app shows them."""
    channels = list(Channel.objects.filter(service__in=campaign.services).order_by("service_id", "position"))
    return [
        {"service": service, "channels": [channel for channel in channels if channel.service_id == name]}
        for name, service in summary["services"]
        if service is not None
    ]
