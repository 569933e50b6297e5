"""The last task: every problem of the draft in one list, the cautions with their answers, and the button that submits it."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.pages import page
from core.errors import DomainError, Invalid
from notifications.campaigns import caution_answers, lifecycle, messages
from notifications.campaigns.checks.problem import DraftProblem, task_of
from notifications.console.rights import AUTHOR
from notifications.console.tasks.task_list import task_url
from notifications.console.tasks.task_page import DraftPage
from notifications.console.tasks.words import text_url
from notifications.models.draft_task import DraftTask

#: The beginning of the names of the fields with reasons.
_REASON = "reason."


@page("campaigns/<int:id>/check/", "campaign-check")
class CheckPage(DraftPage):
    """Check a draft, and submit it."""

    template_name = "notifications/tasks/check.html"
    title = "Check and submit"
    actions = {"answer": (AUTHOR,), "submit": (AUTHOR,)}

    def context(self) -> dict[str, Any]:
        if not self.is_draft:
            return super().context()
        refused = self.error.extra.get("field") if self.error else None
        return {
            **super().context(),
            "problems": [(problem.detail, self._url(problem)) for problem in self._problems()],
            "undone": [(DraftTask(name).label, task_url(self.campaign.pk, DraftTask(name))) for name in self._undone()],
            "cautions": [
                (caution, f"{_REASON}{caution.key}", (self.submitted or QueryDict()).get(f"{_REASON}{caution.key}", ""))
                for caution in self.check.cautions
            ],
            "refused_url": task_url(self.campaign.pk, task_of(str(refused))) if refused else "",
        }

    def _problems(self) -> tuple[DraftProblem, ...]:
        """Return the problems of the draft; where there are none and every task is done, whether FCM would take its messages."""
        if self.check.problems or self._undone():
            return self.check.problems
        refused = messages.why_refused(self.campaign, at=self.at)
        return (DraftProblem(DraftTask.HELP, "services", refused),) if refused else ()

    def _url(self, problem: DraftProblem) -> str:
        if problem.locale:
            return text_url(self.campaign.pk, problem.locale, problem.variant)
        return task_url(self.campaign.pk, problem.task)

    def _undone(self) -> list[str]:
        return [task.value for task in DraftTask if task in self.campaign.open_tasks]

    def error_text(self, error: DomainError) -> str:
        """Return the sentence without the path of its field in the definition."""
        sentence = error.detail.removeprefix(f"{error.extra.get('field', '')}: ")
        return f"{sentence[:1].upper()}{sentence[1:]}"

    def action_answer(self, data: QueryDict) -> str | None:
        left = self._answer(data)
        self.success("Answers saved." if not left else f"Answers saved. {left} still to answer.")
        return None

    def _answer(self, data: QueryDict) -> int:
        reasons = {name.removeprefix(_REASON): data.get(name, "") for name in data if name.startswith(_REASON)}
        left = caution_answers.answer(self.campaign, reasons, by=self.user, at=self.at)
        self.load()
        return left

    def action_submit(self, data: QueryDict) -> str | None:
        self._answer(data)
        if self._undone() or self._problems():
            raise Invalid("Not submitted: the tasks and problems below come first.", code="problems")
        if self.check.unanswered:
            raise Invalid("Not submitted: answer each caution, or change the text.", code="cautions")
        lifecycle.submit(self.campaign, by=self.user, at=self.at)
        self.success("Submitted. Someone who has not written or edited this campaign must approve it.")
        return reverse("admin:campaign", args=[self.campaign.pk])
