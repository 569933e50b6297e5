"""Everything that has to change before a draft can be submitted, by task: all at once, and each in one sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from content.compiling.facts import ServiceFact
from content.compiling.snapshot import service_facts
from core.errors import DomainError
from notifications.campaigns import forecast, refusals
from notifications.campaigns.audience import Audiences
from notifications.campaigns.checks.help import CountryHelp, help_by_country, help_problems, offered_tips, readers_by_country
from notifications.campaigns.checks.problem import Caution, DraftProblem, task_of
from notifications.campaigns.checks.words import answered, cautions, word_problems
from notifications.campaigns.forecast import Forecast
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.draft_task import DraftTask
from notifications.models.translation_request import TranslationRequest


@dataclass(frozen=True)
class DraftCheck:
    """What is known about a draft at one moment."""

    #: None where no audience is chosen yet, or it cannot be reached.
    forecast: Forecast | None
    problems: tuple[DraftProblem, ...]
    cautions: tuple[Caution, ...]
    #: The help in each country of the audience.
    help: tuple[CountryHelp, ...]

    def of_task(self, task: DraftTask) -> tuple[DraftProblem, ...]:
        """Return the problems of one task."""
        return tuple(problem for problem in self.problems if problem.task == task)

    @property
    def unanswered(self) -> tuple[Caution, ...]:
        """Return the cautions without a reason."""
        return tuple(caution for caution in self.cautions if not caution.reason)


class DraftFacts:
    """What the checks of some drafts read, each part once for all drafts and not before a check needs it."""

    def __init__(self, drafts: Collection[Campaign]) -> None:
        self._drafts = drafts

    @cached_property
    def audiences(self) -> Audiences:
        """The apps, segments and topics of the drafts."""
        return Audiences(self._drafts)

    @cached_property
    def services(self) -> tuple[ServiceFact, ...]:
        """Every service."""
        return tuple(service_facts())

    @cached_property
    def tips(self) -> Mapping[str, list[str]]:
        """The countries of each tip that is offered, by slug."""
        return offered_tips(self._drafts)

    @cached_property
    def requests(self) -> Mapping[int, list[TranslationRequest]]:
        """The current requests to translators, by campaign, with the people of each."""
        found: dict[int, list[TranslationRequest]] = {draft.pk: [] for draft in self._drafts}
        people = ("requested_by", "translated_by", "handed_in_by", "read_by")
        for request in TranslationRequest.objects.current().filter(campaign__in=found).select_related(*people):
            found[request.campaign_id].append(request)
        return found

    @cached_property
    def reasons(self) -> Mapping[int, Mapping[str, str]]:
        """The answers to cautions, by campaign and key."""
        return answered(self._drafts)


def check_draft(
    campaign: Campaign, *, at: datetime, known: DraftFacts | None = None, tasks: Collection[DraftTask] = tuple(DraftTask)
) -> DraftCheck:
    """Return the forecast of a draft, with the problems of these tasks; cautions are those of Words, and help is that of Help.

    `known` is what was read already, perhaps for several drafts.
    """
    known = known or DraftFacts([campaign])
    problems: list[DraftProblem] = []
    found: Forecast | None = None
    if campaign.countries and campaign.audiences:
        try:
            found = forecast.of(campaign, at=at, known=known.audiences)
        except DomainError as error:
            problems.append(DraftProblem(task_of(str(error.extra.get("field", "apps"))), "apps", error.detail))
    problems += _purpose(campaign)
    problems += _who(campaign, found, known.audiences)
    problems += _when(campaign, found)
    problems += _correction(campaign)
    warned: list[Caution] = []
    rows: list[CountryHelp] = []
    if DraftTask.WORDS in tasks:
        problems += word_problems(campaign)
        start = _planned_start(campaign, found)
        problems += map(_problem, refusals.of_translations(campaign, start=start, requests=known.requests[campaign.pk]))
        warned = cautions(campaign, reasons=known.reasons[campaign.pk])
    if DraftTask.HELP in tasks:
        readers = readers_by_country(campaign, found.readers if found else ())
        rows = help_by_country(campaign, readers, at=at, services=known.services)
        problems += _help(campaign, found, rows, known, at=at)
    order = list(DraftTask)
    shown = sorted((problem for problem in problems if problem.task in tasks), key=lambda problem: order.index(problem.task))
    return DraftCheck(found, tuple(dict.fromkeys(shown)), tuple(warned), tuple(rows))


def _help(
    campaign: Campaign, found: Forecast | None, rows: list[CountryHelp], known: DraftFacts, *, at: datetime
) -> Iterator[DraftProblem]:
    tips = {slug: known.tips[slug] for slug in set(campaign.tips.values()) if slug in known.tips}
    yield from help_problems(campaign, tips)
    if campaign.services:
        yield from map(_problem, refusals.of_help(campaign, found, at=at, rows=rows, tips=tips))


def _purpose(campaign: Campaign) -> Iterator[DraftProblem]:
    if not campaign.name.strip():
        yield DraftProblem(DraftTask.PURPOSE, "name", "Enter a name for the campaign.")


def _who(campaign: Campaign, found: Forecast | None, known: Audiences) -> Iterator[DraftProblem]:
    if not campaign.audiences:
        yield DraftProblem(DraftTask.WHO, "audience.audiences", "Choose the readers that it is for.")
    if not campaign.countries:
        yield DraftProblem(DraftTask.WHO, "audience.countries", "Choose the countries that it is for.")
    if found is None:
        return
    yield from map(_problem, refusals.of_audience(campaign, found, modes=known.push_modes_of(campaign)))
    yield from map(_problem, refusals.of_reach(campaign, found))


def _when(campaign: Campaign, found: Forecast | None) -> Iterator[DraftProblem]:
    if found is not None and DraftTask.WHEN not in campaign.open_tasks:
        yield from map(_problem, refusals.of_times(campaign, found))


def _planned_start(campaign: Campaign, found: Forecast | None) -> datetime | None:
    """Return when the draft starts; None where nobody has chosen it, or where it starts as soon as it is approved."""
    if found is None or DraftTask.WHEN in campaign.open_tasks or campaign.schedule_kind == ScheduleKind.NOW:
        return None
    return found.opens_at


def _correction(campaign: Campaign) -> Iterator[DraftProblem]:
    if not {DraftTask.WHO, DraftTask.WORDS} & set(campaign.open_tasks):
        yield from map(_problem, refusals.of_correction(campaign))


def _problem(refusal: refusals.Refusal) -> DraftProblem:
    return DraftProblem(task_of(refusal.field), refusal.field, refusal.detail)
