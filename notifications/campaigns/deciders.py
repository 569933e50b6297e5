"""Who can approve a campaign in time."""

from __future__ import annotations

from datetime import datetime

from core.models import User
from core.roles import APPROVAL_PAUSE
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.limits import is_within
from notifications.models.campaign import Campaign


def deadline_of(campaign: Campaign, *, at: datetime) -> datetime:
    """Return the instant by which the campaign has to be approved: its first start, or else its end."""
    return first_starts([campaign], at=at).get(campaign.pk) or campaign.not_after


def approvers_of(campaign: Campaign, *, until: datetime) -> list[User]:
    """Return the people who can approve the campaign by this instant, by name.

    They have the role, act on its apps and countries, have not touched it, and are back and past a pause by then.
    """
    people = User.objects.filter(is_active=True, is_staff=True).exclude(pk__in=campaign.touched_by).order_by("username")
    with_role = people.filter(groups__permissions__codename="approve_campaign").distinct()
    return [person for person in with_role if _can(person, campaign, until=until)]


def _can(person: User, campaign: Campaign, *, until: datetime) -> bool:
    paused_until = person.credentials_changed_at + APPROVAL_PAUSE if person.credentials_changed_at else None
    return is_within(person, campaign) and not person.is_away(until) and (paused_until is None or paused_until < until)
