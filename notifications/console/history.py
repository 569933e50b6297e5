"""The history: every edit of a campaign with the words before and after, every decision with its reason, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name

from content.models import Service, Unit
from core.console.csv_file import csv_response
from core.console.display import zoned_text
from core.console.pages import Link, Page, page
from core.models import AuditEntry, User
from core.models.user import SYSTEM_NAME
from notifications.campaigns import inserted_facts
from notifications.console.campaign_display import use_clock_of
from notifications.console.history_words import HistoryChange, change_text, sentence
from notifications.console.rights import CAMPAIGN_READERS, CAMPAIGN_STAFF
from notifications.models import App, Campaign, Programme, TranslationRequest

_CAMPAIGN, _PROGRAMME, _BRAKE = "notifications.Campaign", "notifications.Programme", "notifications.Brake"
_REQUEST = "notifications.TranslationRequest"
#: Entries that one file holds.
_MAX_ROWS = 20_000


@dataclass(frozen=True)
class HistoryLine:
    """One entry as a sentence."""

    at: datetime
    campaign: str
    url: str
    sentence: str
    changes: tuple[HistoryChange, ...]


class _HistoryPage(Page):
    """The base: entries about campaigns and about all sending, newest first, as a page or a CSV file (?format=csv)."""

    template_name = "notifications/history.html"
    reader_permissions = CAMPAIGN_READERS

    def entries(self) -> QuerySet[AuditEntry]:
        """Return the entries that the page shows."""
        raise NotImplementedError

    def render(self, status: int = 200) -> HttpResponse:
        if self.request.GET.get("format") == "csv":
            return self._csv()
        return super().render(status)

    def context(self) -> dict[str, Any]:
        part = self.paginate(self.entries().select_related("by"))
        return {"part": part, "lines": history_lines(part), "zone": get_current_timezone_name()}

    def _csv(self) -> HttpResponse:
        rows: list[tuple[str, ...]] = []
        for line in history_lines(self.entries().select_related("by")[:_MAX_ROWS]):
            when = zoned_text(line.at, get_current_timezone_name(), seconds=True)
            for change in line.changes or (HistoryChange("", "", ""),):
                rows.append((when, line.campaign, line.sentence, change.name, change.before, change.after))
        return csv_response("history", ("When", "Campaign", "What happened", "Field", "Before", "After"), rows)


@page("history/", "history", order=64)
class HistoryPage(_HistoryPage):
    """The history of all campaigns."""

    title = "History"
    menu = "History"
    menu_permissions = CAMPAIGN_STAFF

    def entries(self) -> QuerySet[AuditEntry]:
        found = AuditEntry.objects.filter(model__in=(_CAMPAIGN, _PROGRAMME, _BRAKE, _REQUEST))
        if person := self.request.GET.get("person", ""):
            found = found.filter(by__username=person)
        if word := self.request.GET.get("word", "").strip():
            found = found.annotate(text=Cast("details", TextField())).filter(text__icontains=word)
        return found

    def context(self) -> dict[str, Any]:
        people = User.objects.filter(pk__in=AuditEntry.objects.filter(model=_CAMPAIGN).order_by().values("by"))
        return {
            **super().context(),
            "people": people.exclude(username=SYSTEM_NAME).order_by("username"),
            "person": self.request.GET.get("person", ""),
            "word": self.request.GET.get("word", ""),
            "overall": True,
        }


@page("campaigns/<int:id>/history/", "campaign-history")
class CampaignHistoryPage(_HistoryPage):
    """The history of one campaign."""

    menu = "Campaigns"

    def load(self) -> None:
        self.campaign = Campaign.objects.numbered(self.kwargs["id"])
        use_clock_of(self.campaign)

    def heading(self) -> str:
        return f"History of {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        campaign = reverse("admin:campaign", args=[self.campaign.pk])
        return [Link("Campaigns", reverse("admin:campaigns")), Link(self.campaign.name, campaign)]

    def entries(self) -> QuerySet[AuditEntry]:
        requests = [str(pk) for pk in self.campaign.translation_requests.values_list("pk", flat=True)]
        return AuditEntry.objects.filter(Q(model=_CAMPAIGN, row=str(self.campaign.pk)) | Q(model=_REQUEST, row__in=requests))


def history_lines(entries: Iterable[AuditEntry]) -> list[HistoryLine]:
    """Return entries as sentences; a few queries, whatever their number."""
    found = list(entries)
    wanted = {int(entry.row) for entry in found if entry.model == _REQUEST}
    requests = TranslationRequest.objects.in_bulk(wanted) if wanted else {}
    numbers = {int(e.row) for e in found if e.model == _CAMPAIGN} | {one.campaign_id for one in requests.values()}
    campaigns = dict(Campaign.objects.filter(pk__in=numbers).values_list("pk", "name"))
    names = _names(change for entry in found for change in entry.details.get("changes", ()))
    tied = {int(e.row) for e in found if e.model == _PROGRAMME}
    programmes = set(Programme.objects.filter(pk__in=tied).values_list("pk", flat=True)) if tied else set()
    return [_line(entry, campaigns, programmes, names, requests) for entry in found]


def _names(changes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what staff call the apps, and the services and tips that the changes name."""
    services: set[str] = set()
    tips: set[str] = set()
    for change in changes:
        for value in (change["before"], change["after"]):
            if change["field"] in ("services", "named_services"):
                services |= set(value or ())
            elif change["field"] == "tips":
                tips |= set((value or {}).values())
            elif str(change["field"]).startswith("words."):
                services |= inserted_facts.services_named([str(value or "")])
    titles = Unit.objects.filter(key__in=[f"tip.{slug}.title" for slug in tips]) if tips else Unit.objects.none()
    return {
        **dict(App.objects.values_list("name", "title")),
        **(dict(Service.objects.filter(pk__in=services).values_list("pk", "name")) if services else {}),
        **{key.split(".")[1]: text for key, text in titles.values_list("key", "text")},
    }


def _line(
    entry: AuditEntry,
    campaigns: Mapping[int, str],
    programmes: set[int],
    names: Mapping[str, str],
    requests: Mapping[int, TranslationRequest],
) -> HistoryLine:
    request = requests.get(int(entry.row)) if entry.model == _REQUEST else None
    number = int(entry.row) if entry.model == _CAMPAIGN else request.campaign_id if request else 0
    url = reverse("admin:campaign", args=[number]) if number in campaigns else ""
    if entry.model == _PROGRAMME and int(entry.row) in programmes:
        url = reverse("admin:programme", args=[int(entry.row)])
    changes = tuple(change_text(change, names) for change in entry.details.get("changes", ()))
    return HistoryLine(
        at=entry.at,
        campaign=campaigns.get(number) or entry.details.get("name", ""),
        url=url,
        sentence=sentence(entry, locale=request.locale if request else ""),
        changes=changes,
    )
