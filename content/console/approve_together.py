"""Approve everything that waits for one service or one tip in one act: each part is ticked, and each still takes two people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse

from content.console.contact_changes import comparison
from content.console.fact_change import ChangedFact, DescribedChange, changed_facts
from content.console.labels import inside_sentence, label
from content.console.number_boxes import number_list
from content.console.service_change import OrganizationChange, ServiceChange
from content.console.tip_change import TipChange
from content.console.tip_reading import tip_reading_faults
from content.console.unit_names import UnitNames
from content.linting.fault import Fault
from content.linting.text import source_faults
from content.models import Channel, ChannelRevision, OrganizationRevision, Service, ServiceRevision, TipRevision, Unit
from content.models.rights import closed_owners
from content.models.unit_lifecycle import UnitState
from core.console.pages import Link, Page, page, version_token
from core.console.step_up import fresh_sign_in
from core.errors import DomainError, Invalid, NotFound

_FACTS, _TEXTS = "content.approve_channelrevision", "content.approve_words"


@dataclass(frozen=True)
class WaitingPart:
    """One part that waits for a second person."""

    title: str
    #: The name of the account that proposed or wrote it, and whether that is the signed-in person.
    author: str
    own: bool
    reason: str
    #: The permission that approving it takes.
    permission: str
    #: Why the signed-in person may not approve it for its countries; "" where they may.
    closed: str
    #: A digest of what is approved, so that a tick approves exactly what was shown.
    token: str
    approve: Callable[[], None]
    #: What changes, field by field. For a proposal with an effect on packs, `change` returns the fields and the effect instead;
    #: it is called only when the part is shown.
    fields: tuple[ChangedFact, ...] = ()
    change: Callable[[], DescribedChange] | None = None
    #: The language of the first field, where that is a text for readers.
    lang: str = ""
    #: What is wrong with that text.
    faults: tuple[Fault, ...] = ()
    #: The page of that text, on which an approver can correct what its change means for the translations.
    link: str = ""


class _ApproveTogetherPage(Page):
    """What waits, each part with a tick, and one button."""

    template_name = "content/approve_together.html"
    actions = {"approve": (_FACTS, _TEXTS)}

    def parts(self) -> Iterator[WaitingPart]:
        """Yield what waits, in the order in which it is approved."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        ticked = set(self.submitted.getlist("read")) if self.submitted is not None else set()
        rows = [
            {
                "part": part,
                "may_tick": not (part.own or part.closed) and self.has_any_perm(part.permission),
                "ticked": part.token in ticked,
            }
            for part in self.parts()
        ]
        return {"rows": rows, "to_tick": any(row["may_tick"] for row in rows)}

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        """Approve the parts that the person ticked, as the page showed them; what is refused stays, and is named."""
        ticked = set(data.getlist("read"))
        if not ticked:
            raise Invalid("Tick what you have read and compared, then approve it.", code="nothing-ticked")
        approved = 0
        parts = [part for part in self.parts() if part.token in ticked]
        for part in parts:
            try:
                part.approve()
                approved += 1
            except DomainError as error:
                messages.error(self.request, f"{part.title}: {error.detail}")
        if changed := len(ticked) - len(parts):
            changes = "part has" if changed == 1 else "parts have"
            messages.error(self.request, f"{changed} {changes} changed or been decided since you opened the page. Read again.")
        if approved:
            self.success(f"{approved} of {len(ticked)} ticked parts approved. Readers see them from the next release.")
        return None


@page("services/<slug:id>/approve/", "service-approve")
class ServiceApprovePage(_ApproveTogetherPage):
    """Everything of a service that waits: its facts, its organization, its numbers and addresses, and its texts."""

    menu = "Services"

    def load(self) -> None:
        service = Service.objects.select_related("organization").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service

    def heading(self) -> str:
        return f"Approve what waits: {self.service.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Services", reverse("admin:services")), Link(self.service.name, own)]

    def parts(self) -> Iterator[WaitingPart]:
        for service in ServiceRevision.objects.proposed().filter(service=self.service).select_related("proposed_by"):
            change = partial(ServiceChange.of, service, at=self.at)
            yield self._of_revision(
                service, f"Facts of the service: {inside_sentence(label('service-change', service.act))}", change=change
            )
        organizations = OrganizationRevision.objects.proposed().filter(organization=self.service.organization_id)
        for organization in organizations.select_related("proposed_by"):
            fields = tuple(OrganizationChange.of(organization).facts)
            yield self._of_revision(organization, f"Organization: {self.service.organization.name}", fields)
        present = {channel.position: channel for channel in Channel.objects.filter(service=self.service)}
        channels = ChannelRevision.objects.proposed().filter(service=self.service)
        for channel in channels.select_related("proposed_by").order_by("position"):
            fields = tuple(ChangedFact(*row) for row in comparison(channel, present.get(channel.position)))
            yield self._of_revision(channel, f"Channel {channel.position}: {label('proposal', channel.act).lower()}", fields)
        yield from texts_of(self, f"service:{self.service.pk}")

    def _of_revision(
        self,
        revision: ServiceRevision | OrganizationRevision | ChannelRevision,
        title: str,
        fields: tuple[ChangedFact, ...] = (),
        change: Callable[[], DescribedChange] | None = None,
    ) -> WaitingPart:
        return WaitingPart(
            title=title, author=revision.proposed_by.shown_name, own=revision.proposed_by_id == self.user.pk,
            reason=revision.reason, permission=_FACTS, closed=revision.closed_to(self.user),
            # The facts of a proposal never change.
            token=version_token([type(revision).__name__, revision.pk]),
            approve=partial(revision.approve, by=self.user, at=self.at), fields=fields, change=change,
        )  # fmt: skip


