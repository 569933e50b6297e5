"""The cards for campaigns on the console's first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from core.console.pages import Link
from core.console.todo import TodoCard, todo_cards
from core.models import User
from notifications.console import campaign_display
from notifications.console.campaigns import APPROVER, AUTHOR, STOPPER, global_brake
from notifications.models import Campaign, CampaignState
from notifications.models.campaign_state import IN_FLIGHT

S = CampaignState


@todo_cards(10)
def running_campaigns(user: User, at: datetime) -> Iterator[TodoCard]:
    """Everything that is being sent or is stopped, for all staff, with a link to stop it for those who may."""
    brake = global_brake()
    if brake is not None:
        text = brake.reason or "No campaign sends anything."
        yield TodoCard("Everything is stopped", text, reverse("admin:campaigns"), "View campaigns", None, "bad")
    for campaign in Campaign.objects.filter(state__in=(S.APPROVED, *IN_FLIGHT)).order_by("pk"):
        url = reverse("admin:campaign", args=[campaign.pk])
        stop = (Link("Stop", reverse("admin:campaign-stop", args=[campaign.pk]), "stop"),) if user.has_perm(STOPPER) else ()
        tone = "bad" if campaign.state in (S.HALTED, S.HELD) else "good"
        text = f"{S(campaign.state).label}: {campaign.reason}" if campaign.reason else _state_text(campaign)
        yield TodoCard(campaign.name, text, url, "View", None, tone, stop)


@todo_cards(11)
def campaigns_to_decide(user: User, at: datetime) -> Iterator[TodoCard]:
    """Campaigns that the user can approve, and the user's drafts that were sent back."""
    if user.has_perm(APPROVER):
        for campaign in Campaign.objects.filter(state=S.SUBMITTED).exclude(touched_by__contains=[user.pk]).order_by("pk"):
            kind, begins = campaign_display.KINDS[campaign.kind].lower(), campaign_display.begins_text(campaign)
            text = f"{campaign.status} {kind}, submitted by {campaign.submitted_by}. Starts {begins}."
            url = reverse("admin:campaign", args=[campaign.pk])
            yield TodoCard(f"To approve: {campaign.name}", text, url, "Read and decide", None, "wait")
    if user.has_perm(AUTHOR):
        for campaign in Campaign.objects.filter(state=S.DRAFT, touched_by__contains=[user.pk]).exclude(reason="").order_by("pk"):
            url = reverse("admin:campaign", args=[campaign.pk])
            yield TodoCard(f"Sent back: {campaign.name}", campaign.reason, url, "View", None, "wait")


def _state_text(campaign: Campaign) -> str:
    if campaign.state == S.APPROVED:
        now = campaign.schedule_kind == "now"
        return "Approved. Starts in a moment." if now else f"Approved. Starts {campaign_display.begins_text(campaign)}."
    topics = f" and {campaign.topics} topics" if campaign.topics else ""
    return f"{S(campaign.state).label}: {campaign.devices} phones{topics}."
