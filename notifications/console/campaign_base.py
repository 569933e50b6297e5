"""The base of the pages of one campaign: what it will do, for whom and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from content.console.handouts import handout_names
from content.console.labels import label, labels
from content.models import Service, Unit
from core.console.display import StatusTag
from core.console.pages import Link, Page
from core.errors import DomainError
from core.models import User
from notifications.campaigns import audience
from notifications.campaigns.checks.words import cautions
from notifications.console import campaign_display, cap_words
from notifications.console.in_flight import sending_now
from notifications.console.preview import previews
from notifications.models import App, Campaign
from notifications.models.campaign import ALL


class CampaignBasePage(Page):
    """The base of the pages of one campaign."""

    menu = "Campaigns"

    def load(self) -> None:
        people = ("created_by", "submitted_by", "approved_by")
        self.campaign = Campaign.objects.select_related("references", "programme", *people).numbered(self.kwargs["id"])
        self.brake = sending_now(self.user, at=self.at).brake if self.campaign.state in campaign_display.MOVING else None

    def tag(self) -> StatusTag:
        """Return the campaign's state as a tag."""
        return campaign_display.state_tag(self.campaign, all_stopped=self.brake is not None)

    def heading(self) -> str:
        return self.campaign.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def campaign_url(self) -> str:
        """Return the URL of the campaign's own page."""
        return reverse("admin:campaign", args=[self.campaign.pk])

    def summary(self, *, reach: bool = True, words: bool = True) -> dict[str, Any]:
        """Return what the campaign will do, for whom and when, as template context; by default with its reach and its words."""
        return {
            **summary_of(self.campaign, self.user, words=words),
            "tag": self.tag(),
            "brake": self.brake,
            **(self._reach() if reach else {}),
        }

    def _reach(self) -> dict[str, Any]:
        """Return how many phones the campaign would reach now, or why that cannot be said."""
        try:
            return {"reach": audience.reach(self.campaign), "reach_error": ""}
        except DomainError as error:
            return {"reach": None, "reach_error": error.detail}


def summary_of(campaign: Campaign, user: User, *, words: bool = True) -> dict[str, Any]:
    """Return what a campaign will do, for whom and when, as template context; by default with its words."""
    people = User.objects.in_bulk(campaign.touched_by)
    units = Unit.objects.filter(key__in=[f"tip.{slug}.title" for slug in campaign.tips.values()])
    titles = dict(units.values_list("key", "text")) if campaign.tips else {}
    services = Service.objects.in_bulk(campaign.services)
    return {
        "campaign": campaign,
        "kind": campaign_display.KINDS[campaign.kind],
        "live": campaign.status == "Actual",
        "cap": cap_words.described(campaign),
        "begins": campaign_display.begins_text(campaign),
        "until": campaign_display.instant_and_home_text(campaign.not_after, campaign.home_zone),
        "apps": App.objects.named(campaign.apps, actual=campaign.status == "Actual"),
        "all": ALL,
        "editors": [people[pk].username for pk in campaign.touched_by if pk in people],
        "services": [(name, services.get(name)) for name in campaign.services],
        "handouts": handout_names(campaign.handouts),
        "handout_situations": labels("situation", campaign.handout_situations),
        "tips": [(label("audience", who), slug, titles.get(f"tip.{slug}.title", "")) for who, slug in campaign.tips.items()],
        "mine": user.pk in campaign.touched_by,
        **({"previews": previews(campaign, user), "cautions": cautions(campaign)} if words else {}),
    }
