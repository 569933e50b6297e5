"""The base of the pages on which one task of a draft is written: form, problems, conflicts, and what was typed and not saved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from core.console.pages import Link, Page
from core.errors import ChangedMeanwhile, Conflict, DomainError, Invalid
from notifications.campaigns import draft_entries, draft_tasks, refusals
from notifications.campaigns.checks.draft import DraftCheck, DraftFacts, check_draft
from notifications.campaigns.checks.problem import DraftProblem
from notifications.console.campaign_display import use_clock_of
from notifications.console.rights import AUTHOR
from notifications.console.tasks.translation_display import RequestView, request_views
from notifications.console.will_happen import worded
from notifications.models import Campaign, CampaignState
from notifications.models.draft_task import DraftTask, TaskEntry

#: Form data that is not a field of a task.
_NOT_FIELDS = frozenset({"csrfmiddlewaretoken", "action", "version", "place"})

FormData = MultiValueDict[str, str]


@dataclass(frozen=True)
class FieldDifference:
    """One field whose saved value is not what the user typed."""

    label: str
    theirs: str
    mine: str


class DraftPage(Page):
    """The base of every page of a draft."""

    menu = "Campaigns"
    permission_required = AUTHOR
    campaign: Campaign

    def load(self) -> None:
        self.campaign = Campaign.objects.select_related("references").numbered(self.kwargs["id"])
        use_clock_of(self.campaign)
        self.forget_check()

    def forget_check(self) -> None:
        """Check the draft again when its check is needed next: something was saved."""
        for name in ("check", "facts"):
            self.__dict__.pop(name, None)

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Campaigns", reverse("admin:campaigns")),
            Link(self.campaign.name, reverse("admin:campaign-edit", args=[self.campaign.pk])),
        ]

    @property
    def is_draft(self) -> bool:
        """Return whether the campaign can still be edited."""
        return self.campaign.state == CampaignState.DRAFT

    @cached_property
    def facts(self) -> DraftFacts:
        """What the check of the draft reads, once for each response."""
        return DraftFacts([self.campaign])

    @cached_property
    def check(self) -> DraftCheck:
        """The forecast of the draft with the problems of the page's tasks, worked out once for each response."""
        return check_draft(self.campaign, at=self.at, known=self.facts, tasks=self.checked_tasks())

    def checked_tasks(self) -> Collection[DraftTask]:
        """Return the tasks whose problems the page shows."""
        return tuple(DraftTask)

    def request_views(self) -> list[RequestView]:
        """Return what the translators have of the draft."""
        return request_views(self.campaign, self.facts.requests[self.campaign.pk], at=self.at)

    def list_url(self) -> str:
        """Return the URL of the task list."""
        return reverse("admin:campaign-edit", args=[self.campaign.pk])

    def context(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "is_draft": self.is_draft,
            "will": worded(self.campaign, self.check.forecast) if self.is_draft else None,
            "lapsed_help": refusals.lapsed_help(self.campaign, at=self.at),
        }


