"""Apps: how each receives alerts and where it stores addresses of teenagers; two administrators change that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from core.console.display import country_in_text
from core.console.limits import country_choices
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Forbidden, Invalid, NotFound
from notifications.models import App, AppRevision, PushMode
from notifications.models.app_revision import ADMINISTER_APPS

MODES = {
    PushMode.REGISTRATIONS: "Push to each phone; its address is stored",
    PushMode.TOPICS: "Push by topic; no address is stored",
    PushMode.FEED: "In the app only; nothing is stored",
}


class AppForm(ConsoleForm):
    """A change of an app, as a whole or in countries."""

    countries = forms.MultipleChoiceField(
        label="Countries",
        choices=country_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text="Choose none to change how the app receives alerts everywhere else.",
    )
    mode = forms.ChoiceField(label="How alerts arrive", choices=[("", "As it is"), *MODES.items()], required=False)
    basis = forms.CharField(
        label="Legal basis for storing addresses of teenagers",
        max_length=300,
        required=False,
        help_text="Needed where the app stores addresses and teenagers use it. Without it their registrations are refused.",
    )
    source = forms.CharField(
        label="Source", max_length=300, required=False, help_text="Where the basis is recorded, such as an impact assessment."
    )
    no_basis = forms.BooleanField(label="Store no addresses of teenagers there", required=False)
    reason = forms.CharField(label="Reason, for the second administrator", max_length=300)


@page("apps/", "apps", order=85)
class AppsPage(Page):
    """All apps, and the changes that wait for a second administrator."""

    template_name = "notifications/apps.html"
    title = "Apps"
    menu = "Apps"
    menu_permissions = (ADMINISTER_APPS,)
    actions = dict.fromkeys(("approve", "reject", "withdraw"), (ADMINISTER_APPS,))

    def context(self) -> dict[str, Any]:
        waiting = AppRevision.objects.proposed().select_related("app", "proposed_by").order_by("pk")
        return {
            "apps": [(app, facts_in_words(app)) for app in App.objects.all()],
            "waiting": [
                (one, facts_in_words(one.app), facts_in_words(one), one.proposed_by_id == self.user.pk) for one in waiting
            ],
            "administers": self.has_any_perm(ADMINISTER_APPS),
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.approve(by=self.user, at=self.at)
        self.success(f"Approved. The change of {revision.app.title} is in force.")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: the change of {revision.app.title}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        revision = self._revision(data)
        if revision.proposed_by_id != self.user.pk:
            raise Forbidden("Only the person who proposed this change can withdraw it.", code="proposer")
        revision.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: the change of {revision.app.title}.")
        return None

    def _revision(self, data: QueryDict) -> AppRevision:
        number = data.get("change", "")
        found = AppRevision.objects.select_related("app")
        revision = found.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
        if revision is None:
            raise NotFound("There is no such change.")
        return revision


@page("apps/<slug:name>/", "app")
class AppPage(Page):
    """One app, and the form that proposes a change of it."""

    template_name = "notifications/app.html"
    menu = "Apps"
    permission_required = ADMINISTER_APPS
    actions = {"propose": (ADMINISTER_APPS,)}

    def load(self) -> None:
        app = App.objects.filter(pk=self.kwargs["name"]).first()
        if app is None:
            raise NotFound("There is no such app.")
        self.app = app

    def heading(self) -> str:
        return self.app.title

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Apps", reverse("admin:apps"))]

    def context(self) -> dict[str, Any]:
        return {
            "app": self.app,
            "facts": facts_in_words(self.app),
            "form": AppForm(self.submitted),
            "waiting": AppRevision.objects.proposed().filter(app=self.app).exists(),
        }

    @fresh_sign_in
    def action_propose(self, data: QueryDict) -> str | None:
        form = AppForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        given = form.cleaned_data
        basis = {"basis": given["basis"], "source": given["source"]} if given["basis"] or given["source"] else None
        facts = self.app.facts_with(given["countries"], mode=given["mode"] or None, basis=basis, no_basis=given["no_basis"])
        AppRevision.objects.propose(app=self.app, facts=facts, by=self.user, at=self.at, reason=given["reason"])
        self.success("Proposed. It takes effect when another administrator approves it.")
        return reverse("admin:apps")


def facts_in_words(of: App | AppRevision) -> list[tuple[str, str]]:
    """Return how an app receives alerts, and its legal bases, as pairs of a name and a text."""
    facts = [("Alerts", MODES[PushMode(of.push_mode)])]
    facts += [(f"Alerts in {country_in_text(code)}", MODES[PushMode(mode)]) for code, mode in sorted(of.mode_by_country.items())]
    for code, basis in sorted(of.basis_for_teens.items()):
        text = f"{basis['basis']} ({basis['source']})" if isinstance(basis, dict) else str(basis)
        facts.append((f"Addresses of teenagers in {country_in_text(code)}", text))
    if not of.basis_for_teens:
        facts.append(("Addresses of teenagers", "Stored nowhere"))
    return facts