@page("tip-changes/<slug:slug>/approve/", "tip-approve")
class TipApprovePage(_ApproveTogetherPage):
    """Everything of a tip that waits: its readers, situations and steps, and its source texts. It may be a new one."""

    menu = "Tips"
    actions = {"approve": (_TEXTS,)}

    def load(self) -> None:
        self.slug = self.kwargs["slug"]
        self.units = {unit.key: unit for unit in Unit.objects.owned_by(f"tip:{self.slug}").order_by("pk")}
        title = self.units.get(f"tip.{self.slug}.title")
        if title is None:
            raise NotFound("There is no such tip.")
        self.title_text = title.text

    def heading(self) -> str:
        return f"Approve what waits: {self.title_text}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tips", reverse("admin:tips"))]

    def parts(self) -> Iterator[WaitingPart]:
        for revision in TipRevision.objects.proposed().filter(slug=self.slug).select_related("proposed_by"):
            yield WaitingPart(
                title=f"Readers, situations and steps: {inside_sentence(label('tip-change', revision.act))}",
                author=revision.proposed_by.shown_name,
                own=revision.proposed_by_id == self.user.pk, reason=revision.reason, permission=_TEXTS,
                closed=revision.closed_to(self.user),
                token=version_token(["TipRevision", revision.pk]),
                approve=partial(revision.approve, by=self.user, at=self.at),
                change=partial(TipChange.of, revision, at=self.at, units=self.units),
            )  # fmt: skip
        yield from texts_of(self, f"tip:{self.slug}")


def texts_of(shown_by: Page, owner: str) -> Iterator[WaitingPart]:
    """Yield the source texts of an owner that wait for a second reader, each with all that its approval approves."""
    waiting = Unit.objects.owned_by(owner).filter(state=UnitState.NEEDS_REVIEW)
    closed = "Your account does not list the countries that read this." if closed_owners(shown_by.user, [owner]) else ""
    units = list(waiting.select_related("written_by").prefetch_related("revisions", "approvals").order_by("pk"))
    names = UnitNames(unit.key for unit in units)
    services = Service.objects.named_in("\n".join(unit.text for unit in units))
    for unit in units:
        fields, faults = tuple(_approved_with(unit)), source_faults(unit, known_services=services)
        if unit is units[0]:
            # The reading age is that of the whole tip, so that it is shown once.
            faults += tip_reading_faults(unit, unit.text, unit.source_locale_id)
        yield WaitingPart(
            title=names.name(unit.key), author=unit.written_by.shown_name if unit.written_by else "",
            own=unit.written_by_id == shown_by.user.pk, reason="", permission=_TEXTS, closed=closed,
            token=version_token(["Unit", unit.pk, unit.revision, fields, [fault.detail for fault in faults]]),
            approve=partial(unit.approve, by=shown_by.user, at=shown_by.at, from_revision=unit.revision),
            fields=fields, lang=unit.source_locale_id, faults=tuple(faults), link=reverse("admin:source-text", args=[unit.key]),
        )  # fmt: skip


def _approved_with(unit: Unit) -> Iterator[ChangedFact]:
    """Yield the text, what it may hold, its mark, and what its change was declared to mean, as they are and as they become."""
    again = unit.approved_revision is not None
    old, new = {"Text": unit.approved_text}, {"Text": unit.text}
    if unit.numbers or unit.numbers_of_approval:
        name = "Numbers that the text may hold"
        old[name] = number_list(unit.numbers_of_approval) or ("None" if again else "")
        new[name] = number_list(unit.numbers) or "None"
    if unit.allowed_hosts:
        name = "Web addresses that the text may hold"
        old[name], new[name] = "Not recorded" if again else "", ", ".join(unit.allowed_hosts)
    if unit.stays_as_is or unit.approved_stays_as_is:
        name = "Stays as it is in every language"
        old[name] = _yes_or_no(unit.approved_stays_as_is) if again else ""
        new[name] = _yes_or_no(unit.stays_as_is)
    if again:
        new["Declared for the translations"] = label("change", unit.pending_change())
    yield from changed_facts(old, new)


def _yes_or_no(value: bool) -> str:
    return "Yes" if value else "No"
