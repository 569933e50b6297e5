"""The task list of a draft: each task done, not yet done, or with a problem, and who is at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.console.display import StatusTag
from core.console.pages import Link, page
from notifications.campaigns import draft_entries
from notifications.campaigns.checks.problem import DraftProblem
from notifications.console import campaign_display
from notifications.console.tasks.task_page import DraftPage
from notifications.models.draft_task import DraftTask, TaskEntry
from notifications.models.test_phone import TestSend

DONE, NOT_YET, PROBLEM = StatusTag("Done", "good"), StatusTag("Not yet", ""), StatusTag("Problem", "bad")
OPTIONAL = StatusTag("Optional", "")
#: What each task asks.
_QUESTIONS = {
    DraftTask.PURPOSE: "What is it, and how serious?",
    DraftTask.WHO: "Which readers, and where?",
    DraftTask.WORDS: "What does it say, in each language?",
    DraftTask.HELP: "Where do readers find help?",
    DraftTask.WHEN: "When does it start and end?",
}


@dataclass(frozen=True)
class TaskRow:
    """One line of the task list."""

    title: str
    question: str
    url: str
    tag: StatusTag
    problems: tuple[DraftProblem, ...] = ()
    others: tuple[TaskEntry, ...] = ()
    #: What else there is to say, such as "Welsh: with the translators, due today at 18:00 London time".
    notes: tuple[str, ...] = ()


def task_url(number: int, task: DraftTask) -> str:
    """Return the URL of the page of a task."""
    return reverse(f"admin:campaign-{task.value}", args=[number])


@page("campaigns/<int:id>/edit/", "campaign-edit")
class TaskListPage(DraftPage):
    """The tasks of one draft."""

    template_name = "notifications/tasks/task_list.html"

    def heading(self) -> str:
        return self.campaign.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def context(self) -> dict[str, Any]:
        rows = self._rows() if self.is_draft else []
        return {
            **super().context(),
            "rows": rows,
            "problems": [(problem, task_url(self.campaign.pk, problem.task)) for row in rows for problem in row.problems],
            "unanswered": len(self.check.unanswered) if self.is_draft else 0,
            "kind": campaign_display.KINDS[self.campaign.kind],
            "live": self.campaign.status == "Actual",
        }

    def _rows(self) -> list[TaskRow]:
        others = draft_entries.others_at(self.campaign, by=self.user, at=self.at)
        rows = [self._row(task, others) for task in DraftTask]
        ready = all(row.tag == DONE for row in rows)
        url = reverse("admin:campaign-check", args=[self.campaign.pk])
        question = "Ready to be submitted." if ready else "All problems on one page, and the cautions to answer."
        sent = TestSend.objects.filter(campaign=self.campaign).exists()
        test_url = reverse("admin:campaign-test", args=[self.campaign.pk])
        rows.append(TaskRow("Test", "How does it look on my own phones?", test_url, DONE if sent else OPTIONAL))
        if self.campaign.is_template:
            return rows
        return [*rows, TaskRow("Check and submit", question, url, StatusTag("Ready", "wait") if ready else NOT_YET)]

    def _row(self, task: DraftTask, others: list[TaskEntry]) -> TaskRow:
        is_open = task in self.campaign.open_tasks
        problems = () if is_open else self.check.of_task(task)
        return TaskRow(
            title=str(task.label),
            question=_QUESTIONS[task],
            url=task_url(self.campaign.pk, task),
            tag=NOT_YET if is_open else PROBLEM if problems else DONE,
            problems=problems,
            others=tuple(entry for entry in others if entry.place.partition(".")[0] == task),
            notes=self._translations() if task == DraftTask.WORDS else (),
        )

    def _translations(self) -> tuple[str, ...]:
        return tuple(f"{view.language}: {view.text}" for view in self.request_views())
