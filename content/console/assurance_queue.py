"""The assurance desk: what to check next, why, and one page a channel with all that speaks for and against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.assurance import queue
from content.assurance.queue import Priority, QueueEntry
from content.assurance.replies import accept_reply, dismiss_reply
from content.console.assurance_form import assurance_form, assure
from content.console.contact_changes import LABELS, shown
from content.console.services import of_channel, policy_at
from content.models import Assurance, Channel, ChannelRevision, Country, LinkCheck, Reply, ServiceNotice
from content.models.channel_revision import RevisionState
from content.models.correction_link import CORRECTED, Answer
from content.terms import ChannelType
from core.console.pages import Link, Page, page
from core.errors import NotFound

#: Priority to its words, tone and sign.
PRIORITIES = {
    Priority.NOW: ("now", "bad", "✕"),
    Priority.SOON: ("soon", "wait", "!"),
    Priority.NEXT: ("next", "wait", "?"),
    Priority.LATER: ("later", "good", "✓"),
}


@page("desk/", "desk", order=35)
class DeskPage(Page):
    """The queue."""

    template_name = "content/desk.html"
    title = "Assurance desk"
    menu = "Assurance desk"

    def context(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "") for name in ("country", "type", "urgency")}
        every = [entry for entry in queue.queue_entries(at=self.at) if _matches(entry, asked | {"urgency": ""})]
        part = self.paginate([entry for entry in every if _matches(entry, asked)], 40)
        return {
            "asked": asked,
            "part": part,
            "rows": [(entry, *PRIORITIES[entry.priority]) for entry in part],
            "counts": [
                (words, tone, sum(e.priority == priority for e in every)) for priority, (words, tone, _) in PRIORITIES.items()
            ],
            "countries": Country.objects.filter(services__isnull=False).distinct().order_by("name"),
            "types": ChannelType.choices,
            "notices": ServiceNotice.objects.proposed().count(),
        }


@page("services/<slug:id>/channels/<int:position>/", "channel")
class ChannelPage(Page):
    """One channel: its checks, what speaks against it, what the organization says, and the history of each field."""

    template_name = "content/channel.html"
    menu = "Assurance desk"
    actions = {
        "assure": ("content.assure_channel",),
        "take-reply": ("content.assure_channel",),
        "decline-reply": ("content.assure_channel",),
    }

    def load(self) -> None:
        found = Channel.objects.filter(service=self.kwargs["id"], position=min(self.kwargs["position"], 32767))
        channel = found.select_related("service__country", "service__organization", "revision").first()
        if channel is None:
            raise NotFound("There is no such channel.")
        self.channel = channel

    def heading(self) -> str:
        return f"{self.channel.service.name}, channel {self.channel.position}"

    def breadcrumbs(self) -> Iterable[Link]:
        service = self.channel.service
        return [Link("Assurance desk", reverse("admin:desk")), Link(service.name, reverse("admin:service", args=[service.pk]))]

    def context(self) -> dict[str, Any]:
        channel = self.channel
        entry = next((e for e in queue.queue_entries(at=self.at) if e.revision == channel.revision_id), None)
        return {
            "channel": channel,
            "service": channel.service,
            "entry": entry,
            "urgency": PRIORITIES[entry.priority] if entry else None,
            "served": of_channel(entry.service, entry.channel, policy_at(self)) if entry else None,
            "reports": list(queue.report_counts(entry.reports)) if entry else [],
            "link": LinkCheck.objects.filter(revision=channel.revision_id).first(),
            "form": assurance_form(channel, self.submitted),
            "checks": Assurance.objects.filter(revision=channel.revision_id).select_related("by"),
            "waiting": ChannelRevision.objects.proposed().filter(service=channel.service_id, position=channel.position).first(),
            "may_propose": self.has_any_perm("content.propose_channelrevision"),
            "history": list(field_history(channel)),
            "replies": [
                (reply, _said(reply, channel))
                for reply in Reply.objects.waiting().filter(revision=channel.revision_id).select_related("revision")
            ],
        }

    def action_assure(self, data: QueryDict) -> str | None:
        self.success(assure(self.channel, data, by=self.user, at=self.at))
        return None

    def action_take_reply(self, data: QueryDict) -> str | None:
        reply = self._reply(data)
        accept_reply(reply, by=self.user, at=self.at)
        confirmed = reply.answer == Answer.CONFIRM
        self.success("Written down as a check." if confirmed else "Proposed. Nothing changes until a second person approves it.")
        return None

    def action_decline_reply(self, data: QueryDict) -> str | None:
        dismiss_reply(self._reply(data), by=self.user, at=self.at)
        self.success("Put aside.")
        return None

    def _reply(self, data: QueryDict) -> Reply:
        pk = data.get("reply", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        reply = Reply.objects.filter(revision=self.channel.revision_id, pk=number).select_related("revision").first()
        if reply is None:
            raise NotFound("There is no such answer.")
        return reply


def _said(reply: Reply, channel: Channel) -> list[tuple[str, str, str]]:
    """Return (label, now, what the organization says) for each fact that it corrects."""
    return [
        (LABELS[name], shown(getattr(channel, name)), shown(getattr(reply, name))) for name in CORRECTED if getattr(reply, name)
    ]


def field_history(channel: Channel) -> Iterator[tuple[str, list[tuple[str, date, str, str]]]]:
    """Yield each fact's label with the values it has had: (value, since when, proposed by, approved by), newest first."""
    revisions = list(
        ChannelRevision.objects.filter(service=channel.service_id, position=channel.position, state=RevisionState.APPROVED)
        .select_related("proposed_by", "approved_by")
        .order_by("pk")
    )
    for name, label in LABELS.items():
        values: list[tuple[str, date, str, str]] = []
        for revision in revisions:
            value = shown(getattr(revision, name))
            if not values or values[-1][0] != value:
                assert revision.approved_at is not None
                assert revision.approved_by is not None
                values.append((value, revision.approved_at.date(), revision.proposed_by.username, revision.approved_by.username))
        if any(value for value, *_ in values):
            yield label, values[::-1]


def _matches(entry: QueueEntry, asked: dict[str, str]) -> bool:
    return (
        asked["country"] in ("", entry.service.country)
        and asked["type"] in ("", entry.channel.type)
        and asked["urgency"] in ("", PRIORITIES[entry.priority][0])
    )
