"""Short-term notices: one person proposes a notice of a service, another approves it, and any assurer can end it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from content.console.labels import label
from content.linting.notice import MAX_DAYS_AHEAD
from content.models import Channel, Release, Service, ServiceNotice, Unit
from content.models.service_notice import APPROVE, PROPOSE, NoticeState
from content.publishing.notices import approve_notice, end_notice
from content.terms import NoticeKind
from core.console.display import local_text, zone_text
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid, NotFound

#: How many past notices the page shows.
MAX_PAST = 50
#: What a notice does besides being shown to readers.
EFFECTS = {
    NoticeKind.CLOSED: "While it is in force, all channels count as closed, and plans offer other services that are open.",
    NoticeKind.HOURS_CHANGED: "While it is in force, plans say that the opening hours are not known.",
    NoticeKind.LONG_WAITS: "Readers see it. It changes nothing else.",
    NoticeKind.CHANNEL_DOWN: "While it is in force, this channel counts as closed.",
}


@dataclass(frozen=True)
class NoticeSummary:
    """A notice as staff see it, with its times by the clock of the service."""

    notice: ServiceNotice
    #: Number or address of the channel that it is about, "" for the whole service.
    channel: str
    #: What readers see.
    text: str
    #: Whether that text may be served.
    text_served: bool
    effect: str
    begins: str
    ends: str
    zone: str
    in_force: bool


def zone_of(service: Service) -> tzinfo:
    """Return the time zone of a service's notices: its own, or UTC where it has none."""
    return ZoneInfo(service.zone) if service.zone else UTC


def describe_notices(notices: Iterable[ServiceNotice], *, at: datetime) -> list[NoticeSummary]:
    """Summarize notices for staff at an instant, in two queries."""
    notices = list(notices)
    texts = {kind: (text, served) for kind, text, served in _texts()}
    channels = {(c.service_id, c.position): c for c in Channel.objects.filter(service__in={n.service_id for n in notices})}
    found = []
    for notice in notices:
        zone = zone_of(notice.service)
        text, served = texts[notice.kind]
        channel = channels.get((notice.service_id, notice.position)) if notice.position is not None else None
        found.append(
            NoticeSummary(
                notice=notice,
                channel=_contact(channel) if channel else "" if notice.position is None else f"channel {notice.position}",
                text=text,
                text_served=served,
                effect=EFFECTS[NoticeKind(notice.kind)],
                begins=local_text(notice.from_at.astimezone(zone)),
                ends=local_text(notice.until_at.astimezone(zone)),
                zone=zone_text(str(zone)),
                in_force=notice.from_at <= at < notice.until_at,
            )
        )
    return found


def _texts() -> Iterator[tuple[str, str, bool]]:
    """Yield each kind with its text in the source language, and whether that text may be served."""
    units = {unit.key: unit for unit in Unit.objects.filter(key__startswith="notice.")}
    for kind in NoticeKind.values:
        unit = units.get(f"notice.{kind}")
        served = unit is not None and (settings.SERVE_UNREVIEWED or unit.approved_revision is not None)
        yield kind, unit.text if unit else "", served


def _contact(channel: Channel) -> str:
    return channel.dial or channel.address or "inside the platform's app"


