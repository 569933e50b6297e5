"""Short-term notices: proposed of one service, approved by a second person, ended by one; and what readers get of them."""

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

from content.linting.notice import MAX_DAYS_AHEAD
from content.models import Channel, Release, Service, ServiceNotice, Unit
from content.models.service_notice import APPROVE, PROPOSE, NoticeState
from content.publishing.notice_release import approve_notice, end_notice
from content.terms import NoticeKind
from core.console.pages import ConsoleForm, Link, Page, page
from core.errors import Invalid, NotFound

#: Notices that are over, ended or turned down, as far as the page goes back.
MOST_PAST = 50
#: What a kind does besides being shown.
EFFECTS = {
    NoticeKind.CLOSED: "Meanwhile plans count all its channels as shut, and name others that are open.",
    NoticeKind.HOURS_CHANGED: "Meanwhile plans say that nobody knows whether it is open.",
    NoticeKind.LONG_WAITS: "It is shown and changes nothing else.",
    NoticeKind.CHANNEL_DOWN: "Meanwhile plans count this channel as shut.",
}


@dataclass(frozen=True)
class Told:
    """A notice as staff see it: what readers get, and when, by the clock of the service."""

    notice: ServiceNotice
    channel: str
    words: str
    #: Whether those words may be served.
    ready: bool
    effect: str
    begins: str
    ends: str
    zone: str
    now: bool


def zone_of(service: Service) -> tzinfo:
    """Return the zone that the times of its notices are said in."""
    return ZoneInfo(service.zone) if service.zone else UTC


def told(notices: Iterable[ServiceNotice], *, at: datetime) -> list[Told]:
    """Say of each notice what readers get of it."""
    notices = list(notices)
    words = {kind: (text, ready) for kind, text, ready in _words()}
    named = {(c.service_id, c.position): c for c in Channel.objects.filter(service__in={n.service_id for n in notices})}
    found = []
    for notice in notices:
        zone = zone_of(notice.service)
        text, ready = words[notice.kind]
        channel = named.get((notice.service_id, notice.position)) if notice.position is not None else None
        found.append(
            Told(
                notice=notice,
                channel=_called(channel) if channel else "" if notice.position is None else f"channel {notice.position}",
                words=text,
                ready=ready,
                effect=EFFECTS[NoticeKind(notice.kind)],
                begins=f"{notice.from_at.astimezone(zone):%-d %b %Y, %H:%M}",
                ends=f"{notice.until_at.astimezone(zone):%-d %b %Y, %H:%M}",
                zone=str(zone),
                now=notice.from_at <= at < notice.until_at,
            )
        )
    return found


def _words() -> Iterator[tuple[str, str, bool]]:
    """Yield each kind with its words in the source language, and whether they may be served."""
    units = {unit.key: unit for unit in Unit.objects.filter(key__startswith="notice.")}
    for kind in NoticeKind.values:
        unit = units.get(f"notice.{kind}")
        ready = unit is not None and (settings.SERVE_UNREVIEWED or unit.approved_revision is not None)
        yield kind, unit.text if unit else "", ready


def _called(channel: Channel) -> str:
    return channel.dial or channel.address or "the way inside the app"


