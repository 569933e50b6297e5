"""Whether everybody who gets an alert finds help in it: for each country and reader a service that is served until it ends.

`refusals` refuses a campaign without it at its submission and its approval; `wave_help` checks it again before each wave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from django.conf import settings

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.facts import Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.models import Tip
from content.terms import WORLDWIDE, Recipient
from core.console.display import country_in_text, country_text, date_text, sentence_case
from notifications.campaigns import schedule, variants
from notifications.campaigns.checks.problem import DraftProblem
from notifications.models.campaign import ALL, Campaign, ScheduleKind
from notifications.models.draft_task import DraftTask

_CHOOSE: Final = "Choose another service."
_CHOOSE_ONE: Final = "Choose one."
_CHECK: Final = "Have it checked under “Contact checks”, or choose another service."
_GONE: Final = "has closed or was withdrawn"


@dataclass(frozen=True)
class OfferedService:
    """One service that a country's readers could be sent to."""

    service: ServiceFact
    #: The campaign names it.
    chosen: bool
    #: The campaign's readers in the country that the service is for.
    readers: tuple[str, ...]
    #: Why it does not help them until the campaign ends, and what to do; both "" where it does.
    lack: str
    remedy: str
    #: Until when the check of its best channel is valid; None: it was never checked.
    assured_until: date | None


@dataclass(frozen=True)
class CountryHelp:
    """The services that readers in one country could be sent to."""

    country: str
    #: The campaign's readers there; empty where it is for everybody and reaches nobody.
    readers: tuple[str, ...]
    #: Its own services or, where it has none, the worldwide ones that work there.
    services: tuple[OfferedService, ...]
    #: Those of `readers` whom no chosen service helps.
    lacking: tuple[str, ...]
    #: What is wrong with the chosen ones; "" where they help everybody.
    fault: str
    #: The same, with what the author can do about it.
    problem: str


