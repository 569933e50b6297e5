"""Which other texts a draft may have: for one audience, for one region, or for one audience in one region."""

from __future__ import annotations

from itertools import product

from content.terms import Recipient
from core.console.display import country_text, region_text
from notifications.campaigns import variants
from notifications.console.tasks.who import known_places
from notifications.models import Campaign
from notifications.models.campaign import ALL
from notifications.registrations.values import NATIONS


def audience_choices(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the audiences that can have a text of their own: none where the campaign is for one alone."""
    chosen = [value for value in Recipient.values if campaign.audiences == ALL or value in campaign.audiences]
    return [(value, variants.readers_text(value).capitalize()) for value in chosen] if len(chosen) > 1 else []


def region_choices(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the regions that can have a text of their own, by name: none where the campaign is for one alone."""
    known = known_regions(campaign) if campaign.regions == ALL else campaign.regions
    found = [code for code in known if campaign.countries == ALL or code[:2] in campaign.countries]
    several = len({code[:2] for code in found}) > 1
    names = [(code, f"{region_text(code)} ({country_text(code[:2])})" if several else region_text(code)) for code in found]
    return sorted(names, key=lambda choice: choice[1]) if campaign.regions == ALL or len(found) > 1 else []


def possible_variants(campaign: Campaign) -> list[str]:
    """Return the key of every variant that the campaign's readers and places allow."""
    audiences = ["", *(value for value, _ in audience_choices(campaign))]
    regions = ["", *(code for code, _ in region_choices(campaign))]
    return [variants.variant_key(audience, region) for audience, region in product(audiences, regions) if audience or region]


def known_regions(campaign: Campaign) -> set[str]:
    """Return the regions of the campaign, and those in which there are readers, services, or a nation of the United Kingdom."""
    return {*NATIONS, *known_places().regions, *(campaign.regions if campaign.regions != ALL else ())}
