"""A lead's page about one person: hand out and withdraw roles, languages and countries that the lead has."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from core import staff_changes
from core.console import limits
from core.console.display import country_text, language_text
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid, NotFound
from core.lead_rights import HAND_OUT, Rights
from core.models import StaffAct, StaffChange, User
from core.models.account_rules import HANDED_OUT
from core.roles import role_name

#: Fields of both forms, in their order: the three parts of a right.
_PARTS = ("roles", "locales", "countries")


class SomeRightsForm(ConsoleForm):
    """Roles, languages and countries to give to a person or to take away."""

    roles = forms.MultipleChoiceField(label="Roles", required=False, widget=forms.CheckboxSelectMultiple)
    locales = forms.MultipleChoiceField(label="Languages", required=False, widget=forms.SelectMultiple)
    countries = forms.MultipleChoiceField(
        label="Countries whose services, checks and own texts the person works on",
        required=False,
        widget=forms.SelectMultiple,
    )
    reason = forms.CharField(label="Reason", max_length=300, required=False)

    def __init__(self, data: QueryDict | None, offered: Rights, prefix: str) -> None:
        super().__init__(data, prefix=prefix)
        self.choices_of("roles", [(role, role_name(role).capitalize()) for role in HANDED_OUT if role in offered.roles])
        self.choices_of("locales", sorted(((code, _language(code)) for code in offered.locales), key=lambda one: one[1]))
        self.choices_of("countries", sorted(((code, _country(code)) for code in offered.countries), key=lambda one: one[1]))

    def choices_of(self, name: str, choices: list[tuple[str, str]]) -> None:
        """Offer these choices in a field; remove a field without choices."""
        if not choices:
            del self.fields[name]
            return
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
        if name != "roles":
            # A box no higher than its list; browsers show one of a single row as a closed one.
            field.widget.attrs["size"] = min(6, max(2, len(choices)))

    def chosen(self) -> Rights:
        """Return what was chosen. Raises Invalid."""
        if not self.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        return Rights(*(frozenset(self.cleaned_data.get(name, ())) for name in _PARTS))


@page("people/<int:id>/rights/", "person-rights")
class PersonRightsPage(Page):
    """What a lead can give to one person and take away."""

    template_name = "core/person_rights.html"
    menu = "People"
    permission_required = HAND_OUT
    actions = dict.fromkeys(("hand-out", "withdraw"), (HAND_OUT,))
    earlier_actions = {"take-back": "withdraw"}

    def load(self) -> None:
        account = User.objects.filter(pk=self.kwargs["id"], is_staff=True).exclude(pk=self.user.pk).first()
        if account is None:
            raise NotFound("There is no such member of staff, or the account is your own.")
        self.account, self.held, self.own = account, Rights.of(account), Rights.of(self.user)

    def heading(self) -> str:
        return f"Rights of {self.account.username}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("People", reverse("admin:people"))]

    def context(self) -> dict[str, Any]:
        sent = self.submitted.get("action") if self.submitted is not None else ""
        return {
            "account": self.account,
            "roles": sorted(self.held.roles),
            "countries": limits.countries_text(sorted(self.held.countries)),
            "giving": self._form("give", self.submitted if sent == "hand-out" else None),
            "taking": self._form("take", self.submitted if sent in ("withdraw", "take-back") else None),
            "waiting": StaffChange.objects.waiting().filter(account=self.account).first(),
        }

    @fresh_sign_in
    def action_hand_out(self, data: QueryDict) -> str | None:
        form = self._form("give", data)
        chosen = form.chosen()
        if not (chosen.roles or chosen.locales or chosen.countries):
            raise Invalid("Choose at least one role, language or country to hand out.", code="unchanged")
        staff_changes.propose(
            self.account,
            StaffAct.CHANGE,
            given=self.held.roles | chosen.roles,
            locales=_added(self.held.locales, chosen.locales),
            content_countries=_added(self.held.countries, chosen.countries),
            campaign_apps=self.account.campaign_apps,
            campaign_countries=self.account.campaign_countries,
            reason=form.cleaned_data["reason"],
            by=self.user,
            at=self.at,
        )
        self.success("Proposed. It takes effect when an administrator, or another lead who has these rights, approves it.")
        return reverse("admin:people")

    def action_withdraw(self, data: QueryDict) -> str | None:
        form = self._form("take", data)
        chosen = form.chosen()
        staff_changes.withdraw_rights(
            self.account,
            given=self.held.roles - chosen.roles,
            locales=self.held.locales - chosen.locales,
            content_countries=self.held.countries - chosen.countries,
            reason=form.cleaned_data["reason"],
            by=self.user,
            at=self.at,
        )
        self.success(f"Withdrawn. {self.account.username} is signed out, and signs in with the rights that are left.")
        return None

    def _form(self, prefix: str, data: QueryDict | None) -> SomeRightsForm:
        offered = self._to_give() if prefix == "give" else self._to_take()
        return SomeRightsForm(data, offered, prefix)

    def _to_give(self) -> Rights:
        """Return what the lead has and the person lacks."""
        codes = {code for code, _ in limits.country_choices()} | {"*"}
        locales = {code for code, _ in limits.language_choices()} | {"*"} if "*" in self.own.locales else self.own.locales
        countries = codes if "*" in self.own.countries else self.own.countries
        return Rights(
            self.own.roles - self.held.roles, _lacking(locales, self.held.locales), _lacking(countries, self.held.countries)
        )

    def _to_take(self) -> Rights:
        """Return what both have."""
        locales = self.held.locales if "*" in self.own.locales else self.held.locales & self.own.locales
        countries = self.held.countries if "*" in self.own.countries else self.held.countries & self.own.countries
        return Rights(self.held.roles & self.own.roles, locales, countries)


def _lacking(offered: Collection[str], held: frozenset[str]) -> frozenset[str]:
    return frozenset() if "*" in held else frozenset(offered) - held


def _added(held: frozenset[str], chosen: frozenset[str]) -> frozenset[str]:
    """Return the union; "*" alone where either has it."""
    return frozenset({"*"}) if "*" in held | chosen else held | chosen


def _language(code: str) -> str:
    return "Every language" if code == "*" else language_text(code)


def _country(code: str) -> str:
    return "Every country" if code == "*" else country_text(code)
