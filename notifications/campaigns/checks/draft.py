"""Everything that has to change before a draft can be submitted, by task: all at once, and each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.errors import DomainError
from notifications.campaigns import forecast, refusals
from notifications.campaigns.checks.help import CountryHelp, help_by_country, help_problems, readers_by_country, tip_countries
from notifications.campaigns.checks.problem import Caution, DraftProblem, task_of
from notifications.campaigns.checks.words import cautions, word_problems
from notifications.campaigns.forecast import Forecast
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.draft_task import DraftTask


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


def check_draft(campaign: Campaign, *, at: datetime) -> DraftCheck:
    """Return the forecast of a draft with every problem and caution; a constant number of queries."""
    problems: list[DraftProblem] = []
    found: Forecast | None = None
    if campaign.countries and campaign.audiences:
        try:
            found = forecast.of(campaign, at=at)
        except DomainError as error:
            problems.append(DraftProblem(task_of(str(error.extra.get("field", "apps"))), "apps", error.detail))
    problems += _purpose(campaign)
    problems += _who(campaign, found)
    problems += word_problems(campaign)
    tips = tip_countries(campaign)
    rows = help_by_country(campaign, readers_by_country(campaign, found.readers if found else ()), at=at)
    problems += help_problems(campaign, tips)
    if campaign.services:
        problems += map(_problem, refusals.of_help(campaign, found, at=at, rows=rows, tips=tips))
    problems += _when(campaign, found)
    problems += _correction(campaign)
    problems += map(_problem, refusals.of_translations(campaign, start=_planned_start(campaign, found)))
    order = list(DraftTask)
    problems.sort(key=lambda problem: order.index(problem.task))
    return DraftCheck(found, tuple(dict.fromkeys(problems)), tuple(cautions(campaign)), tuple(rows))


def _purpose(campaign: Campaign) -> Iterator[DraftProblem]:
    if not campaign.name.strip():
        yield DraftProblem(DraftTask.PURPOSE, "name", "Enter a name for the campaign.")


def _who(campaign: Campaign, found: Forecast | None) -> Iterator[DraftProblem]:
    if not campaign.countries:
        yield DraftProblem(DraftTask.WHO, "audience.countries", "Choose the countries that it is for.")
    if not campaign.audiences:
        yield DraftProblem(DraftTask.WHO, "audience.audiences", "Choose the readers that it is for.")
    if found is None:
        return
    yield from map(_problem, refusals.of_audience(campaign, found))
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
