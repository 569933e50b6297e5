"""A campaign on the phones of its readers: lock screen, shade, and the alert with its help inside the app (the companion)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from content.compiling.draft_packs import NothingToShow, published_countries, published_pack
from content.console.labels import label
from content.terms import Recipient
from core.console.display import country_text, language_text, region_text
from core.console.pages import Link, page
from core.console.phone_preview import (
    DARK,
    IPHONE,
    PREVIEWS,
    PreviewEnded,
    PreviewKind,
    PreviewPhone,
    preview_phone,
    shows_phones,
)
from notifications.campaigns import texts, variants
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.rights import CAMPAIGN_READERS
from notifications.models import Campaign
from notifications.models.campaign import ALL

_USUAL_COUNTRY = "GB"


def _shown_alert(shows: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """Return the content of the frame: the text as it is stored now, with the help and the words of the published pack."""
    campaign = Campaign.objects.filter(pk=shows["campaign"]).first()
    if campaign is None or shows["locale"] not in campaign.words:
        raise PreviewEnded("The campaign has no text in this language any more.")
    inner = texts.text(campaign, shows["locale"], shows["audience"], shows["region"])["inner"]
    try:
        pack = published_pack(shows["country"], shows["locale"])
    except NothingToShow as error:
        raise PreviewEnded(error.detail) from None
    alert = {
        **inner,
        "lang": shows["locale"],
        "dir": texts.direction(shows["locale"]),
        "tip": campaign.tips.get(shows["audience"]),
        "services": campaign.services,
    }
    reader = {name: shows[name] for name in ("country", "audience", "theme")}
    return {**reader, "region": shows["region"] or None, "pack": pack, "alert": alert}


PREVIEWS["alert"] = PreviewKind(_shown_alert, readers=CAMPAIGN_READERS)


@page("campaigns/<int:id>/phones/", "campaign-phones")
@shows_phones
class CampaignPhonesPage(CampaignBasePage):
    """What one group of readers sees, on screens as wide as those of usual phones, in light and dark colours."""

    template_name = "notifications/campaign_phones.html"

    def heading(self) -> str:
        return f"{self.campaign.name} on the phones"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        home = campaign.home_locale
        locales = sorted(campaign.words, key=lambda tag: (tag != home, language_text(tag)))
        audiences = Recipient.values if campaign.audiences == ALL else list(campaign.audiences)
        published = published_countries()
        countries = _countries(campaign, published)
        chosen = {
            "locale": self._chosen("locale", locales, home),
            "audience": self._chosen("audience", audiences, next(iter(audiences), "")),
            "country": self._chosen("country", countries, _USUAL_COUNTRY),
        }
        words = campaign.words.get(chosen["locale"])
        regions = _regions(campaign, chosen)
        chosen["region"] = self._chosen("region", regions, "")
        context = {
            "campaign": campaign,
            "chosen": chosen,
            "locales": [(tag, language_text(tag)) for tag in locales],
            "audiences": [(audience, label("audience", audience)) for audience in audiences],
            "countries": [(code, country_text(code)) for code in countries],
            "regions": [(code, region_text(code) if code else "Everywhere else") for code in regions],
            "app_title": "Fingerpost",
        }
        if not words:
            return context
        text = texts.text(campaign, chosen["locale"], chosen["audience"], chosen["region"])
        direction = texts.direction(chosen["locale"])
        shown = {"shown": text, "locale": chosen["locale"], "dir": direction, "framed": bool(published)}
        return {**context, **shown, "phones": self._phones(chosen) if published else []}

    def _phones(self, chosen: Mapping[str, str]) -> list[PreviewPhone]:
        shows = {"campaign": self.campaign.pk, **chosen}
        return [
            preview_phone("A usual Android width", "alert", shows, to=self.user),
            preview_phone("A usual iPhone width", "alert", shows, to=self.user, width=IPHONE),
            preview_phone("Dark colours", "alert", shows, to=self.user, theme=DARK),
        ]

    def _chosen(self, name: str, known: Iterable[str], default: str) -> str:
        value, known = self.request.GET.get(name, ""), list(known)
        if value in known:
            return value
        return default if default in known else next(iter(known), "")


def _countries(campaign: Campaign, published: list[str]) -> list[str]:
    """Return the codes of the countries to choose from: those that the campaign or its regions name, else the published ones."""
    named = campaign.countries if campaign.regions == ALL else [region[:2] for region in campaign.regions]
    return sorted(set(named)) if named and named != ALL else published


def _regions(campaign: Campaign, chosen: Mapping[str, str]) -> list[str]:
    """Return the codes of the regions to choose from in the chosen country; "" is every region without a text of its own."""
    if campaign.regions != ALL:
        return [region for region in campaign.regions if region[:2] == chosen["country"]]
    words = campaign.words.get(chosen["locale"])
    named = variants.regions_with_text(words, chosen["audience"]) if words else []
    return ["", *(region for region in named if region[:2] == chosen["country"])]
