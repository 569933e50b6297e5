"""What a lead may hand out and withdraw: roles that the lead has, in languages and countries that the lead has.

The database enforces the same rule (`core.models.account_rules.WITHIN_RIGHTS_OF_PERSON`); here the error names the right that is
missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from core.console.display import country_in_text, language_text
from core.errors import Forbidden
from core.models.account_rules import BOUND_ROLES, HANDED_OUT
from core.models.staff_change import StaffAct, StaffChange
from core.models.user import User
from core.roles import role_name

HAND_OUT = "core.hand_out_rights"
#: In place of a language or a country, for a right that needs none.
_NONE = ""


@dataclass(frozen=True)
class Rights:
    """Roles, and the languages and countries that they are for. The rights are all combinations of the three."""

    roles: frozenset[str]
    locales: frozenset[str]
    countries: frozenset[str]

    @classmethod
    def of(cls, account: User) -> Rights:
        """Return the rights that an account has."""
        given = frozenset(account.groups.values_list("name", flat=True))
        return cls(given, frozenset(account.locales), frozenset(account.content_countries))

    @classmethod
    def after(cls, change: StaffChange) -> Rights:
        """Return the rights that the account has once the change is approved."""
        return cls(frozenset(change.roles), frozenset(change.locales), frozenset(change.content_countries))

    def include(self, role: str, locale: str, country: str) -> bool:
        """Return whether the role is among them, in this language and country."""
        return role in self.roles and _among(locale, self.locales) and _among(country, self.countries)


def require_within(lead: User, change: StaffChange) -> None:
    """Raise Forbidden (code `beyond`) unless the lead has every right that the change of an account gives or takes."""
    if change.act not in (StaffAct.CHANGE, StaffAct.WITHDRAW) or change.account is None:
        raise Forbidden("Only an administrator can invite people, reset a sign-in or open an account again.", code="beyond")
    account = change.account
    if account.pk == lead.pk:
        raise Forbidden("Nobody changes the rights of their own account.", code="beyond")
    if (change.campaign_apps, change.campaign_countries) != (account.campaign_apps, account.campaign_countries):
        raise Forbidden("Only an administrator can change the limits of campaign staff.", code="beyond")
    before, after, own = Rights.of(account), Rights.after(change), Rights.of(lead)
    if other := sorted((before.roles ^ after.roles) - {*HANDED_OUT}):
        raise Forbidden(f"Only an administrator can give or take the role {role_name(other[0])}.", code="beyond")
    beyond = next((right for right in _changed(before, after) if not own.include(*right)), None)
    if beyond is not None:
        raise Forbidden(
            f"The change would give or take away the role of {_words(*beyond)}, which your own account does not have. An "
            "administrator must propose it.",
            code="beyond",
        )


def _among(value: str, held: frozenset[str]) -> bool:
    return value == _NONE or value in held or "*" in held


def _changed(before: Rights, after: Rights) -> Iterator[tuple[str, str, str]]:
    """Yield each right (role, language, country) that is given or taken away; of each role, first the one that needs neither."""
    locales = [_NONE, *sorted(before.locales | after.locales)]
    countries = [_NONE, *sorted(before.countries | after.countries)]
    for right in product(BOUND_ROLES, locales, countries):
        if before.include(*right) != after.include(*right):
            yield right


def _words(role: str, locale: str, country: str) -> str:
    """Return a right in words, such as "localisation editor for Welsh in France"."""
    language = "every language" if locale == "*" else language_text(locale)
    place = "every country" if country == "*" else country_in_text(country)
    return role_name(role) + (f" for {language}" if locale else "") + (f" in {place}" if country else "")