@page("notices/", "notices")
class NoticesPage(Page):
    """Notices that need approval, those in force or to come, and past ones."""

    template_name = "content/notices.html"
    title = "Notices"
    menu = "Contact checks"
    actions = {"approve": (APPROVE,), "withdraw": (PROPOSE,), "reject": (APPROVE,), "end": (PROPOSE,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Contact checks", reverse("admin:assurance-queue"))]

    def context(self) -> dict[str, Any]:
        notices = ServiceNotice.objects.select_related("service__country", "proposed_by", "approved_by", "ended_by")
        past = Q(state__in=[NoticeState.ENDED, NoticeState.WITHDRAWN]) | Q(state=NoticeState.APPROVED, until_at__lte=self.at)
        return {
            "proposed": [
                (summary, summary.notice.proposed_by_id == self.user.pk)
                for summary in describe_notices(notices.proposed().order_by("until_at", "pk"), at=self.at)
            ],
            "current": describe_notices(notices.current(at=self.at), at=self.at),
            "past": describe_notices(notices.filter(past)[:MAX_PAST], at=self.at),
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        self.success(f"Approved: {notice.service.name}. {_effect(approve_notice(notice, by=self.user, at=self.at))}")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        notice.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: the notice of {notice.service.name}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        notice.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: the notice of {notice.service.name}.")
        return None

    def action_end(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        self.success(f"Ended: {notice.service.name}. {_effect(end_notice(notice, by=self.user, at=self.at))}")
        return None

    def _notice(self, data: QueryDict) -> ServiceNotice:
        pk = data.get("notice", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        found = ServiceNotice.objects.select_related("service").filter(pk=number).first()
        if found is None:
            raise NotFound("There is no such notice.")
        return found


def _effect(release: Release | None) -> str:
    """Say when readers see a change of notices: `release` is the one that was published for it, if any."""
    if release is None:
        return "Readers see no change until the next release is published."
    return f"Readers see it now, with release {release.number}, which changes nothing else."


class NoticeForm(ConsoleForm):
    """What has changed, from when until when, and the source."""

    what = forms.ChoiceField(widget=forms.RadioSelect, label="What has changed")
    from_at = forms.DateTimeField(required=False, label="From", help_text="Leave empty to start now.")
    until_at = forms.DateTimeField(label="Until", help_text=f"No more than {MAX_DAYS_AHEAD} days from now.")
    source = forms.CharField(
        max_length=500,
        label="Source",
        help_text="The web page (https://…) where the service announces this. Readers never see it.",
    )

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_at", "until_at"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = choices


@page("services/<slug:id>/notice/", "notice-propose")
class ProposeNoticePage(Page):
    """Propose a notice of one service."""

    template_name = "content/notice_propose.html"
    menu = "Contact checks"
    permission_required = PROPOSE
    actions = {"propose": (PROPOSE,)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service
        self.channels = list(Channel.objects.filter(service=service))

    def heading(self) -> str:
        return "Propose a notice"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Contact checks", reverse("admin:assurance-queue")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        texts = {kind: (text, served) for kind, text, served in _texts()}
        chosen = self.submitted.get("what") if self.submitted is not None else None
        return {
            "service": self.service,
            "zone": zone_text(str(zone_of(self.service))),
            "kinds": [
                {
                    "value": value,
                    "name": label("notice", kind),
                    "channel": channel,
                    "text": texts[kind][0],
                    "text_served": texts[kind][1],
                    "effect": EFFECTS[NoticeKind(kind)],
                    "chosen": chosen == value,
                }
                for value, kind, channel in self._choices()
            ],
            "form": NoticeForm(self._pairs(), self.submitted) if self.submitted is not None else NoticeForm(self._pairs()),
        }

    def action_propose(self, data: QueryDict) -> str | None:
        # The submitted times are local to the service.
        with timezone.override(zone_of(self.service)):
            form = NoticeForm(self._pairs(), data)
            if not form.is_valid():
                raise Invalid("Choose what has changed, and enter an end and a source.", code="form")
        kind, _, position = form.cleaned_data["what"].partition(".")
        ServiceNotice.objects.propose(
            service_id=self.service.pk,
            kind=kind,
            position=int(position) if position else None,
            from_at=form.cleaned_data["from_at"] or self.at,
            until_at=form.cleaned_data["until_at"],
            source=form.cleaned_data["source"],
            by=self.user,
            at=self.at,
        )
        self.success("Proposed. Readers do not see it until a second person approves it.")
        return reverse("admin:notices")

    def _choices(self) -> Iterator[tuple[str, str, str]]:
        """Yield (value, kind, number or address of the channel) for each notice that can be proposed."""
        for kind in NoticeKind.values:
            if kind != NoticeKind.CHANNEL_DOWN:
                yield kind, kind, ""
        for channel in self.channels:
            yield f"{NoticeKind.CHANNEL_DOWN}.{channel.position}", NoticeKind.CHANNEL_DOWN, _contact(channel)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(value, value) for value, _, _ in self._choices()]
