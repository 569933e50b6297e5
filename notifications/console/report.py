"""The report of a campaign: one page for people who were not there, to print or as a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpResponse

from core.console.csv_file import csv_response
from core.console.display import language_text
from core.console.pages import Link, page
from notifications.campaigns import approval, texts, variants
from notifications.campaigns.audience import rounded
from notifications.campaigns.outcome_table import OUTCOMES
from notifications.campaigns.progress import progress_of
from notifications.campaigns.timeline import TimelineEntry, timeline
from notifications.console import campaign_display
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.outcome_rows import ShownTable, tables_of
from notifications.models import Campaign, ReceiptCount, ReceiptEvent

#: What apps report, in words. About one phone in a hundred reports.
RECEIPTS = {
    ReceiptEvent.RECEIVED: "Alert arrived",
    ReceiptEvent.OPENED: "Alert opened",
    ReceiptEvent.HELP_OPENED: "Help opened",
}
OUTCOME_NAMES = {
    "accepted": "Accepted: FCM took the message",
    "rejected": "Rejected: FCM refused it",
    "unknown": "Unknown: it may have arrived",
    "skipped": "Skipped: nothing was sent",
    "pending": "Pending: no outcome yet",
}


class _ReportBasePage(CampaignBasePage):
    """What the page and the file share."""

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def heading(self) -> str:
        return f"Report: {self.campaign.name}"

    def facts(self) -> dict[str, Any]:
        """Return the figures of the report."""
        campaign = self.campaign
        shown = campaign_display.progress(campaign, progress_of(campaign, with_waiting=False))
        devices = shown["devices"]
        return {
            "progress": shown,
            "numbers": [
                (OUTCOME_NAMES[name], number, f"{number / devices:.0%}" if devices else "")
                for name, number in shown["numbers"].items()
            ],
            "reasons": list(shown["reasons"].items()),
            "tables": tables_of(campaign),
            "timeline": [(entry, campaign_display.with_times(entry.text)) for entry in timeline(campaign)],
            "receipts": _receipts(campaign),
        }


@page("campaigns/<int:id>/report/", "campaign-report")
class CampaignReportPage(_ReportBasePage):
    """Who was told what and when, how many phones, what happened, and how it was corrected."""

    template_name = "notifications/campaign_report.html"

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        if not campaign.was_approved:
            return {"campaign": campaign, "tag": self.tag(), "is_approved": False}
        readings = approval.second_readings(campaign)
        return {
            **self.summary(reach=False, words=False),
            **self.facts(),
            "is_approved": True,
            "said": list(_said(campaign)),
            "home_dir": texts.direction(campaign.home_locale),
            "languages": [(language_text(locale), readings.get(locale)) for locale in sorted(campaign.words)],
            "thread": [
                (other, campaign_display.KINDS[other.kind], campaign_display.state_tag(other)) for other in _thread(campaign)
            ],
        }


@page("campaigns/<int:id>/report/csv/", "campaign-report-csv")
class CampaignReportFile(_ReportBasePage):
    """The figures of the report as a CSV file."""

    def render(self, status: int = 200) -> HttpResponse:
        rows = _file_rows(self.campaign, self.facts()) if self.campaign.was_approved else ()
        return csv_response(f"campaign-{self.campaign.pk}", ("Part", "What", "Value", "Detail"), rows)


def _file_rows(campaign: Campaign, facts: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    yield "Campaign", "Name", campaign.name, ""
    yield "Campaign", "State", campaign_display.state_tag(campaign).text, ""
    yield "Campaign", "Phones", facts["progress"]["devices"], ""
    for name, number, share in facts["numbers"]:
        yield "Outcome", name, number, share
    for reason, number in facts["reasons"]:
        yield "Reason for rejection", reason, number, ""
    for table in facts["tables"]:
        yield from _table_rows(table)
    for name, number in facts["receipts"]:
        yield "What apps report", name, "fewer than 20" if number is None else number, "Sampled"
    for entry, text in facts["timeline"]:
        yield "Timeline", text, _exact(entry), " ".join(part for part in (entry.by, entry.reason) if part)


def _table_rows(table: ShownTable) -> Iterator[tuple[object, ...]]:
    for row in table.rows:
        for outcome, number in zip(OUTCOMES, row.numbers, strict=True):
            count = "fewer than 20" if number is None else number
            yield table.name, f"{row.first}, {row.second}", count, outcome.capitalize()


def _exact(entry: TimelineEntry) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"


def _receipts(campaign: Campaign) -> list[tuple[str, int | None]]:
    """Return what apps have reported, rounded like all numbers of phones."""
    totals = dict(ReceiptCount.objects.filter(campaign=campaign).values_list("event", "total"))
    return [(name, rounded(totals[event])) for event, name in RECEIPTS.items() if totals.get(event)]


def _thread(campaign: Campaign) -> list[Campaign]:
    """Return the other approved campaigns of the thread, the earliest first."""
    same = Campaign.objects.filter(Q(pk=campaign.alert) | Q(thread=campaign.alert)).exclude(pk=campaign.pk)
    return list(same.approved().order_by("approved_at"))


def _said(campaign: Campaign) -> Iterator[tuple[str, texts.CampaignText]]:
    """Yield each text in the main language, with what staff call it."""
    locale = campaign.home_locale
    for key in variants.keys_of(campaign.words[locale]):
        yield variants.title_of(locale, key), texts.text(campaign, locale, *variants.parts_of(key))
