"""Staff: who has which role and limits, and the changes that one person proposes and another approves.

Django's own forms for accounts are not registered: with those, one person could change an account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from core import roles, staff_changes
from core.console import limits
from core.console.display import MODEL_NAMES
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Forbidden, Invalid, NotFound
from core.lead_rights import HAND_OUT
from core.models import StaffAct, StaffChange, User
from core.staff_changes import ADMINISTER

MODEL_NAMES |= {"core.User": "Account", "core.StaffChange": "Change of an account"}


def role_choices() -> list[tuple[str, str]]:
    """Return the roles as choices of a form."""
    return [(role, roles.role_name(role).capitalize()) for role in roles.ROLES]


class RightsForm(ConsoleForm):
    """What an account may do."""

    roles = forms.MultipleChoiceField(label="Roles", choices=role_choices, required=False, widget=forms.CheckboxSelectMultiple)
    locales = forms.CharField(
        label="Languages that the person reads", max_length=500, help_text="Language tags with commas, such as en, cy; * for all."
    )
    campaign_apps = forms.MultipleChoiceField(
        label="Campaigns of these apps only",
        choices=limits.app_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="For campaign authors and approvers. Tick none for every app.",
    )
    campaign_countries = forms.MultipleChoiceField(
        label="Campaigns for these countries only",
        choices=limits.country_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text="For campaign authors and approvers. Choose none for every country.",
    )
    content_countries = forms.MultipleChoiceField(
        label="Content for these countries",
        choices=limits.every_country_choices,
        initial=limits.EVERYTHING,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=(
            "For editors, reviewers and assurers: services, checks, and texts that only these countries read. Choose none for "
            "people who work only on texts that every country reads."
        ),
    )
    reason = forms.CharField(label="Reason, for the second administrator", max_length=300, required=False)

    def clean_campaign_apps(self) -> list[str]:
        """Return the apps; without one, all."""
        return sorted(self.cleaned_data["campaign_apps"]) or limits.EVERYTHING

    def clean_campaign_countries(self) -> list[str]:
        """Return the countries; without one, all."""
        return sorted(self.cleaned_data["campaign_countries"]) or limits.EVERYTHING

    def clean_content_countries(self) -> list[str]:
        """Return the countries; "*" alone for every country."""
        chosen = sorted(self.cleaned_data["content_countries"])
        return limits.EVERYTHING if "*" in chosen else chosen

    def clean_locales(self) -> list[str]:
        """Return the tags, without repetitions."""
        return sorted({tag.strip() for tag in self.cleaned_data["locales"].split(",") if tag.strip()})


class InvitationForm(RightsForm):
    """A new account."""

    username = forms.CharField(label="Name for signing in", max_length=150)
    email = forms.EmailField(label="Email", help_text="The invitation is sent there.")
    field_order = ("username", "email", "roles", "locales", "campaign_apps", "campaign_countries", "content_countries", "reason")


class _AdministrationPage(Page):
    """A page for administrators."""

    menu = "People"
    permission_required = ADMINISTER
    form_class: type[RightsForm]

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("People", reverse("admin:people"))]

    def checked(self, data: QueryDict) -> dict[str, Any]:
        """Return the cleaned values of the page's form. Raises Invalid."""
        form = self.form_class(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        return form.cleaned_data


@page("people/", "people", order=80)
class PeoplePage(Page):
    """The staff with their roles and languages, what each role can do, and the changes that wait for a second person."""

    template_name = "core/people.html"
    title = "People"
    menu = "People"
    menu_permissions = (ADMINISTER, HAND_OUT)
    actions = {"approve": (ADMINISTER, HAND_OUT), "withdraw": (ADMINISTER, HAND_OUT)}

    def context(self) -> dict[str, Any]:
        titles = dict(limits.app_choices())
        people = User.objects.filter(is_staff=True).prefetch_related("groups").order_by("-is_active", "username")
        given = {role: [roles.RIGHTS[permission] for permission in permissions] for role, permissions in roles.ROLES.items()}
        administers, leads = self.has_any_perm(ADMINISTER), self.has_any_perm(HAND_OUT)
        waiting = StaffChange.objects.waiting().select_related("account", "proposed_by") if administers or leads else []
        return {
            "people": [(person, limits.limits_text(person, titles), person.is_away(self.at)) for person in people],
            "roles": given,
            "waiting": [(change, limits.limits_text(change, titles)) for change in waiting if self._may_decide(change)],
            "administers": administers,
            "leads": leads,
        }

    def _may_decide(self, change: StaffChange) -> bool:
        """Return whether the change is one of those that the person may approve or withdraw."""
        if change.proposed_by_id == self.user.pk:
            return True
        try:
            staff_changes.require_decider(change, self.user)
        except Forbidden:
            return False
        return True

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        account = staff_changes.approve(_change(data), by=self.user, at=self.at)
        self.success(f"Approved. The change of {account.username} is in force.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        change = _change(data)
        staff_changes.withdraw(change, by=self.user, at=self.at)
        self.success(f"The change of {change.username} is withdrawn.")
        return None


@page("people/invite/", "person-invite")
class InvitePage(_AdministrationPage):
    """Propose a new account."""

    template_name = "core/person_invite.html"
    title = "Invite a person"
    actions = {"propose": (ADMINISTER,)}
    form_class = InvitationForm

    def context(self) -> dict[str, Any]:
        return {"form": InvitationForm(self.submitted)}

    @fresh_sign_in
    def action_propose(self, data: QueryDict) -> str | None:
        values = self.checked(data)
        values["given"] = values.pop("roles")
        change = staff_changes.propose_invitation(**values, by=self.user, at=self.at)
        self.success(f"Proposed. Once another administrator approves it, {change.username} gets a link by mail.")
        return reverse("admin:people")


@page("people/<int:id>/", "person")
class PersonPage(_AdministrationPage):
    """One account: its roles and languages, its sign-in, and whether it is open."""

    template_name = "core/person.html"
    actions = dict.fromkeys(("change", "reset", "reopen", "close"), (ADMINISTER,))
    form_class = RightsForm

    def load(self) -> None:
        account = User.objects.filter(pk=self.kwargs["id"], is_staff=True).prefetch_related("groups").first()
        if account is None:
            raise NotFound("There is no such member of staff.")
        self.account = account

    def heading(self) -> str:
        return self.account.username

    def context(self) -> dict[str, Any]:
        stored = {
            "roles": [group.name for group in self.account.groups.all()],
            "locales": ", ".join(self.account.locales),
            "campaign_apps": [name for name in self.account.campaign_apps if name != "*"],
            "campaign_countries": [code for code in self.account.campaign_countries if code != "*"],
            "content_countries": self.account.content_countries,
        }
        changed = self.submitted is not None and self.submitted.get("action") == "change"
        return {
            "account": self.account,
            "form": RightsForm(self.submitted) if changed else RightsForm(initial=stored),
            "waiting": StaffChange.objects.waiting().filter(account=self.account).first(),
        }

    @fresh_sign_in
    def action_change(self, data: QueryDict) -> str | None:
        values = self.checked(data)
        staff_changes.propose(
            self.account,
            StaffAct.CHANGE,
            given=values["roles"],
            locales=values["locales"],
            campaign_apps=values["campaign_apps"],
            campaign_countries=values["campaign_countries"],
            content_countries=values["content_countries"],
            reason=values["reason"],
            by=self.user,
            at=self.at,
        )
        return self._proposed()

    @fresh_sign_in
    def action_reset(self, data: QueryDict) -> str | None:
        staff_changes.propose(self.account, StaffAct.RESET, reason=data.get("reason", ""), by=self.user, at=self.at)
        return self._proposed()

    @fresh_sign_in
    def action_reopen(self, data: QueryDict) -> str | None:
        staff_changes.propose(self.account, StaffAct.REOPEN, reason=data.get("reason", ""), by=self.user, at=self.at)
        return self._proposed()

    def action_close(self, data: QueryDict) -> str | None:
        staff_changes.close(self.account, by=self.user, at=self.at, reason=data.get("reason", ""))
        self.success(f"The account {self.account.username} is closed, and signed out.")
        return reverse("admin:people")

    def _proposed(self) -> str:
        self.success("Proposed. It takes effect when another administrator approves it.")
        return reverse("admin:people")


def _change(data: QueryDict) -> StaffChange:
    number = data.get("change", "")
    change = StaffChange.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    if change is None:
        raise NotFound("There is no such change.")
    return change