@page("notices/", "notices")
class NoticesPage(Page):
    """What waits for a second person, what readers get or will get, and what is past."""

    template_name = "content/notices.html"
    title = "Notices"
    menu = "Assurance desk"
    actions = {"approve": (APPROVE,), "withdraw": (PROPOSE,), "reject": (APPROVE,), "end": (PROPOSE,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Assurance desk", reverse("admin:desk"))]

    def context(self) -> dict[str, Any]:
        notices = ServiceNotice.objects.select_related("service__country", "proposed_by", "approved_by", "ended_by")
        past = Q(state__in=[NoticeState.ENDED, NoticeState.WITHDRAWN]) | Q(state=NoticeState.APPROVED, until_at__lte=self.at)
        return {
            "waiting": [
                (one, one.notice.proposed_by_id == self.user.pk)
                for one in told(notices.proposed().order_by("until_at", "pk"), at=self.at)
            ],
            "standing": told(notices.going(at=self.at), at=self.at),
            "past": told(notices.filter(past)[:MOST_PAST], at=self.at),
        }

    def action_approve(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        self.success(f"Approved: {notice.service.name}. {_reached(approve_notice(notice, by=self.user, at=self.at))}")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        return self.action_withdraw(data)

    def action_withdraw(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        notice.withdraw(by=self.user, at=self.at)
        self.success(f"Taken away: the proposal for {notice.service.name}.")
        return None

    def action_end(self, data: QueryDict) -> str | None:
        notice = self._notice(data)
        self.success(f"Ended: {notice.service.name}. {_reached(end_notice(notice, by=self.user, at=self.at))}")
        return None

    def _notice(self, data: QueryDict) -> ServiceNotice:
        pk = data.get("notice", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        found = ServiceNotice.objects.select_related("service").filter(pk=number).first()
        if found is None:
            raise NotFound("There is no such notice.")
        return found


def _reached(release: Release | None) -> str:
    if release is None:
        return "What readers get is as before; the next release that is compiled goes by it."
    return f"Readers get it at once, with release {release.number}, which changes nothing else."


class NoticeForm(ConsoleForm):
    """What is otherwise, from when until when, and where it was read."""

    what = forms.ChoiceField(widget=forms.RadioSelect, label="What is otherwise")
    from_at = forms.DateTimeField(required=False, label="From", help_text="Empty: from now on.")
    until_at = forms.DateTimeField(label="Until", help_text=f"At most {MAX_DAYS_AHEAD} days ahead.")
    source = forms.CharField(
        max_length=500, label="Read at", help_text="The https address at which they say so. Readers never see this."
    )

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_at", "until_at"):
            self.fields[name].widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = choices


@page("services/<slug:id>/notice/", "propose-notice")
class ProposeNoticePage(Page):
    """Propose a notice of one service."""

    template_name = "content/propose_notice.html"
    menu = "Assurance desk"
    permission_required = PROPOSE
    actions = {"propose": (PROPOSE,)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound(f"There is no service {self.kwargs['id']}.")
        self.service = service
        self.channels = list(Channel.objects.filter(service=service))

    def heading(self) -> str:
        return "Propose a notice"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Assurance desk", reverse("admin:desk")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        words = {kind: (text, ready) for kind, text, ready in _words()}
        chosen = self.submitted.get("what") if self.submitted is not None else None
        return {
            "service": self.service,
            "zone": str(zone_of(self.service)),
            "kinds": [
                (value, channel, *words[kind], EFFECTS[NoticeKind(kind)], chosen == value)
                for value, kind, channel in self._choices()
            ],
            "form": NoticeForm(self._pairs(), self.submitted) if self.submitted is not None else NoticeForm(self._pairs()),
        }

    def action_propose(self, data: QueryDict) -> str | None:
        # What is typed is the time where the service is.
        with timezone.override(zone_of(self.service)):
            form = NoticeForm(self._pairs(), data)
            if not form.is_valid():
                raise Invalid("Choose what is otherwise, and say until when and where you read it.", code="form")
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
        self.success("Proposed. Readers get nothing of it until a second person approves it.")
        return reverse("admin:notices")

    def _choices(self) -> Iterator[tuple[str, str, str]]:
        """Yield (value, kind, what the channel is called) of each notice that can be proposed."""
        for kind in NoticeKind.values:
            if kind != NoticeKind.CHANNEL_DOWN:
                yield kind, kind, ""
        for channel in self.channels:
            yield f"{NoticeKind.CHANNEL_DOWN}.{channel.position}", NoticeKind.CHANNEL_DOWN, _called(channel)

    def _pairs(self) -> list[tuple[str, str]]:
        return [(value, value) for value, _, _ in self._choices()]
