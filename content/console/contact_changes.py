"""Changes of numbers and addresses: one person proposes, another approves; there is no other way to change one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.models import Channel, ChannelRevision, Service
from content.models.channel_facts import FACTS
from content.models.channel_revision import Act
from content.terms import ChannelType, Cost, NumberType
from core.console.pages import ConsoleForm, Link, Page, page
from core.errors import Invalid, NotFound

#: How each fact is called on screen, in the order in which a reader compares them.
LABELS = {
    "type": "Type",
    "number_type": "Kind of number",
    "dial": "Dialled as",
    "address": "Address",
    "keyword": "SMS keyword",
    "mnemonic": "Advertised as",
    "hours": "Hours",
    "cost": "Cost",
    "anonymous": "Anonymous",
    "on_bill": "Shows on a bill",
    "source": "Read at",
}
_YES_NO = [("", "not known"), ("true", "yes"), ("false", "no")]


@page("numbers/", "numbers", order=40)
class NumbersPage(Page):
    """The proposals that wait for a second person, old beside new."""

    template_name = "content/numbers.html"
    title = "Number changes"
    menu = "Number changes"
    actions = {
        "approve": ("content.approve_channelrevision",),
        "withdraw": ("content.propose_channelrevision",),
        "reject": ("content.approve_channelrevision",),
    }

    def context(self) -> dict[str, Any]:
        waiting = (
            ChannelRevision.objects.proposed()
            .select_related("service__country", "proposed_by")
            .order_by("service_id", "position")
        )
        if act := self.request.GET.get("act", ""):
            waiting = waiting.filter(act=act)
        if country := self.request.GET.get("country", ""):
            waiting = waiting.filter(service__country=country)
        part = self.paginate(waiting, 20)
        standing = {(c.service_id, c.position): c for c in Channel.objects.filter(service__in=[r.service_id for r in part])}
        rows = [(r, differences(r, standing.get((r.service_id, r.position))), r.proposed_by_id == self.user.pk) for r in part]
        every = ChannelRevision.objects.proposed().order_by()
        return {
            "part": part,
            "rows": rows,
            "asked": {"act": act, "country": country},
            "acts_of": Act.choices,
            "countries": every.values_list("service__country", "service__country__name")
            .distinct()
            .order_by("service__country__name"),
        }

    def action_approve(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.approve(by=self.user, at=self.at)
        self.success(
            f"Approved: {revision.service.name}, channel {revision.position}. It has taken effect and stands in the next release."
        )
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        return self.action_withdraw(data)

    def action_withdraw(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Taken away: the proposal for {revision.service.name}, channel {revision.position}.")
        return None

    def _revision(self, data: QueryDict) -> ChannelRevision:
        pk = data.get("revision", "")
        found = (
            ChannelRevision.objects.select_related("service").filter(pk=int(pk)).first()
            if pk.isdecimal() and len(pk) < 15
            else None
        )
        if found is None:
            raise NotFound("There is no such proposal.")
        return found


class ProposalForm(ConsoleForm):
    """The facts of a channel as they shall be, and why."""

    type = forms.ChoiceField(choices=ChannelType.choices, label="Type")
    number_type = forms.ChoiceField(
        choices=[("", "it is no number"), *NumberType.choices],
        required=False,
        label="Kind of number",
        help_text="short: a number such as 116 111 that works only inside the country. It never gets a country code.",
    )
    dial = forms.CharField(
        max_length=40, required=False, label="Dialled as", help_text="Inside the country, as printed: digits, + * # and spaces."
    )
    address = forms.CharField(
        max_length=500,
        required=False,
        label="Address",
        help_text="A number: +44… or the short number. Else https://…, a mailbox, whatsapp:+… or telegram:@….",
    )
    keyword = forms.CharField(
        max_length=20, required=False, label="SMS keyword", help_text="The word to send, where there is one."
    )
    mnemonic = forms.CharField(
        max_length=40, required=False, label="Advertised as", help_text="Letters instead of digits; never dialled."
    )
    hours = forms.CharField(
        max_length=200,
        required=False,
        label="Hours",
        help_text="In the form of OpenStreetMap: Mo-Fr 09:00-17:00, or 24/7. Empty: not known.",
    )
    cost = forms.ChoiceField(choices=Cost.choices, label="Cost")
    anonymous = forms.ChoiceField(choices=_YES_NO, required=False, label="Anonymous")
    on_bill = forms.ChoiceField(choices=_YES_NO, required=False, label="Shows on a phone bill")
    source = forms.CharField(
        max_length=500, required=False, label="Read at", help_text="Where you read it. Readers never see this."
    )
    reason = forms.CharField(max_length=300, label="Why", help_text="For the second person, who decides.")

    def facts(self) -> dict[str, object]:
        """Return the fact columns."""
        known: dict[str, bool | None] = {"": None, "true": True, "false": False}
        facts = {name: self.cleaned_data[name] for name in FACTS}
        return facts | {name: known[facts[name]] for name in ("anonymous", "on_bill")}


@page("services/<slug:id>/propose/", "propose")
class ProposePage(Page):
    """Propose a new channel, or another value for one there is."""

    template_name = "content/propose.html"
    menu = "Services"
    permission_required = "content.propose_channelrevision"
    actions = {"propose": ("content.propose_channelrevision",)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound(f"There is no service {self.kwargs['id']}.")
        position = self.request.GET.get("position", "")
        self.service, self.channel = service, None
        if position:
            if position.isdecimal() and len(position) < 6:
                self.channel = Channel.objects.filter(service=service, position=int(position)).first()
            if self.channel is None:
                raise NotFound("There is no such channel.")
        self.removes = self.channel is not None and self.request.GET.get("remove") == "1"

    def heading(self) -> str:
        if self.channel is None:
            return "Propose a new channel"
        return f"Propose to {'remove' if self.removes else 'change'} channel {self.channel.position}"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Services", reverse("admin:services")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        return {"service": self.service, "channel": self.channel, "removes": self.removes, "form": self._form()}

    def action_propose(self, data: QueryDict) -> str | None:
        form = ProposalForm(data)
        if self.removes:
            assert self.channel is not None
            facts, act, reason = self.channel.facts(), Act.REMOVE, data.get("reason", "").strip()[:300]
            if not reason:
                raise Invalid("Say why, for the second person.", code="reason")
        else:
            if not form.is_valid():
                raise Invalid("Some fields are not filled in as they should be.", code="form")
            facts, act, reason = form.facts(), Act.CHANGE if self.channel else Act.ADD, form.cleaned_data["reason"]
        position = self.channel.position if self.channel else None
        ChannelRevision.objects.propose(
            service_id=self.service.pk, position=position, act=act, by=self.user, at=self.at, facts=facts, reason=reason
        )
        self.success("Proposed. Nothing changes until a second person approves it.")
        return reverse("admin:service", args=[self.service.pk])

    def _form(self) -> ProposalForm:
        if self.submitted is not None and not self.removes:
            return ProposalForm(self.submitted)
        if self.channel is None:
            return ProposalForm()
        words = {None: "", True: "true", False: "false"}
        facts: dict[str, Any] = self.channel.facts()
        return ProposalForm(initial=facts | {name: words[facts[name]] for name in ("anonymous", "on_bill")})


def differences(revision: ChannelRevision, channel: Channel | None) -> list[tuple[str, str, str, bool]]:
    """Return (label, old, new, differs) for each fact that either side has."""
    old = channel.facts() if channel and revision.act != Act.ADD else dict.fromkeys(FACTS)
    new = revision.facts() if revision.act != Act.REMOVE else dict.fromkeys(FACTS)
    rows = [(LABELS[name], shown(old[name]), shown(new[name])) for name in LABELS]
    return [(label, was, becomes, was != becomes) for label, was, becomes in rows if was or becomes]


def shown(value: object) -> str:
    """Return a fact as staff read it; empty where it is not known."""
    return {None: "", True: "yes", False: "no"}.get(value, str(value)) if value is None or isinstance(value, bool) else str(value)
