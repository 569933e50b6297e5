"""Who may work on a text or a service: the account of the person lists its language, and the countries that read it.

To change facts of a service, its checks or its notices, an account needs each country whose readers get the service
(`User.content_countries`); to change a text, it needs the countries only where not every country reads the text.
What a tip shows to whom is approved only by a person for all countries that read the tip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.apps import apps
from django.db import IntegrityError, models
from django.db.models import F

from content.models.country import Country
from content.terms import WORLDWIDE
from core import roles
from core.errors import Forbidden
from core.models import User

if TYPE_CHECKING:
    from content.models.service_facts import ServiceFacts

#: Countries; None is every country.
Area = frozenset[str] | None


class NotYourLanguage(Forbidden):
    """This person's account does not list this language."""

    code = "language"


class NotYourCountry(Forbidden):
    """This person's account does not list this country."""

    code = "country"


def require_reads(person: User, locale: str) -> None:
    """Raise NotYourLanguage unless the person reads the locale."""
    if not person.reads(locale):
        raise NotYourLanguage(f"The account of {person.username} does not list the language {locale}.")


def require_may_write(person: User, locale: str) -> None:
    """Raise Forbidden unless the person may write in the locale; the system user may write in all, as files are loaded."""
    roles.require(person, "content.edit_words")
    if not person.is_system:
        require_reads(person, locale)


def require_country(person: User, *areas: Area) -> None:
    """Raise NotYourCountry unless the person works on content for all of these countries."""
    if all(person.covers(area) for area in areas):
        return
    if None in areas:
        raise NotYourCountry(f"Every country gets this, and the account of {person.username} lists only some countries.")
    missing = {code for area in areas for code in area or () if not person.covers([code])}
    names = ", ".join(Country.objects.filter(pk__in=missing).order_by("name").values_list("name", flat=True))
    noun = "country" if len(missing) == 1 else "countries"
    raise NotYourCountry(f"The account of {person.username} does not list the {noun} {names}.")


def require_service_country(person: User, *services: ServiceFacts) -> None:
    """Raise NotYourCountry unless the person works on every country in which readers get the service."""
    require_country(person, *(service_area(service.country_id, service.area) for service in services))


def require_text_country(person: User, owner: str) -> None:
    """Raise NotYourCountry unless every country reads texts of this owner, or the person works on all those that do."""
    if person.covers(None):
        return
    area = text_areas([owner]).get(owner)
    if area is not None:
        require_country(person, area)


def read_only_because(person: User, locale: str, language: str, owner: str) -> str:
    """Return in a sentence why the person may not work on texts of the owner in the locale; "" where they may."""
    if not person.reads(locale):
        return f"{language} is not one of your languages."
    return "Your account does not list the countries that read this." if closed_owners(person, [owner]) else ""


def closed_owners(person: User, owners: Iterable[str]) -> frozenset[str]:
    """Return those of the owners whose texts the person may not work on, in at most three queries."""
    if person.covers(None):
        return frozenset()
    return frozenset(owner for owner, area in text_areas(owners).items() if not person.covers(area))


