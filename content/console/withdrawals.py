"""Withdraw a service or a tip from readers at once, with both texts shown before, and put it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from content.console.release_words import describe_changes
from content.console.unit_names import UnitNames
from content.models import Release, Service, Tip, TipWithdrawal, Withdrawal
from content.models.release import ReleaseState
from content.models.release_change import ChangedKind
from content.publishing.publish import PERMISSION
from content.publishing.tip_withdrawal import put_back_tip, tip_withdrawal_effect, withdraw_tip
from content.publishing.withdrawal import WithdrawalEffect, put_back, withdraw, withdrawal_effect
from content.terms import SOURCE_LOCALE, WORLDWIDE, Role
from core import tokens
from core.console.display import language_text
from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
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
        tokens.use(data.get("second_token", "").strip(), person)
        return person


@page("withdrawals/", "withdrawals")
class WithdrawalsPage(_SecondPersonPage):
    """The withdrawals in force, and the form that puts a service or a tip back."""

    template_name = "content/withdrawals.html"
    title = "Withdrawn services and tips"
    menu = "Releases"
    actions = {"put-back": (PERMISSION,), "put-back-tip": (PERMISSION,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases"))]

    def context(self) -> dict[str, Any]:
        rows = Withdrawal.objects.in_force().select_related("service", "successor", "withdrawn_by", "seconded_by")
        tips = TipWithdrawal.objects.in_force().select_related("withdrawn_by")
        names = UnitNames(f"tip.{row.tip_id}" for row in tips)
        return {"part": self.paginate(rows), "tips": [(row, names.name(f"tip.{row.tip_id}")) for row in tips]}

    # One transaction, so that a refused act leaves the second person's token unused.
    @fresh_sign_in
    @transaction.atomic
    def action_put_back(self, data: QueryDict) -> str | None:
        withdrawal = put_back(data.get("service", ""), by=self.user, second=self._second(data), at=self.at)
        self.success(f"{withdrawal.service.name} is put back. Readers get it with the next release.")
        return None

    @fresh_sign_in
    @transaction.atomic
    def action_put_back_tip(self, data: QueryDict) -> str | None:
        put_back_tip(data.get("tip", ""), by=self.user, second=self._second(data), at=self.at)
        self.success("The tip is put back. Readers get it with the next release.")
        return None

    def _second(self, data: QueryDict) -> User:
        second = self.second_person(data)
        if second is None:
            raise Invalid("Second person: enter who puts it back with you.", code="second")
        return second


class _WithdrawPage(_SecondPersonPage):
    """What a withdrawal changes for readers of one language, and the act."""

    template_name = "content/withdrawal.html"
    menu = "Releases"
    actions = {"withdraw": (PERMISSION,)}

    def effect(self, locale: str) -> WithdrawalEffect:
        """Return what the withdrawal would change in the packs of the locale."""
        raise NotImplementedError

    def heading(self) -> str:
        return f"Withdraw {self.name()}"

    def name(self) -> str:
        """Return the name of what is withdrawn."""
        raise NotImplementedError

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases")), Link("Withdrawn services and tips", reverse("admin:withdrawals"))]

    def context(self) -> dict[str, Any]:
        release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
        locales = release.locales() if release is not None else []
        locale = self.request.GET.get("locale", "")
        if locale not in locales:
            locale = SOURCE_LOCALE
        context: dict[str, Any] = {
            "base": release.pk if release is not None else None,
            "languages": sorted(((code, language_text(code)) for code in locales), key=lambda entry: entry[1]),
            "locale": locale,
        }
        try:
            effect = self.effect(locale)
        except DomainError as error:
            return context | {"refused": error.detail}
        shown = [change for change in effect.comparison.changes if change.kind != ChangedKind.PACK]
        items = describe_changes(shown[:_MAX_SHOWN])
        return context | {"packs": effect.packs, "items": items, "more": max(0, len(shown) - _MAX_SHOWN)}

    def require_current(self, data: QueryDict) -> None:
        """Raise Conflict where another release was published since the page was shown."""
        if data.get("base", "") != str(Release.objects.current_number()):
            raise Conflict("Another release was published since you opened this page. Read what would change now.")


@page("withdrawals/services/<slug:id>/", "withdrawal")
class WithdrawalPage(_WithdrawPage):
    """The withdrawal of one service."""

    def load(self) -> None:
        service = Service.objects.filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service

    def name(self) -> str:
        return self.service.name

    def effect(self, locale: str) -> WithdrawalEffect:
        return withdrawal_effect(self.service.pk, successor=self._successor(), locale=locale)

    def context(self) -> dict[str, Any]:
        return super().context() | {
            "emergency": Role.EMERGENCY in self.service.roles,
            "successors": self._possible_successors(),
            "successor": self._successor(),
        }

    @transaction.atomic
    def action_withdraw(self, data: QueryDict) -> str | None:
        self.require_current(data)
        withdrawal = withdraw(
            self.service.pk,
            by=self.user,
            second=self.second_person(data),
            successor=data.get("successor") or None,
            at=self.at,
        )
        self.success(f"{self.service.name} is withdrawn. {_published(withdrawal.release_id)}")
        return reverse("admin:withdrawals")

    def _successor(self) -> str | None:
        return (self.submitted or self.request.GET).get("successor") or None

    def _possible_successors(self) -> list[tuple[str, str]]:
        """Return id and name of the active services with all of its roles that can be in the same packs."""
        services = (
            Service.objects.active()
            .filter(roles__contains=self.service.roles, country__in=[self.service.country_id, WORLDWIDE])
            .exclude(pk=self.service.pk)
        )
        withdrawn = Withdrawal.objects.in_force().values("service")
        return list(services.exclude(pk__in=withdrawn).order_by("name").values_list("pk", "name"))


@page("withdrawals/tips/<slug:slug>/", "tip-withdrawal")
class TipWithdrawalPage(_WithdrawPage):
    """The withdrawal of one tip."""

    def load(self) -> None:
        tip = Tip.objects.filter(pk=self.kwargs["slug"]).first()
        if tip is None:
            raise NotFound("There is no such tip.")
        self.tip = tip

    def name(self) -> str:
        return UnitNames([f"tip.{self.tip.pk}"]).name(f"tip.{self.tip.pk}")

    def effect(self, locale: str) -> WithdrawalEffect:
        return tip_withdrawal_effect(self.tip.pk, locale=locale)

    def action_withdraw(self, data: QueryDict) -> str | None:
        self.require_current(data)
        withdrawal = withdraw_tip(self.tip.pk, by=self.user, at=self.at)
        self.success(f"The tip is withdrawn. {_published(withdrawal.release_id)}")
        return reverse("admin:withdrawals")


def _published(release: int | None) -> str:
    if release is None:
        return "No published pack held it; the next release leaves it out."
    return f"Release {release} is published without it."
