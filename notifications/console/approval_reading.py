"""What an approver reads of campaigns before they decide, on the page of one and on the page of a programme."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from content.models import Channel
from core.console.display import language_text
from core.errors import DomainError, Invalid
from core.models import User
from notifications.campaigns import approval, audience, definition
from notifications.campaigns.audience import Audiences
from notifications.console.definition_changes import DefinitionChanges, changes_between
from notifications.console.language_cards import language_cards
from notifications.console.will_happen import will_happen
from notifications.models import Campaign, CampaignLook, FirstApproval, SecondReading


@dataclass(frozen=True)
class ApprovalFacts:
    """What the approval of some campaigns is decided on, read together: no more queries for many campaigns than for one.

    Each mapping is by the id of the campaign.
    """

    audiences: Audiences
    readings: Mapping[int, Mapping[str, SecondReading]]
    #: The user's latest look at an earlier submission.
    looks: Mapping[int, CampaignLook]
    urgent: Mapping[int, list[Campaign]]
    first: Mapping[int, FirstApproval]
    #: The contacts of each service, by its id.
    channels: Mapping[str, list[Channel]]

    @classmethod
    def of(cls, campaigns: Collection[Campaign], user: User, audiences: Audiences, *, at: datetime) -> ApprovalFacts:
        """Read what an approver is shown of these submitted campaigns, beside their audiences."""
        urgent = approval.recent_urgent_of(campaigns, at=at)
        channels: dict[str, list[Channel]] = {name: [] for campaign in campaigns for name in campaign.services}
        for channel in Channel.objects.filter(service__in=channels).order_by("service_id", "position"):
            channels[channel.service_id].append(channel)
        return cls(
            audiences,
            approval.second_readings_of(campaigns),
            CampaignLook.objects.last_before(campaigns, by=user.pk),
            urgent,
            _first_approvals([campaign for campaign in campaigns if urgent[campaign.pk]]),
            channels,
        )


def readings(
    campaigns: Collection[Campaign],
    user: User,
    summaries: Mapping[int, dict[str, Any]],
    audiences: Audiences,
    *,
    at: datetime,
) -> dict[int, dict[str, Any]]:
    """Return what an approver reads of each campaign, by its id, as template context; record that they have looked.

    `summaries` are the campaigns' own, by their ids, and `audiences` holds the audiences of all of them.
    """
    known = ApprovalFacts.of(campaigns, user, audiences, at=at)
    documents = {campaign.pk: definition.write(campaign) for campaign in campaigns}
    CampaignLook.objects.bulk_create(
        [
            CampaignLook(campaign=one, by=user, fingerprint=one.fingerprint, definition=documents[one.pk], at=at)
            for one in campaigns
        ],
        ignore_conflicts=True,
    )
    return {one.pk: _reading(one, user, summaries[one.pk], documents[one.pk], known, at=at) for one in campaigns}


def _reading(
    campaign: Campaign, user: User, summary: dict[str, Any], document: dict[str, Any], known: ApprovalFacts, *, at: datetime
) -> dict[str, Any]:
    # The forecast says how many, from the same counters.
    will = will_happen(campaign, at=at, known=known.audiences)
    names = _names(summary)
    cards = language_cards(campaign, user, summary["previews"], readings=known.readings[campaign.pk])
    look = known.looks.get(campaign.pk)
    return {
        "cards": cards,
        "waiting_for": [card.language for card in cards if card.reading is None and not card.reads],
        "look": look,
        "changes": changes_between(look.definition, document, names=names) if look else None,
        "corrected": _against_corrected(campaign, document, names),
        # Each service with its contacts, as an app shows them.
        "help": [
            {"service": service, "channels": known.channels[name]} for name, service in summary["services"] if service is not None
        ],
        "urgent": known.urgent[campaign.pk],
        "first": known.first.get(campaign.pk),
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


def _first_approvals(campaigns: Collection[Campaign]) -> dict[int, FirstApproval]:
    """Return the first approval of each of these submissions that has one, by the campaign's id."""
    if not campaigns:
        return {}
    fingerprints = {campaign.pk: campaign.fingerprint for campaign in campaigns}
    given = FirstApproval.objects.filter(campaign__in=fingerprints).select_related("by")
    return {one.campaign_id: one for one in given if one.fingerprint == fingerprints[one.campaign_id]}


def _names(summary: dict[str, Any]) -> dict[str, str]:
    """Return what staff call the apps, services and tips of the campaign."""
    names = {app.name: app.title for app in summary["apps"]}
    names |= {slug: title for _, slug, title in summary["tips"] if title}
    return names | {name: service.name for name, service in summary["services"] if service is not None}
