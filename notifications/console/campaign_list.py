"""The campaigns: search by word, country, audience, state and person; the list as a CSV file; delete a draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Q, QuerySet, TextField, Window
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from content.console.labels import choices
from content.models import Country
from content.terms import WORLDWIDE, Recipient
from core.console.csv_file import csv_response
from core.console.display import StatusTag, country_text, language_text, number_text, sentence_case, zoned_text
from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
from core.models import User
from core.models.user import SYSTEM_NAME
from notifications.campaigns import lifecycle
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.schedule import is_exact
from notifications.console import campaign_display
from notifications.console.calendar import readers_text
from notifications.console.in_flight import alarm_text, global_brake, sending_now
from notifications.console.rights import APPROVER, AUTHOR, CAMPAIGN_READERS, CAMPAIGN_STAFF, STOPPER
from notifications.models import Brake, Campaign, CampaignState
from notifications.models.campaign import ALL
from notifications.models.campaign_state import IN_FLIGHT

S = CampaignState
#: Campaigns that one file holds.
_MAX_ROWS = 10_000
#: Languages that a row names before it counts the others.
_NAMED = 4
_FILTERS = ("word", "country", "audience", "state", "person")


@dataclass(frozen=True)
class CampaignRow:
    """One campaign as the list shows it."""

    campaign: Campaign
    kind: str
    readers: str
    languages: str
    starts: str
    reached: str
    tag: StatusTag
    may_delete: bool


@page("campaigns/", "campaigns", order=60)
class CampaignsPage(Page):
    """All campaigns that match the filters, newest first; ?format=csv downloads them."""

    template_name = "notifications/campaigns.html"
    title = "Campaigns"
    menu = "Campaigns"
    menu_permissions = CAMPAIGN_STAFF
    reader_permissions = CAMPAIGN_READERS
    actions = {"release-everything": (APPROVER,)}

    def load(self) -> None:
        self.brake = global_brake()
        self.filters = {name: self.request.GET.get(name, "").strip() for name in _FILTERS}

    def render(self, status: int = 200) -> HttpResponse:
        if self.request.GET.get("format") == "csv":
            return self._csv()
        return super().render(status)

    def context(self) -> dict[str, Any]:
        part = self.paginate(self._campaigns(), 30)
        brake = self.brake
        codes = Country.objects.exclude(code=WORLDWIDE).values_list("code", flat=True)
        return {
            "part": part,
            "rows": self._rows(part),
            "filters": self.filters,
            "filtered": any(self.filters.values()),
            "states": [(state.value, state.label) for state in S],
            "countries": sorted(((code, country_text(code)) for code in codes), key=lambda choice: choice[1]),
            "audiences": choices(Recipient),
            "people": User.objects.filter(is_staff=True).exclude(username=SYSTEM_NAME).order_by("username"),
            "brake": brake,
            "alarm": alarm_text(brake, self.user.time_zone) if brake else "",
            "may_write": self.has_any_perm(AUTHOR),
            "may_stop": self.has_any_perm(STOPPER),
        }

    @fresh_sign_in
    def action_release_everything(self, data: QueryDict) -> str | None:
        Brake.objects.release_everything(by=self.user, at=self.at)
        self.success("Sending is allowed again. Campaigns that were paused or stopped one by one stay as they are.")
        return None

    def _campaigns(self) -> QuerySet[Campaign]:
        # The campaigns of a programme stand together, where its newest one would stand.
        newest = Window(Max("pk"), partition_by=[Coalesce(F("programme"), -F("pk"))])
        found = Campaign.objects.select_related("created_by", "submitted_by", "approved_by", "programme")
        found = found.annotate(place=newest).order_by("-place", "-pk")
        wanted = self.filters
        if wanted["word"]:
            texts = found.annotate(texts=Cast("words", TextField()))
            found = texts.filter(Q(name__icontains=wanted["word"]) | Q(texts__icontains=wanted["word"]))
        if wanted["country"]:
            found = found.filter(Q(countries__contains=[wanted["country"]]) | Q(countries=ALL))
        if wanted["audience"]:
            found = found.filter(Q(audiences__contains=[wanted["audience"]]) | Q(audiences=ALL))
        if wanted["state"] in S.values:
            found = found.filter(state=wanted["state"])
        if wanted["person"]:
            ids = list(User.objects.filter(username=wanted["person"]).values_list("pk", flat=True))
            found = found.filter(Q(touched_by__overlap=ids) | Q(approved_by__in=ids)) if ids else found.none()
        return found

    def _rows(self, campaigns: Iterable[Campaign]) -> list[CampaignRow]:
        found = list(campaigns)
        planned = [c for c in found if c.state in (S.SUBMITTED, S.APPROVED) or c.starts_at]
        starts = first_starts(planned, at=self.at, known=sending_now(self.user, at=self.at).zones)
        return [
            CampaignRow(
                campaign,
                campaign_display.KINDS[campaign.kind] if campaign.status == "Actual" else campaign.status,
                readers_text(campaign),
                languages_text(campaign),
                self._starts_text(campaign, starts),
                reached_text(campaign),
                campaign_display.state_tag(campaign, all_stopped=self.brake is not None),
                campaign.state == S.DRAFT,
            )
            for campaign in found
        ]

    def _starts_text(self, campaign: Campaign, starts: dict[int, Any]) -> str:
        if campaign.pk not in starts or (not campaign.starts_at and campaign.schedule_kind == "now"):
            return sentence_case(campaign_display.begins_text(campaign))
        instant = starts[campaign.pk]
        if instant is None:
            return "Reaches nobody before its end"
        return zoned_text(instant, self.user.time_zone, seconds=is_exact(campaign))

    def _csv(self) -> HttpResponse:
        header = ("Number", "Campaign", "Kind", "Readers", "Languages", "Start", "Reached", "State", "Written by", "Approved by")
        rows = [
            (
                *(row.campaign.pk, row.campaign.name, row.kind, row.readers, row.languages, row.starts, row.reached),
                *(row.tag.text, row.campaign.created_by.username, getattr(row.campaign.approved_by, "username", "")),
            )
            for row in self._rows(self._campaigns()[:_MAX_ROWS])
        ]
        return csv_response("campaigns", header, rows)


@page("campaigns/<int:id>/delete/", "campaign-delete")
class DeleteCampaignPage(Page):
    """Confirm and delete a draft."""

    template_name = "notifications/campaign_delete.html"
    menu = "Campaigns"
    permission_required = AUTHOR
    actions = {"delete": (AUTHOR,)}

    def load(self) -> None:
        self.campaign = Campaign.objects.numbered(self.kwargs["id"])

    def heading(self) -> str:
        return f"Delete {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        campaign = reverse("admin:campaign", args=[self.campaign.pk])
        return [Link("Campaigns", reverse("admin:campaigns")), Link(self.campaign.name, campaign)]

    def context(self) -> dict[str, Any]:
        return {"campaign": self.campaign, "is_draft": self.campaign.state == S.DRAFT}

    def action_delete(self, data: QueryDict) -> str | None:
        lifecycle.delete_draft(self.campaign, by=self.user, at=self.at)
        self.success(f"Deleted: {self.campaign.name}. Its texts are kept in the history.")
        return reverse("admin:campaigns")


def languages_text(campaign: Campaign) -> str:
    """Return the languages that a campaign is written in, its home language first; a long list is shortened."""
    tags = sorted(campaign.words, key=lambda tag: (tag != campaign.home_locale, language_text(tag)))
    more = f" and {len(tags) - _NAMED} more" if len(tags) > _NAMED else ""
    return ", ".join(language_text(tag) for tag in tags[:_NAMED]) + more


def reached_text(campaign: Campaign) -> str:
    """Say for how many phones FCM accepted the alert; "" before the audience is known."""
    if not campaign.devices:
        return campaign_display.topics_text(campaign.topics) if campaign.topics else ""
    if campaign.state in IN_FLIGHT:
        return f"{number_text(campaign.devices)} phones, not finished"
    return f"{number_text(campaign.accepted)} of {number_text(campaign.devices)} phones"
