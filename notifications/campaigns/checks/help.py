"""Whether everybody who gets an alert finds help in it: for each country a service that is served until the alert ends.

`refusals` refuses a campaign without it at its submission and its approval, and the planner checks it once more at the start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.facts import Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.models import Tip
from content.terms import WORLDWIDE
from core.console.display import country_text, date_text
from notifications.campaigns.checks.problem import DraftProblem
from notifications.models.campaign import ALL, Campaign
from notifications.models.draft_task import DraftTask


@dataclass(frozen=True)
class OfferedService:
    """One service that a country's readers could be sent to."""

    service: ServiceFact
    #: The campaign names it.
    chosen: bool
    #: Why it does not help everybody in the country until the campaign ends; "" where it does.
    lack: str
    #: Until when the check of its best channel is valid; None: it was never checked.
    assured_until: date | None


@dataclass(frozen=True)
class CountryHelp:
    """The services that readers in one country could be sent to."""

    country: str
    #: Its own services or, where it has none, the worldwide ones that work there.
    services: tuple[OfferedService, ...]
    #: What is wrong with the chosen ones; "" where they help.
    problem: str


def help_by_country(campaign: Campaign, countries: Iterable[str], *, at: datetime) -> list[CountryHelp]:
    """Return the help in each country, with what is wrong with the services that the campaign names; a few queries in all."""
    facts = list(service_facts())
    return [_in_country(campaign, country, facts, at) for country in sorted(countries, key=country_text)]


def countries_of(campaign: Campaign, reached: Iterable[str]) -> list[str]:
    """Return the countries of the audience; of one for every country, those that it reaches: where it has phones or topics."""
    return sorted(set(reached)) if campaign.countries == ALL else list(campaign.countries)


def countries_without_help(
    campaign: Campaign, countries: Iterable[str], *, at: datetime, rows: list[CountryHelp] | None = None
) -> Iterator[str]:
    """Yield a sentence for each of the countries in which no service of the campaign helps until its end.

    A correction is not held up in the countries of the alert that it corrects, as long as it names the same services: readers
    there have the wrong text already, and the same help with it. `rows` is the help in these countries, if it was read already.
    """
    rows = help_by_country(campaign, countries, at=at) if rows is None else rows
    corrected = _countries_with_the_same_help(campaign, {offer.service.id for row in rows for offer in row.services})
    yield from (row.problem for row in rows if row.problem and corrected != ALL and row.country not in corrected)


def tip_countries(campaign: Campaign) -> dict[str, list[str]]:
    """Return the countries of each of the campaign's tips that is offered, by slug; [] is every country."""
    chosen = set(campaign.tips.values())
    return dict(Tip.objects.current().filter(slug__in=chosen).values_list("slug", "countries")) if chosen else {}


def help_problems(campaign: Campaign, tips: Mapping[str, list[str]]) -> Iterator[DraftProblem]:
    """Yield a problem for a draft without services, for tips that are gone, and for tips of other readers."""
    if not campaign.services:
        yield DraftProblem(DraftTask.HELP, "services", "Choose at least one service that readers can turn to.")
    if set(campaign.tips.values()) - tips.keys():
        yield DraftProblem(DraftTask.HELP, "tips", "A tip that you chose is no longer offered. Choose another.")
    audiences = campaign.audiences
    if audiences != ALL and set(campaign.tips) - set(audiences):
        yield DraftProblem(DraftTask.HELP, "tips", "A tip is chosen for readers whom the campaign is not for.")


def _countries_with_the_same_help(campaign: Campaign, offered: Collection[str]) -> list[str]:
    """Return the countries of the corrected alert, if the campaign names its services; those no longer offered may be missing."""
    earlier = campaign.references
    if earlier is None or not {name for name in earlier.services if name in offered} <= set(campaign.services):
        return []
    return list(earlier.countries)


def _in_country(campaign: Campaign, country: str, facts: list[ServiceFact], at: datetime) -> CountryHelp:
    own = [fact for fact in facts if fact.country == country and fact.active and fact.channels]
    found = own or [fact for fact in facts if fact.country == WORLDWIDE and covers(fact, country) and fact.active]
    offered = tuple(_offer(campaign, country, fact, at) for fact in found)
    chosen = [one for one in offered if one.chosen]
    problem = ""
    name = country_text(country)
    if not offered:
        problem = f"{name} has no service that can be attached. Add one under “Services”, or leave the country out."
    elif not chosen:
        problem = f"{name} has no service in this campaign. Choose one."
    elif all(one.lack for one in chosen):
        problem = f"{name}: {chosen[0].service.name} {chosen[0].lack}."
    return CountryHelp(country, offered, problem)


def _offer(campaign: Campaign, country: str, fact: ServiceFact, at: datetime) -> OfferedService:
    until = max((channel.assured_until for channel in fact.channels if channel.assured_until), default=None)
    return OfferedService(fact, fact.id in campaign.services, _lack(campaign, country, fact, until, at), until)


def _lack(campaign: Campaign, country: str, fact: ServiceFact, until: date | None, at: datetime) -> str:
    regions = {region for region in campaign.regions if region.startswith(f"{country}-")}
    everywhere = campaign.regions == ALL or not regions
    if fact.regions and (everywhere or not regions <= set(fact.regions)):
        return "helps in some regions of the country only"
    if campaign.audiences != ALL and not set(campaign.audiences) & set(fact.audiences):
        return "is not for these readers"
    if not _is_served(fact, at.astimezone(UTC).date()):
        return "is not shown to readers, because nobody has checked that it works"
    if not _is_served(fact, campaign.not_after.astimezone(UTC).date()):
        assert until is not None
        return f"has a check that ends on {date_text(until)}, before the campaign does"
    return ""


def _is_served(fact: ServiceFact, day: date) -> bool:
    policy = Policy(day, serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)
    return any(channel_eligibility(fact, channel, policy).served for channel in fact.channels)