class TaskPage(DraftPage):
    """One task: its form is filled from what is saved, from what was typed earlier, or from what was sent just now."""

    actions = {"save": (AUTHOR,), "discard": (AUTHOR,)}
    task: ClassVar[DraftTask]
    #: What was typed earlier and not saved.
    entry: TaskEntry | None = None

    def checked_tasks(self) -> Collection[DraftTask]:
        return (self.task,)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, with what the user typed earlier and did not save."""
        if self.is_draft:
            self.entry = draft_entries.opened(self.campaign, self.place, by=self.user, at=self.at)
        return self.render()

    @property
    def place(self) -> str:
        """Return the name under which typed values of this page are kept."""
        return self.task.value

    def version(self) -> str:
        """Return the version of the saved values."""
        return draft_tasks.version(self.campaign, self.task)

    def build_form(self, data: FormData) -> forms.Form:
        """Return the form with this data."""
        raise NotImplementedError

    def saved_data(self) -> FormData:
        """Return the saved values as form data."""
        raise NotImplementedError

    def save(self, form: forms.Form, *, from_version: str) -> None:
        """Save the valid form."""
        raise NotImplementedError

    def field_of(self, problem: DraftProblem) -> str:
        """Return the form field that a problem belongs to."""
        return problem.field.rpartition(".")[2]

    def problems(self) -> Iterable[DraftProblem]:
        """Return the problems to show on this page; none before the task was saved for the first time."""
        return () if self.task in self.campaign.open_tasks else self.check.of_task(self.task)

    def data(self) -> FormData:
        """Return the data that the form shows."""
        if self.submitted is not None:
            return self.submitted
        if self.entry is not None:
            return MultiValueDict(self.entry.fields)
        return self.saved_data()

    def action_save(self, data: QueryDict) -> str | None:
        if not self.is_draft:
            raise Conflict("Only a draft can be edited. Return the campaign to draft first.", code="state")
        form = self.build_form(data)
        if not form.is_valid():
            self._keep(data)
            raise Invalid("This task is not saved yet. Correct what is listed below; what you typed is kept.", code="form")
        try:
            self.save(form, from_version=data.get("version", ""))
        except ChangedMeanwhile:
            self._keep(data)
            raise
        self.forget_check()
        left = [*self.problems()]
        if left:
            self.success("Saved. This task still has a problem, which is listed below.")
            return self.request.get_full_path()
        self.success(f"Saved: {self.heading().lower()}.")
        return self.next_url()

    def action_discard(self, data: QueryDict) -> str | None:
        draft_entries.discard(self.campaign, self.place, by=self.user)
        self.success("What you had typed is removed. The page shows what is saved.")
        return None

    def next_url(self) -> str:
        """Return the URL to go to once the task is done."""
        return self.list_url()

    def context(self) -> dict[str, Any]:
        form = self.build_form(self.data())
        form.is_valid()
        if self.submitted is None and self.entry is None:
            if self.task in self.campaign.open_tasks:
                form.errors.clear()
            else:
                self._add_problems(form)
        conflict = isinstance(self.error, ChangedMeanwhile)
        stale = self.entry is not None and self.entry.version != self.version()
        return {
            **super().context(),
            "form": form,
            "place": self.place,
            "version": self.entry.version if self.entry is not None and not stale else self.version(),
            "entry": self.entry,
            "summary": list(_summary(form)),
            "differences": self._differences() if conflict or stale else [],
            "others": [e for e in draft_entries.others_at(self.campaign, by=self.user, at=self.at) if e.place == self.place],
        }

    def _add_problems(self, form: forms.Form) -> None:
        for problem in self.problems():
            name = self.field_of(problem)
            form.add_error(name if name in form.fields else None, problem.detail)

    def _differences(self) -> list[FieldDifference]:
        """Return each field whose saved value differs from the typed one, in words."""
        theirs, mine = self.build_form(self.saved_data()), self.build_form(self.data())
        pairs = [(mine[name], theirs[name]) for name in mine.fields if name in theirs.fields]
        found = [FieldDifference(str(a.label), value_text(b), value_text(a)) for a, b in pairs]
        return [difference for difference in found if difference.theirs != difference.mine]

    def _keep(self, data: QueryDict) -> None:
        draft_entries.keep(
            self.campaign, self.place, typed_fields(data), from_version=data.get("version", ""), by=self.user, at=self.at
        )


def typed_fields(data: QueryDict) -> dict[str, list[str]]:
    """Return the fields of a task's form, without what belongs to the page."""
    return {name: values for name, values in data.lists() if name not in _NOT_FIELDS}


def value_text(field: forms.BoundField) -> str:
    """Return the value of a field as a person reads it: choices by their labels."""
    value = field.value()
    chosen = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value or "")]
    names = dict(_flat(getattr(field.field, "choices", ())))
    return ", ".join(names.get(one, one) for one in chosen if one)


def first_error(error: DomainError) -> str:
    """Return the sentence of an error without the path of its field in the definition."""
    return error.detail.removeprefix(f"{error.extra.get('field', '')}: ")


def _flat(choices: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), str(label)


def _summary(form: forms.Form) -> Iterator[Mapping[str, str]]:
    """Yield each problem with the id of its field, for the list at the head of the page."""
    for name, errors in form.errors.items():
        target = form[name].id_for_label if name in form.fields else "task-form"
        for sentence in errors:
            yield {"target": target or f"id_{name}", "detail": str(sentence)}
