"""Ask the translators: choose languages and a deadline, see what they have, and withdraw a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.models import Locale
from core.console.display import language_text, zone_text
from core.console.pages import ConsoleForm, Link, page
from core.errors import Invalid
from core.models import User
from notifications.campaigns import schedule, translation_requests, translation_texts, translators
from notifications.console.rights import AUTHOR
from notifications.console.tasks.clock_fields import DateField, TimeField, TypedTime
from notifications.console.tasks.task_page import DraftPage, FormData
from notifications.console.tasks.translation_display import RequestView, differences_by_place, without_text
from notifications.console.translation_rows import ChangedText, changed_texts
from notifications.models import RequestState, TranslationRequest
from notifications.models.draft_task import DraftTask


class AskForm(ConsoleForm):
    """Which languages, until when, and a note for the translators."""

    locales = forms.MultipleChoiceField(label="Languages", widget=forms.CheckboxSelectMultiple)
    deadline_day = DateField(required=True, label="Deadline: day")
    deadline_time = TimeField(required=True, label="Deadline: time")
    note = forms.CharField(
        required=False,
        max_length=translation_requests.MAX_NOTE,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the translators have to know. They see it with the texts.",
    )

    def __init__(self, data: FormData | None, *, locales: list[tuple[str, str]], zone: str) -> None:
        super().__init__(data)
        self.fields["locales"].choices = locales  # type: ignore[attr-defined]
        self.fields["locales"].error_messages["required"] = "Languages: choose at least one."
        self.fields["deadline_time"].help_text = f"By the clock of the campaign ({zone_text(zone)}), such as 18:00."
        self.zone = zone

    def deadline(self) -> datetime:
        """Return the deadline of the valid form as an instant."""
        typed: TypedTime = self.cleaned_data["deadline_time"]
        local = datetime.combine(self.cleaned_data["deadline_day"], typed.value)
        return schedule.in_zone(local, schedule.zone_of(self.zone, "UTC"))


#: Field of a refusal → field of the form.
_FIELDS = {"locales": "locales", "deadline": "deadline_time", "note": "note"}


@dataclass(frozen=True)
class RequestRow:
    """One request with what its author can do."""

    view: RequestView
    #: Who gets the main language without this text.
    without: str
    #: What has changed in the source since it was translated.
    changes: list[ChangedText]
    #: Nobody who reads the language is left to be its second reader.
    has_no_reader: bool


@page("campaigns/<int:id>/translators/", "campaign-translators")
class AskTranslatorsPage(DraftPage):
    """The languages that the translators of this draft have, and the form that asks for more."""

    template_name = "notifications/tasks/ask_translators.html"
    title = "Ask the translators"
    actions = {"ask": (AUTHOR,), "withdraw": (AUTHOR,), "remove": (AUTHOR,)}

    def checked_tasks(self) -> Collection[DraftTask]:
        return ()

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link("Words", reverse("admin:campaign-words", args=[self.campaign.pk]))]

    def context(self) -> dict[str, Any]:
        context = super().context()
        if not self.is_draft:
            return context
        views = self.request_views()
        readers = self._untouched(translators.second_readers())
        rows = [self._row(view, readers) for view in views]
        return {
            **context,
            "has_no_approver": not self._untouched(translators.approvers()),
            "rows": rows,
            "form": self._form(views),
            "zone": zone_text(self.campaign.home_zone),
            "source_language": language_text(self.campaign.home_locale),
            "source_locale": self.campaign.home_locale,
        }

    def _untouched(self, people: Iterable[User]) -> list[User]:
        """Return those who have not written or edited the campaign, and so may read or approve it."""
        return [person for person in people if person.pk not in self.campaign.touched_by]

    def _row(self, view: RequestView, readers: Iterable[User]) -> RequestRow:
        translator = view.request.translated_by
        left = [one for one in translators.of_language(readers, view.request.locale) if one != translator]
        without = without_text(self.campaign, self.check.forecast, view.request.locale)
        before = translation_texts.source_in(view.request).texts
        changed = differences_by_place(before, translation_texts.source_of(self.campaign).texts)
        return RequestRow(
            view, without, changed_texts(changed), has_no_reader=not left and view.request.state != RequestState.READ
        )

    def _form(self, views: list[RequestView]) -> AskForm:
        is_ask = self.submitted is not None and self.submitted.get("action") == "ask"
        form = AskForm(self.submitted if is_ask else None, locales=self._choices(views), zone=self.campaign.home_zone)
        if is_ask and form.is_valid() and self.error is not None:
            field = _FIELDS.get(str(self.error.extra.get("field", "")))
            form.add_error(field, self.error.detail)
        return form

    def _choices(self, views: list[RequestView]) -> list[tuple[str, str]]:
        """Return each language that can be requested: its name, what the translators have of it, and whether nobody can."""
        known = {view.request.locale: view for view in views}
        people = [person for person in translators.translators() if person != self.user]
        choices: list[tuple[str, str]] = []
        nobody: list[tuple[str, str]] = []
        for code in Locale.objects.translated().exclude(pk=self.campaign.home_locale).values_list("code", flat=True):
            view = known.get(code)
            if view is not None and view.request.is_handed_in and not view.source_changed:
                continue
            name = language_text(code)
            if view is not None:
                name += " (ask again)" if view.request.is_handed_in else " (requested: change the deadline)"
            elif not translators.of_language(people, code):
                nobody.append((code, f"{name} (no editor here)"))
                continue
            choices.append((code, name))
        return [*sorted(choices, key=lambda choice: choice[1]), *sorted(nobody, key=lambda choice: choice[1])]

    def action_ask(self, data: QueryDict) -> str | None:
        form = AskForm(data, locales=self._choices(self.request_views()), zone=self.campaign.home_zone)
        if not form.is_valid():
            raise Invalid("Nothing is requested yet. Correct what is listed below.", code="form")
        requested = translation_requests.ask(
            self.campaign,
            form.cleaned_data["locales"],
            deadline=form.deadline(),
            note=form.cleaned_data["note"],
            by=self.user,
            at=self.at,
        )
        self.success(f"Requested: {', '.join(sorted(language_text(one.locale) for one in requested))}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        request = self._chosen(data)
        translation_requests.withdraw(request, keep_text=True, by=self.user, at=self.at)
        self.success(f"Withdrawn: the request for {language_text(request.locale)}.")
        return None

    def action_remove(self, data: QueryDict) -> str | None:
        request = self._chosen(data)
        translation_requests.withdraw(request, keep_text=False, by=self.user, at=self.at)
        self.success(f"Withdrawn: the campaign goes out without {language_text(request.locale)}.")
        return None

    def _chosen(self, data: QueryDict) -> TranslationRequest:
        found = TranslationRequest.objects.current().filter(campaign=self.campaign, locale=data.get("locale", ""))
        request = found.select_related("campaign").first()
        if request is None:
            raise Invalid("The translators do not have this language.", code="locale")
        return request
