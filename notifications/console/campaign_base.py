"""The base of the pages of one campaign: what it will do, for whom and when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import prefetch_related_objects
from django.urls import reverse

from content.console.handouts import handout_names
from content.console.labels import label, labels
from content.models import Service, Unit
from core.console.display import StatusTag
from core.console.pages import Link, Page
from core.errors import DomainError
from core.models import User
from notifications.campaigns import audience
from notifications.campaigns.audience import Audiences
from notifications.campaigns.checks.words import answered, cautions
from notifications.console import campaign_display, cap_words
from notifications.console.in_flight import sending_now
from notifications.console.preview import previews
from notifications.console.rights import CAMPAIGN_READERS
from notifications.models import Campaign
from notifications.models.campaign import ALL, CampaignQuerySet


class CampaignBasePage(Page):
    """The base of the pages of one campaign."""

    menu = "Campaigns"
    reader_permissions: ClassVar[tuple[str, ...]] = CAMPAIGN_READERS

    def load(self) -> None:
        self.campaign = self.found().numbered(self.kwargs["id"])
        campaign_display.use_clock_of(self.campaign)
        self.__dict__.pop("audiences", None)
        self.brake = sending_now(self.user, at=self.at).brake if self.campaign.state in campaign_display.MOVING else None

    def found(self) -> CampaignQuerySet:
        """Return the query for the campaign, with what the page shows of other rows."""
        people = ("created_by", "submitted_by", "approved_by")
        return Campaign.objects.select_related("references", "programme", *people)

    @cached_property
    def audiences(self) -> Audiences:
        """What the audience of the campaign is made of, read once for each response."""
        return Audiences([self.campaign])

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
            **summaries_of([self.campaign], self.user, self.audiences, words=words)[self.campaign.pk],
            "tag": self.tag(),
            "brake": self.brake,
            **(self._reach() if reach else {}),
        }

    def _reach(self) -> dict[str, Any]:
        """Return how many phones the campaign would reach now, or why that cannot be said."""
        try:
            return {"reach": audience.reach(self.campaign, known=self.audiences), "reach_error": ""}
        except DomainError as error:
            return {"reach": None, "reach_error": error.detail}


def summaries_of(
    campaigns: Collection[Campaign], user: User, known: Audiences, *, words: bool = True
) -> dict[int, dict[str, Any]]:
    """Return what each campaign will do, for whom and when, as template context by its id; by default with its words.

    There are no more queries for many campaigns than for one; `known` holds their audiences.
    """
    people = User.objects.in_bulk({pk for campaign in campaigns for pk in campaign.touched_by})
    tips = {f"tip.{slug}.title" for campaign in campaigns for slug in campaign.tips.values()}
    titles = dict(Unit.objects.filter(key__in=tips).values_list("key", "text")) if tips else {}
    services = Service.objects.in_bulk({name for campaign in campaigns for name in campaign.services})
    if words:
        prefetch_related_objects(list(campaigns), "messages")
    reasons = answered(campaigns) if words else {}
    return {
        campaign.pk: {
            "campaign": campaign,
            "kind": campaign_display.KINDS[campaign.kind],
            "live": campaign.status == "Actual",
            "cap": cap_words.described(campaign),
            "begins": campaign_display.begins_text(campaign),
            "until": campaign_display.home_text(campaign.not_after, campaign.home_zone),
            "apps": audience.apps_named(campaign, known.apps),
            "all": ALL,
            "editors": [people[pk].username for pk in campaign.touched_by if pk in people],
            "services": [(name, services.get(name)) for name in campaign.services],
            "handouts": handout_names(campaign.handouts),
            "handout_situations": labels("situation", campaign.handout_situations),
            "tips": [(label("audience", who), slug, titles.get(f"tip.{slug}.title", "")) for who, slug in campaign.tips.items()],
            "mine": user.pk in campaign.touched_by,
            **(_words(campaign, user, reasons[campaign.pk]) if words else {}),
        }
        for campaign in campaigns
    }


def _words(campaign: Campaign, user: User, reasons: Mapping[str, str]) -> dict[str, Any]:
    return {"previews": previews(campaign, user), "cautions": cautions(campaign, reasons=reasons)}
