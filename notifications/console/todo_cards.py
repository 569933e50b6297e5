"""What waits for somebody in campaigns, for the first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from core.console.pages import Link
from core.console.todo import TodoCard, todo_cards
from core.models import User
from notifications.console import campaign_display
from notifications.console.campaigns import APPROVER, AUTHOR, STOPPER, pulled_brake
from notifications.models import Campaign, CampaignState
from notifications.models.campaign_state import IN_FLIGHT

S = CampaignState


@todo_cards(10)
def running(person: User, at: datetime) -> Iterator[TodoCard]:
    """Campaigns that go out now, each with its way to the stop; everybody sees them."""
    brake = pulled_brake()
    if brake is not None:
        text = f"{brake.reason or 'Nothing leaves, whatever the campaign.'}"
        yield TodoCard("Everything is stopped", text, reverse("admin:campaigns"), "Look at it", None, "bad")
    for campaign in Campaign.objects.filter(state__in=(S.APPROVED, *IN_FLIGHT)).order_by("pk"):
        own = reverse("admin:campaign", args=[campaign.pk])
        stop = (Link("Stop", reverse("admin:campaign-stop", args=[campaign.pk]), "stop"),) if person.has_perm(STOPPER) else ()
        trouble = campaign.state in (S.HALTED, S.HELD)
        text = f"{campaign.get_state_display()}: {campaign.reason}" if campaign.reason else _of(campaign)
        yield TodoCard(f"{campaign.name}", text, own, "Watch", None, "bad" if trouble else "good", stop)


@todo_cards(11)
def to_approve(person: User, at: datetime) -> Iterator[TodoCard]:
    """Campaigns that the person may approve, and own drafts that came back."""
    if person.has_perm(APPROVER):
        for campaign in Campaign.objects.filter(state=S.SUBMITTED).exclude(touched_by__contains=[person.pk]).order_by("pk"):
            begins = campaign_display.when(campaign)
            text = f"{campaign.status} {campaign.kind}, submitted by {campaign.submitted_by}. Begins {begins}."
            url = reverse("admin:campaign", args=[campaign.pk])
            yield TodoCard(f"To approve: {campaign.name}", text, url, "Read and decide", None, "wait")
    if person.has_perm(AUTHOR):
        for campaign in (
            Campaign.objects.filter(state=S.DRAFT, touched_by__contains=[person.pk]).exclude(reason="").order_by("pk")
        ):
            url = reverse("admin:campaign", args=[campaign.pk])
            yield TodoCard(f"Came back: {campaign.name}", campaign.reason, url, "Look at it", None, "wait")


def _of(campaign: Campaign) -> str:
    if campaign.state == S.APPROVED:
        return (
            "Approved; begins in a moment."
            if campaign.schedule_kind == "now"
            else f"Approved; begins {campaign_display.when(campaign)}."
        )
    topics = f" and {campaign.topics} topics" if campaign.topics else ""
    return f"{campaign.get_state_display()} to {campaign.devices} phones{topics}."
