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
from core.console.display import country_in_text, country_text, date_text, listed, sentence_case
from notifications.campaigns import schedule, variants
from notifications.campaigns.checks.problem import DraftProblem
from notifications.models.campaign import ALL, Campaign, ScheduleKind
from notifications.models.draft_task import DraftTask

_CHOOSE: Final = "Choose another service."
_CHOOSE_ONE: Final = "Choose one."
_CHECK: Final = "Have it checked under “Contact checks”, or choose another service."
_GONE: Final = "has closed or was withdrawn"
#: Countries of which the same is true that have a sentence each, and that one sentence names where there are more.
_COUNTRIES_NAMED: Final = 3


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
class HelpFault:
    """One thing that is wrong with the help of a country, without the name of the country: it may be true of many."""

    #: "no service in this campaign", which the country has; or what is true of a service, as "Childline has closed".
    text: str
    remedy: str
    #: Whether the sentence says what the country has.
    of_country: bool = True
    #: The readers that a fault of a service concerns; "" where they are all of the country's.
    readers: str = ""

    def said_of(self, countries: Sequence[str]) -> str:
        """Return the sentence about these countries, of which it names three at most."""
        if self.of_country:
            has = "has" if len(countries) == 1 else "have"
            return f"{sentence_case(_places([country_in_text(code) for code in countries]))} {has} {self.text}."
        where = _places([country_text(code) for code in countries])
        return f"{where}{f', {self.readers}' if self.readers else ''}: {self.text}."


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
    #: What is wrong with the chosen ones; () where they help everybody.
    faults: tuple[HelpFault, ...]

    @property
    def fault(self) -> str:
        """Return what is wrong with the chosen services; "" where they help everybody."""
        return " ".join(fault.said_of([self.country]) for fault in self.faults)

    @property
    def problem(self) -> str:
        """Return what is wrong, with what the author can do about it."""
        return _problem_of(self.faults, [self.country])


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
    known = _KnownServices(campaign, service_facts() if services is None else services, at)
    return [_in_country(campaign, country, readers[country], known) for country in sorted(readers, key=country_text)]


def problems_in(rows: Iterable[CountryHelp]) -> Iterator[str]:
    """Yield what is wrong in these countries: one sentence where the same is true of many, else one for each of them.

    An alert for every country reaches 200 countries without services of their own, and one choice helps in all of them.
    """
    equal: defaultdict[tuple[HelpFault, ...], list[CountryHelp]] = defaultdict(list)
    for row in rows:
        if row.faults:
            equal[row.faults].append(row)
    for faults, same in equal.items():
        if len(same) <= _COUNTRIES_NAMED:
            yield from (row.problem for row in same)
        else:
            yield _problem_of(faults, [row.country for row in same])


def places_without_help(
    campaign: Campaign, readers: Mapping[str, tuple[str, ...]], *, at: datetime, rows: list[CountryHelp] | None = None
) -> Iterator[str]:
    """Yield, as `problems_in` does, where some readers have no service of the campaign that helps until its end.

    A correction is not held up for the readers of the alert that it corrects, as long as it names the same services: they have
    the wrong text already, and the same help with it. `rows` is the help in these countries, if it was read already.
    """
    rows = help_by_country(campaign, readers, at=at) if rows is None else rows
    yield from problems_in(countries_without_help(campaign, rows))


def countries_without_help(campaign: Campaign, rows: Sequence[CountryHelp]) -> list[CountryHelp]:
    """Return the countries that `places_without_help` is about."""
    corrected = _corrected_with_the_same_help(campaign, {offer.service.id for row in rows for offer in row.services})
    return [row for row in rows if row.faults and not (corrected and _had(corrected, row))]


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


