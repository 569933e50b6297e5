"""Changes of contact details: one person proposes a change, another approves it. There is no other way to change one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console import labels
from content.models import Channel, ChannelRevision, Service
from content.models.channel_facts import FACTS
from content.models.channel_revision import Act
from content.terms import ChannelType, Cost, NumberType, Situation
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid, NotFound

#: Columns of a channel → their labels, in the order in which they are compared.
FIELDS = {
    "type": "Type",
    "number_type": "Kind of number",
    "dial": "Number to dial",
    "address": "Address",
    "keyword": "Text message keyword",
    "mnemonic": "Advertised as",
    "hours": "Opening hours",
    "cost": "Cost",
    "anonymous": "Anonymous",
    "on_bill": "Shows on a phone bill",
    "situations": "Only for",
    "source": "Source",
}
_LABELLED = {"type": "channel", "number_type": "number", "cost": "cost"}
_YES_NO = [("", "Not known"), ("true", "Yes"), ("false", "No")]


@page("numbers/", "contact-changes", order=40)
class ContactChangesPage(Page):
    """The proposals that need a second person, old values beside new."""

    template_name = "content/contact_changes.html"
    title = "Contact changes"
    menu = "Contact changes"
    menu_permissions = ("content.propose_channelrevision", "content.approve_channelrevision")
    actions = {
        "approve": ("content.approve_channelrevision",),
        "withdraw": ("content.propose_channelrevision",),
        "reject": ("content.approve_channelrevision",),
    }

    def context(self) -> dict[str, Any]:
        proposals = (
            ChannelRevision.objects.proposed()
            .select_related("service__country", "proposed_by")
            .order_by("service_id", "position")
        )
        if act := self.request.GET.get("act", ""):
            proposals = proposals.filter(act=act)
        if country := self.request.GET.get("country", ""):
            proposals = proposals.filter(service__country=country)
        part = self.paginate(proposals, 20)
        current = {(c.service_id, c.position): c for c in Channel.objects.filter(service__in=[r.service_id for r in part])}
        rows = [(r, comparison(r, current.get((r.service_id, r.position))), r.proposed_by_id == self.user.pk) for r in part]
        every = ChannelRevision.objects.proposed().order_by()
        return {
            "part": part,
            "rows": rows,
            "filters": {"act": act, "country": country},
            "proposal_types": labels.choices(Act),
            "countries": every.values_list("service__country", "service__country__name")
            .distinct()
            .order_by("service__country__name"),
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.approve(by=self.user, at=self.at)
        self.success(
            f"Approved: {revision.service.name}, channel {revision.position}. Readers see the change from the next release."
        )
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: the proposal for {revision.service.name}, channel {revision.position}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: the proposal for {revision.service.name}, channel {revision.position}.")
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


class ContactChangeForm(ConsoleForm):
    """The proposed contact details of a channel, and the reason."""

    type = forms.ChoiceField(choices=labels.choices(ChannelType), label=FIELDS["type"])
    number_type = forms.ChoiceField(
        choices=[("", "Not a number"), *labels.choices(NumberType)],
        required=False,
        label=FIELDS["number_type"],
        help_text="A short number, such as 116 111, works only inside its country and never gets a country code.",
    )
    dial = forms.CharField(
        max_length=40,
        required=False,
        label=FIELDS["dial"],
        help_text="As printed for callers inside the country: digits, +, *, # and spaces.",
    )
    address = forms.CharField(
        max_length=500,
        required=False,
        label=FIELDS["address"],
        help_text="For a number: +44… or the short number. Otherwise https://…, an email address, whatsapp:+… or telegram:@….",
    )
    keyword = forms.CharField(
        max_length=20, required=False, label=FIELDS["keyword"], help_text="The word to send, if the service needs one."
    )
    mnemonic = forms.CharField(
        max_length=40, required=False, label=FIELDS["mnemonic"], help_text="Letters in place of digits; never dialled."
    )
    hours = forms.CharField(
        max_length=200,
        required=False,
        label=FIELDS["hours"],
        help_text="In the OpenStreetMap format, for example Mo-Fr 09:00-17:00 or 24/7. Leave empty if not known.",
    )
    cost = forms.ChoiceField(choices=labels.choices(Cost), label=FIELDS["cost"])
    anonymous = forms.ChoiceField(choices=_YES_NO, required=False, label=FIELDS["anonymous"])
    on_bill = forms.ChoiceField(choices=_YES_NO, required=False, label=FIELDS["on_bill"])
    situations = forms.MultipleChoiceField(
        choices=labels.choices(Situation),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label=FIELDS["situations"],
        help_text="The situations that this channel is for. Choose none if it is for all of them.",
    )
    source = forms.CharField(
        max_length=500,
        required=False,
        label=FIELDS["source"],
        help_text="The web page where you read this. Readers never see it.",
    )
    reason = forms.CharField(max_length=300, label="Reason", help_text="For the person who approves the change.")

    def facts(self) -> dict[str, object]:
        """Return the columns of the channel."""
        known: dict[str, bool | None] = {"": None, "true": True, "false": False}
        facts = {name: self.cleaned_data[name] for name in FACTS}
        facts["situations"] = facts["situations"] or None
        return facts | {name: known[facts[name]] for name in ("anonymous", "on_bill")}


@page("services/<slug:id>/propose/", "contact-change-propose")
class ProposeContactChangePage(Page):
    """Propose a new channel, or the change or removal of an existing one."""

    template_name = "content/contact_change_propose.html"
    menu = "Services"
    permission_required = "content.propose_channelrevision"
    actions = {"propose": ("content.propose_channelrevision",)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
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
        form = ContactChangeForm(data)
        if self.removes:
            assert self.channel is not None
            facts, act, reason = self.channel.facts(), Act.REMOVE, data.get("reason", "").strip()[:300]
            if not reason:
                raise Invalid("Enter a reason for the person who approves the removal.", code="reason")
        else:
            if not form.is_valid():
                raise Invalid("Check the fields marked below.", code="form")
            facts, act, reason = form.facts(), Act.CHANGE if self.channel else Act.ADD, form.cleaned_data["reason"]
        position = self.channel.position if self.channel else None
        ChannelRevision.objects.propose(
            service_id=self.service.pk, position=position, act=act, by=self.user, at=self.at, facts=facts, reason=reason
        )
        self.success("Proposed. Nothing changes until a second person approves it.")
        return reverse("admin:service", args=[self.service.pk])

    def _form(self) -> ContactChangeForm:
        if self.submitted is not None and not self.removes:
            return ContactChangeForm(self.submitted)
        if self.channel is None:
            return ContactChangeForm()
        values = {None: "", True: "true", False: "false"}
        facts: dict[str, Any] = self.channel.facts()
        return ContactChangeForm(initial=facts | {name: values[facts[name]] for name in ("anonymous", "on_bill")})


def comparison(revision: ChannelRevision, channel: Channel | None) -> list[tuple[str, str, str, bool]]:
    """Return (label, old, new, differs) for each field that has a value on either side."""
    old = channel.facts() if channel and revision.act != Act.ADD else dict.fromkeys(FACTS)
    new = revision.facts() if revision.act != Act.REMOVE else dict.fromkeys(FACTS)
    rows = [(label, value_text(name, old[name]), value_text(name, new[name])) for name, label in FIELDS.items()]
    return [(label, was, becomes, was != becomes) for label, was, becomes in rows if was or becomes]


def value_text(name: str, value: object) -> str:
    """Return the value of a channel's column as staff read it, "" where it is not known."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(labels.label("situation", str(item)) for item in value)
    return labels.label(_LABELLED[name], str(value)) if name in _LABELLED else str(value)