def readers_by_country(campaign: Campaign, reached: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the campaign's readers in each country of its audience; `reached` has (country, audience) of its phones and topics.

    A campaign for every country or every reader is for those that it reaches.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for country, audience in reached:
        found[country].add(audience)
    countries = found.keys() if campaign.countries == ALL else campaign.countries
    named = set(campaign.audiences)
    return {
        country: tuple(name for name in Recipient.values if name in (found[country] if campaign.audiences == ALL else named))
        for country in sorted(countries)
    }


def help_by_country(
    campaign: Campaign,
    readers: Mapping[str, tuple[str, ...]],
    *,
    at: datetime,
    services: Sequence[ServiceFact] | None = None,
) -> list[CountryHelp]:
    """Return the help in each country of `readers_by_country`, with what is wrong with the chosen services.

    `services` are all services, if they were read already; else they take a few queries.
    """
    facts = list(service_facts()) if services is None else services
    return [_in_country(campaign, country, readers[country], facts, at) for country in sorted(readers, key=country_text)]


def places_without_help(
    campaign: Campaign, readers: Mapping[str, tuple[str, ...]], *, at: datetime, rows: list[CountryHelp] | None = None
) -> Iterator[str]:
    """Yield a sentence for each country in which some readers have no service of the campaign that helps until its end.

    A correction is not held up for the readers of the alert that it corrects, as long as it names the same services: they have
    the wrong text already, and the same help with it. `rows` is the help in these countries, if it was read already.
    """
    rows = help_by_country(campaign, readers, at=at) if rows is None else rows
    yield from (row.problem for row in countries_without_help(campaign, rows))


def countries_without_help(campaign: Campaign, rows: Sequence[CountryHelp]) -> list[CountryHelp]:
    """Return the countries of which `places_without_help` yields a sentence."""
    corrected = _corrected_with_the_same_help(campaign, {offer.service.id for row in rows for offer in row.services})
    return [row for row in rows if row.problem and not (corrected and _had(corrected, row))]


def offered_tips(campaigns: Iterable[Campaign]) -> dict[str, list[str]]:
    """Return the countries of each tip of the campaigns that is offered, by slug; [] is every country."""
    chosen = {slug for campaign in campaigns for slug in campaign.tips.values()}
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


def _corrected_with_the_same_help(campaign: Campaign, offered: Collection[str]) -> Campaign | None:
    """Return the corrected alert, if the campaign names its services; those no longer offered may be missing."""
    earlier = campaign.references
    if earlier is None or not {name for name in earlier.services if name in offered} <= set(campaign.services):
        return None
    return earlier


def _had(earlier: Campaign, row: CountryHelp) -> bool:
    """Return whether the earlier alert was for all who have no help in this country."""
    everywhere, everybody = earlier.countries == ALL, earlier.audiences == ALL
    return (everywhere or row.country in earlier.countries) and (everybody or set(row.lacking) <= set(earlier.audiences))


def _in_country(
    campaign: Campaign, country: str, readers: tuple[str, ...], facts: Sequence[ServiceFact], at: datetime
) -> CountryHelp:
    own = [fact for fact in facts if fact.country == country and fact.active and fact.channels]
    found = own or [fact for fact in facts if fact.country == WORLDWIDE and covers(fact, country) and fact.active]
    offered = tuple(_offer(campaign, country, readers, fact, at) for fact in found)
    gone = [_gone(readers, fact) for fact in facts if _was_chosen(campaign, country, fact)]
    chosen = [*(one for one in offered if one.chosen), *gone]
    helped = {reader for one in chosen if not one.lack for reader in one.readers}
    lacking = tuple(reader for reader in readers if reader not in helped)
    faults: list[tuple[str, str]] = []
    if not (offered or gone):
        faults = [
            (f"{_named(country)} has no service that can be attached.", "Add one under “Services”, or leave the country out.")
        ]
    elif not chosen:
        faults = [(f"{_named(country)} has no service in this campaign.", _CHOOSE_ONE)]
    elif readers:
        faults = list(_faults(country, readers, lacking, chosen))
    elif all(one.lack for one in chosen):
        faults = [(f"{country_text(country)}: {chosen[0].service.name} {chosen[0].lack}.", chosen[0].remedy)]
    fault, problem = " ".join(fault for fault, _ in faults), " ".join(map(" ".join, faults))
    return CountryHelp(country, readers, offered, lacking, fault, problem)


def _faults(
    country: str, readers: Sequence[str], lacking: Sequence[str], chosen: Iterable[OfferedService]
) -> Iterator[tuple[str, str]]:
    """Yield for whom the chosen services do not help, each of them with its reason, and what to do about it."""
    left = list(lacking)
    for one in chosen:
        whom = [reader for reader in left if one.lack and reader in one.readers]
        if whom:
            where = (
                country_text(country) if whom == list(readers) else f"{country_text(country)}, {variants.audiences_text(whom)}"
            )
            yield f"{where}: {one.service.name} {one.lack}.", one.remedy
            left = [reader for reader in left if reader not in whom]
    if left:
        yield f"{_named(country)} has no service in this campaign for {variants.audiences_text(left)}.", _CHOOSE_ONE


def _named(country: str) -> str:
    """Return the name of a country at the beginning of a sentence, such as "The United Kingdom"."""
    return sentence_case(country_in_text(country))


def _was_chosen(campaign: Campaign, country: str, fact: ServiceFact) -> bool:
    """Return whether the campaign names a service of the country that is no longer offered."""
    return fact.id in campaign.services and fact.country == country and not (fact.active and fact.channels)


def _gone(readers: tuple[str, ...], fact: ServiceFact) -> OfferedService:
    suited = tuple(reader for reader in readers if reader in fact.audiences)
    return OfferedService(fact, chosen=True, readers=suited, lack=_GONE, remedy=_CHOOSE, assured_until=None)


def _offer(campaign: Campaign, country: str, readers: tuple[str, ...], fact: ServiceFact, at: datetime) -> OfferedService:
    until = max((channel.assured_until for channel in fact.channels if channel.assured_until), default=None)
    suited = tuple(reader for reader in readers if reader in fact.audiences)
    lack, remedy = ("is not for these readers", _CHOOSE) if readers and not suited else _lack(campaign, country, fact, until, at)
    return OfferedService(fact, fact.id in campaign.services, suited, lack, remedy, until)


def _lack(campaign: Campaign, country: str, fact: ServiceFact, until: date | None, at: datetime) -> tuple[str, str]:
    """Return why a service does not help its readers until the campaign ends, and what to do; both "" where it does."""
    regions = {region for region in campaign.regions if region.startswith(f"{country}-")}
    everywhere = campaign.regions == ALL or not regions
    if fact.regions and (everywhere or not regions <= set(fact.regions)):
        return "helps in some regions of the country only", _CHOOSE
    today = at.astimezone(UTC).date()
    if not _is_served(fact, today):
        if until is not None and until < today:
            return f"has a check that ended on {date_text(until)}", _CHECK
        return "is not shown to readers, because nobody has checked that it works", _CHECK
    for day, when in ((_start_day(campaign, at), "starts"), (campaign.not_after.astimezone(UTC).date(), "ends")):
        if not _is_served(fact, day):
            assert until is not None
            return f"has a check that ends on {date_text(until)}, before the campaign {when}", _CHECK
    return "", ""


def _start_day(campaign: Campaign, at: datetime) -> date:
    """Return the first day on which the campaign can start somewhere; today where nobody has chosen it."""
    undecided = DraftTask.WHEN in campaign.open_tasks or campaign.schedule_kind == ScheduleKind.NOW
    return (at if undecided else max(at, schedule.earliest(campaign))).astimezone(UTC).date()


def _is_served(fact: ServiceFact, day: date) -> bool:
    policy = Policy(day, serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)
    return any(channel_eligibility(fact, channel, policy).served for channel in fact.channels)
