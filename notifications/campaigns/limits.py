"""The apps and countries that a member of campaign staff acts on.

Everybody on the campaign staff reads every campaign, so that nobody warns the same people twice. Writing, submitting, approving,
returning, rejecting and resuming are limited; pausing and stopping are not, because nothing may delay them.
"""

from __future__ import annotations

from collections.abc import Sequence

from content.models import Country
from core.errors import Forbidden
from core.models import User
from notifications.models.app import App
from notifications.models.campaign import Campaign


class OutsideLimits(Forbidden):
    """The campaign is for an app or a country that this person does not act on."""

    code = "limits"


def is_within(by: User, campaign: Campaign) -> bool:
    """Return whether the person acts on everything that the campaign is for."""
    return by.acts_on(campaign.apps, campaign.countries)


def require_within(by: User, *, apps: Sequence[str], countries: Sequence[str]) -> None:
    """Raise OutsideLimits where the person does not act on all of these; "all" takes a person without limits."""
    if by.is_system or by.acts_on(apps, countries):
        return
    raise OutsideLimits(f"{by.username} acts on {in_words(by)} only, and the campaign is for more than that.")


def require_for(by: User, campaign: Campaign) -> None:
    """Raise OutsideLimits where the person does not act on everything that the campaign is for."""
    require_within(by, apps=campaign.apps, countries=campaign.countries)


def in_words(person: User) -> str:
    """Return the apps and countries that a person acts on, such as "campaigns of Parent app in France and Ireland"."""
    apps = App.objects.filter(name__in=person.campaign_apps).values_list("title", flat=True)
    countries = Country.objects.filter(pk__in=person.campaign_countries).order_by("name").values_list("name", flat=True)
    of_apps = "every app" if "*" in person.campaign_apps else " and ".join(apps)
    in_countries = "every country" if "*" in person.campaign_countries else " and ".join(countries)
    return f"campaigns of {of_apps} in {in_countries}"
