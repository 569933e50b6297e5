"""Withdraw a service from readers at once, with both texts shown before, and put a withdrawn service back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console.release_words import describe_changes
from content.models import Release, Service, Withdrawal
from content.models.release_change import ChangedKind
from content.models.service import Status
from content.publishing.publish import PERMISSION
from content.publishing.withdrawal import put_back, withdraw, withdrawal_effect
from content.terms import SOURCE_LOCALE, WORLDWIDE, Role
from core import tokens
from core.console.display import language_text
from core.console.pages import Link, Page, page
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.models import User

#: How many changed texts of one language the page shows.
_MAX_SHOWN = 60


class _SecondPersonPage(Page):
    """A page with an act that a second person confirms with a token of their own."""

    def second_person(self, data: QueryDict) -> User | None:
        """Return the person who confirms; None where no name was entered. Raises Invalid, and BadToken."""
        name = data.get("second", "").strip()
        if not name:
            return None
        person = User.objects.filter(username=name).first()
        if person is None:
            raise Invalid(f"Second person: there is no member of staff called {name}.", code="second")
        tokens.check(data.get("second_token", "").strip(), person)
        return person


@page("withdrawals/", "withdrawals")
class WithdrawalsPage(_SecondPersonPage):
    """The withdrawals in force, and the form that puts a service back."""

    template_name = "content/withdrawals.html"
    title = "Withdrawn services"
    menu = "Releases"
    actions = {"put-back": (PERMISSION,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases"))]

    def context(self) -> dict[str, Any]:
        rows = Withdrawal.objects.in_force().select_related("service", "successor", "withdrawn_by", "seconded_by")
        return {"part": self.paginate(rows)}

    def action_put_back(self, data: QueryDict) -> str | None:
        second = self.second_person(data)
        if second is None:
            raise Invalid("Second person: enter who puts it back with you.", code="second")
        withdrawal = put_back(data.get("service", ""), by=self.user, second=second, at=self.at)
        self.success(f"{withdrawal.service.name} is put back. Readers get it with the next release.")
        return None


@page("withdrawals/<slug:id>/", "withdrawal")
class WithdrawalPage(_SecondPersonPage):
    """What the withdrawal of one service changes for readers, and the act."""

    template_name = "content/withdrawal.html"
    menu = "Releases"
    actions = {"withdraw": (PERMISSION,)}

    def load(self) -> None:
        service = Service.objects.filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service

    def heading(self) -> str:
        return f"Withdraw {self.service.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Releases", reverse("admin:releases")),
            Link("Withdrawn services", reverse("admin:withdrawals")),
            Link(self.service.name, reverse("admin:service", args=[self.service.pk])),
        ]

    def context(self) -> dict[str, Any]:
        data = self.submitted or self.request.GET
        successor = data.get("successor") or None
        return {
            "service": self.service,
            "emergency": Role.EMERGENCY in self.service.roles,
            "successors": self._possible_successors(),
            "successor": successor,
            "base": Release.objects.current_number(),
            **self._effect(successor),
        }

    def action_withdraw(self, data: QueryDict) -> str | None:
        if data.get("base", "") != str(Release.objects.current_number()):
            raise Conflict("Another release was published since you opened this page. Read what would change now.")
        withdrawal = withdraw(
            self.service.pk,
            by=self.user,
            second=self.second_person(data),
            successor=data.get("successor") or None,
            at=self.at,
        )
        effect = (
            f"Release {withdrawal.release_id} is published without it."
            if withdrawal.release_id
            else "No published pack offered it; the next release leaves it out."
        )
        self.success(f"{self.service.name} is withdrawn. {effect}")
        return reverse("admin:withdrawals")

    def _possible_successors(self) -> list[tuple[str, str]]:
        """Return id and name of the active services with all of its roles that can be in the same packs."""
        services = Service.objects.filter(
            status=Status.ACTIVE, roles__contains=self.service.roles, country__in=[self.service.country_id, WORLDWIDE]
        ).exclude(pk=self.service.pk)
        withdrawn = Withdrawal.objects.in_force().values("service")
        return list(services.exclude(pk__in=withdrawn).order_by("name").values_list("pk", "name"))

    def _effect(self, successor: str | None) -> dict[str, Any]:
        """Return the texts that change in one language, or why the service cannot be withdrawn."""
        try:
            effect = withdrawal_effect(self.service.pk, successor=successor)
        except DomainError as error:
            return {"refused": error.detail}
        changes = [change for change in effect.comparison.changes if change.kind != ChangedKind.PACK]
        locales = sorted({change.locale for change in changes}, key=language_text)
        locale = self.request.GET.get("locale", "")
        if locale not in locales:
            locale = SOURCE_LOCALE if SOURCE_LOCALE in locales else next(iter(locales), "")
        shown = [change for change in changes if change.locale == locale]
        return {
            "packs": effect.packs,
            "languages": [(code, language_text(code)) for code in locales],
            "locale": locale,
            "items": describe_changes(shown[:_MAX_SHOWN]),
            "more": max(0, len(shown) - _MAX_SHOWN),
        }