def text_areas(owners: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, by owner, the countries that read its texts; owners whose texts every country reads are left out."""
    names: dict[str, set[str]] = {}
    for owner in owners:
        kind, _, name = owner.partition(":")
        names.setdefault(kind, set()).add(name)
    found: dict[str, frozenset[str]] = {}
    services = _rows("Service").filter(pk__in=names.get("service", ()))
    for pk, country, area in services.values_list("pk", "country", "area"):
        found[f"service:{pk}"] = service_area(country, area) or frozenset()
    # The last row decides: the figure that was approved last, or the newest proposal where none ever was.
    figures = _rows("Figure").filter(slug__in=names.get("figure", ())).order_by(F("approved_at").asc(nulls_first=True), "pk")
    found |= {f"figure:{slug}": figure_area(country) or frozenset() for slug, country in figures.values_list("slug", "country")}
    tips = _rows("Tip").filter(pk__in=names.get("tip", ()))
    found |= {f"tip:{slug}": frozenset(countries) for slug, countries in tips.values_list("pk", "countries")}
    return {owner: area for owner, area in found.items() if area}


def service_area(country: str, area: Iterable[str] | None) -> Area:
    """Return the countries whose readers get a service of this country and area; a worldwide one without an area is for all."""
    return frozenset({country}) if country != WORLDWIDE else frozenset(area or ()) or None


def organization_area(organization: str) -> Area:
    """Return the countries whose readers get a service of the organization; no country where it runs none."""
    services = _rows("Service").filter(organization=organization).values_list("country", "area")
    areas = [service_area(country, area) for country, area in services]
    return None if None in areas else frozenset(code for area in areas for code in area or ())


def figure_area(country: str) -> Area:
    """Return the countries that a figure counts."""
    return None if country == WORLDWIDE else frozenset({country})


def _rows(model: str) -> models.QuerySet[Any]:
    # The three models import this module, so it cannot import them.
    rows: models.QuerySet[Any] = apps.get_model("content", model)._default_manager.all()
    return rows


#: SQL: the countries of a service, with "*" for every country.
_AREA_SQL = """CASE WHEN {row}.country_id <> 'ZZ' THEN ARRAY[{row}.country_id::text]
                WHEN cardinality({row}.area) > 0 THEN {row}.area::text[] ELSE ARRAY['*'] END"""


_OTHER_COUNTRIES = "this person works on other countries"


@contextmanager
def country_trigger_refuses(person: User) -> Iterator[None]:
    """Raise NotYourCountry where the trigger `own_country` refuses: what the person checked has changed until the decision."""
    try:
        yield
    except IntegrityError as refused:
        if _OTHER_COUNTRIES in str(refused):
            raise NotYourCountry(
                f"The account of {person.username} does not list every country that reads this. "
                "The account or the countries changed in the meantime."
            ) from None
        raise


def _refuse_other_countries(condition: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses a row of which this SQL is true: the person who decides works on other countries."""
    return pgtrigger.Trigger(
        name="own_country",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
            IF {condition} THEN
                RAISE EXCEPTION '{_OTHER_COUNTRIES}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


def own_countries_of_tip(*, when: str) -> pgtrigger.Trigger:
    """Return a trigger that refuses an approver who does not work on all countries that read a tip, before and after.

    `when` is SQL that says that the person, in `approved_by_id`, approves the row with this statement.
    """
    readers = """cardinality({row}.countries) > 0 AND {row}.countries::text[] <@ person.content_countries::text[]"""
    return _refuse_other_countries(
        f"""{when} AND NOT EXISTS (
                SELECT FROM core_user person
                WHERE person.id = NEW.approved_by_id AND ('*' = ANY(person.content_countries)
                OR {readers.format(row="NEW")} AND NOT EXISTS (
                    SELECT FROM content_tip tip WHERE tip.slug = NEW.slug AND NOT ({readers.format(row="tip")})))
            )"""  # noqa: S608  (constants)
    )


def own_country(*, column: str, service: str, when: str, facts: bool = False) -> pgtrigger.Trigger:
    """Return a trigger that refuses a row whose person, in `column`, does not work on the countries of the service.

    `service` is SQL for the id of the service, and `when` is SQL that says that the person has decided. With `facts`, the row
    holds facts of the service as they will be, and their countries count too.
    """
    covered = f"""('*' = ANY(person.content_countries)
                OR {_AREA_SQL.format(row="service")} <@ person.content_countries::text[]"""
    covered += f" AND {_AREA_SQL.format(row='NEW')} <@ person.content_countries::text[])" if facts else ")"
    return _refuse_other_countries(
        f"""{when} AND NOT EXISTS (
                SELECT FROM core_user person, content_service service
                WHERE person.id = NEW.{column} AND service.id = {service} AND {covered}
            )"""
    )
