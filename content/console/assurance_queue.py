"""Contact checks: the channels in the order in which to check them, and one page a channel with the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.assurance import queue
from content.assurance.queue import Priority, QueueEntry
from content.assurance.replies import accept_reply, dismiss_reply
from content.console import labels
from content.console.assurance_form import assurance_form, assure
from content.console.contact_changes import FIELDS, value_text
from content.console.services import channel_status, policy_at
from content.models import Assurance, Channel, ChannelRevision, Country, LinkCheck, ServiceNotice
from content.models.reply import CORRECTABLE, Reply, ReplyAnswer
from content.models.revision import RevisionState
from content.terms import ChannelType
from core.console.display import StatusTag
from core.console.pages import Link, Page, page
from core.errors import NotFound

PRIORITIES = {
    Priority.NOW: StatusTag("Now", "bad", "✕"),
    Priority.SOON: StatusTag("Soon", "wait", "!"),
    Priority.NEXT: StatusTag("Next", "wait", "?"),
    Priority.LATER: StatusTag("Later", "good", "✓"),
}


@page("desk/", "assurance-queue", order=35)
class AssuranceQueuePage(Page):
    """The channels to check, most urgent first."""

    template_name = "content/assurance_queue.html"
    title = "Contact checks"
    menu = "Contact checks"
    menu_permissions = ("content.approve_channelrevision", "content.assure_channel")

    def context(self) -> dict[str, Any]:
        filters = {name: self.request.GET.get(name, "") for name in ("country", "type", "urgency")}
        every = [entry for entry in queue.queue_entries(at=self.at) if _matches(entry, filters | {"urgency": ""})]
        part = self.paginate([entry for entry in every if _matches(entry, filters)], 40)
        return {
            "filters": filters,
            "part": part,
            "rows": [(entry, PRIORITIES[entry.priority]) for entry in part],
            "counts": [
                (_code(priority), tag.text, sum(e.priority == priority for e in every)) for priority, tag in PRIORITIES.items()
            ],
            "countries": Country.objects.filter(services__isnull=False).distinct().order_by("name"),
            "types": labels.choices(ChannelType),
            "notices": ServiceNotice.objects.proposed().count(),
        }


@page("services/<slug:id>/channels/<int:position>/", "channel")
class ChannelPage(Page):
    """One channel: its checks, reports and replies, and the history of each field."""

    template_name = "content/channel.html"
    menu = "Contact checks"
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
        return [
            Link("Contact checks", reverse("admin:assurance-queue")),
            Link(service.name, reverse("admin:service", args=[service.pk])),
        ]

    def context(self) -> dict[str, Any]:
        channel = self.channel
        entry = next((e for e in queue.queue_entries(at=self.at) if e.revision == channel.revision_id), None)
        return {
            "channel": channel,
            "service": channel.service,
            "entry": entry,
            "urgency": PRIORITIES[entry.priority] if entry else None,
            "status": channel_status(entry.service, entry.channel, policy_at(self)) if entry else None,
            "reports": _reports(entry) if entry else [],
            "link": LinkCheck.objects.filter(revision=channel.revision_id).first(),
            "form": assurance_form(channel, self.submitted),
            "checks": Assurance.objects.filter(revision=channel.revision_id).select_related("by"),
            "proposal": ChannelRevision.objects.proposed().filter(service=channel.service_id, position=channel.position).first(),
            "may_propose": self.has_any_perm("content.propose_channelrevision"),
            "history": list(field_history(channel)),
            "replies": [
                (reply, _corrections(reply, channel))
                for reply in Reply.objects.waiting().filter(revision=channel.revision_id).select_related("revision", "link")
            ],
        }

    def action_assure(self, data: QueryDict) -> str | None:
        self.success(assure(self.channel, data, by=self.user, at=self.at))
        return None

    def action_take_reply(self, data: QueryDict) -> str | None:
        reply = self._reply(data)
        accept_reply(reply, by=self.user, at=self.at)
        confirmed = reply.answer == ReplyAnswer.CONFIRM
        self.success("Check recorded." if confirmed else "Proposed. Nothing changes until a second person approves it.")
        return None

    def action_decline_reply(self, data: QueryDict) -> str | None:
        dismiss_reply(self._reply(data), by=self.user, at=self.at)
        self.success("Reply dismissed.")
        return None

    def _reply(self, data: QueryDict) -> Reply:
        pk = data.get("reply", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        reply = Reply.objects.filter(revision=self.channel.revision_id, pk=number).select_related("revision", "link").first()
        if reply is None:
            raise NotFound("There is no such reply.")
        return reply


def _reports(entry: QueueEntry) -> list[tuple[str, int]]:
    """Return (problem, number of reports), most frequent first."""
    reports = sorted(entry.reports.items(), key=lambda report: (-report[1], report[0]))
    return [(labels.label("problem", problem), n) for problem, n in reports]


def _corrections(reply: Reply, channel: Channel) -> list[tuple[str, str, str]]:
    """Return (label, current value, the organization's value) for each field that the reply corrects."""
    return [
        (FIELDS[name], value_text(name, getattr(channel, name)), value_text(name, getattr(reply, name)))
        for name in CORRECTABLE
        if getattr(reply, name)
    ]


def field_history(channel: Channel) -> Iterator[tuple[str, list[tuple[str, date, str, str]]]]:
    """Yield each field's label with its values, newest first, as (value, since, proposed by, approved by)."""
    revisions = list(
        ChannelRevision.objects.filter(service=channel.service_id, position=channel.position, state=RevisionState.APPROVED)
        .select_related("proposed_by", "approved_by")
        .order_by("pk")
    )
    for name, field in FIELDS.items():
        values: list[tuple[str, date, str, str]] = []
        for revision in revisions:
            value = value_text(name, getattr(revision, name))
            if not values or values[-1][0] != value:
                assert revision.approved_at is not None
                assert revision.approved_by is not None
                values.append(
                    (value, revision.approved_at.date(), revision.proposed_by.shown_name, revision.approved_by.shown_name)
                )
        if any(value for value, *_ in values):
            yield field, values[::-1]


def _code(priority: Priority) -> str:
    return priority.name.lower()


def _matches(entry: QueueEntry, filters: dict[str, str]) -> bool:
    return (
        filters["country"] in ("", entry.service.country)
        and filters["type"] in ("", entry.channel.type)
        and filters["urgency"] in ("", _code(entry.priority))
    )