class _KnownServices:
    """All services by country, and what each lacks for a campaign, worked out once for each service."""

    def __init__(self, campaign: Campaign, facts: Iterable[ServiceFact], at: datetime) -> None:
        self._campaign, self._at = campaign, at
        self._of: defaultdict[str, list[ServiceFact]] = defaultdict(list)
        for fact in facts:
            self._of[fact.country].append(fact)
        self._worldwide = [fact for fact in self._of[WORLDWIDE] if fact.active]
        self._lacks: dict[tuple[str, str], tuple[date | None, str, str]] = {}

    def offered_in(self, country: str) -> list[ServiceFact]:
        """Return the services of the country or, where it has none, the worldwide ones that work there."""
        own = [fact for fact in self._of.get(country, ()) if fact.active and fact.channels]
        return own or [fact for fact in self._worldwide if covers(fact, country)]

    def gone_in(self, country: str) -> list[ServiceFact]:
        """Return the services of the country that the campaign names and that are no longer offered."""
        named = self._campaign.services
        return [fact for fact in self._of.get(country, ()) if fact.id in named and not (fact.active and fact.channels)]

    def lack(self, country: str, fact: ServiceFact) -> tuple[date | None, str, str]:
        """Return until when a service is assured, why it does not help until the campaign ends, and what to do about that."""
        # Only a service that helps in a part of its country depends on the country.
        key = (fact.id, country if fact.regions else "")
        if key not in self._lacks:
            until = max((channel.assured_until for channel in fact.channels if channel.assured_until), default=None)
            self._lacks[key] = (until, *_lack(self._campaign, country, fact, until, self._at))
        return self._lacks[key]


def _in_country(campaign: Campaign, country: str, readers: tuple[str, ...], known: _KnownServices) -> CountryHelp:
    offered = tuple(_offer(campaign, country, readers, fact, known) for fact in known.offered_in(country))
    gone = [_gone(readers, fact) for fact in known.gone_in(country)]
    chosen = [*(one for one in offered if one.chosen), *gone]
    helped = {reader for one in chosen if not one.lack for reader in one.readers}
    lacking = tuple(reader for reader in readers if reader not in helped)
    faults: list[HelpFault] = []
    if not (offered or gone):
        faults = [HelpFault("no service that can be attached", "Add one under “Services”, or leave the country out.")]
    elif not chosen:
        faults = [HelpFault("no service in this campaign", _CHOOSE_ONE)]
    elif readers:
        faults = list(_faults(readers, lacking, chosen))
    elif all(one.lack for one in chosen):
        faults = [HelpFault(f"{chosen[0].service.name} {chosen[0].lack}", chosen[0].remedy, of_country=False)]
    return CountryHelp(country, readers, offered, lacking, tuple(faults))


def _faults(readers: Sequence[str], lacking: Sequence[str], chosen: Iterable[OfferedService]) -> Iterator[HelpFault]:
    """Yield for whom the chosen services do not help, each of them with its reason, and what to do about it."""
    left = list(lacking)
    for one in chosen:
        whom = [reader for reader in left if one.lack and reader in one.readers]
        if whom:
            concerned = "" if whom == list(readers) else variants.audiences_text(whom)
            yield HelpFault(f"{one.service.name} {one.lack}", one.remedy, of_country=False, readers=concerned)
            left = [reader for reader in left if reader not in whom]
    if left:
        yield HelpFault(f"no service in this campaign for {variants.audiences_text(left)}", _CHOOSE_ONE)


def _problem_of(faults: Iterable[HelpFault], countries: Sequence[str]) -> str:
    return " ".join(f"{fault.said_of(countries)} {fault.remedy}" for fault in faults)


def _places(names: Sequence[str]) -> str:
    """Name countries, three of them and how many others where there are more."""
    if (others := len(names) - _COUNTRIES_NAMED) <= 0:
        return listed(names)
    return listed([*names[:_COUNTRIES_NAMED], f"{others} other {'country' if others == 1 else 'countries'}"])


def _gone(readers: tuple[str, ...], fact: ServiceFact) -> OfferedService:
    suited = tuple(reader for reader in readers if reader in fact.audiences)
    return OfferedService(fact, chosen=True, readers=suited, lack=_GONE, remedy=_CHOOSE, assured_until=None)


def _offer(
    campaign: Campaign, country: str, readers: tuple[str, ...], fact: ServiceFact, known: _KnownServices
) -> OfferedService:
    until, lack, remedy = known.lack(country, fact)
    suited = tuple(reader for reader in readers if reader in fact.audiences)
    if readers and not suited:
        lack, remedy = "is not for these readers", _CHOOSE
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
