"""The task Words: the languages of a draft, its main language, and the texts for single audiences and regions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from content.models import Locale
from core.console.display import StatusTag, language_text
from core.console.pages import ConsoleForm, page
from core.errors import Invalid
from notifications.campaigns import draft_tasks, variants
from notifications.campaigns.checks.problem import DraftProblem
from notifications.campaigns.variants import name_of, title_of
from notifications.console.rights import AUTHOR
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.console.tasks.translation_display import RequestView, without_text
from notifications.console.tasks.variant_choice import audience_choices, possible_variants, region_choices
from notifications.console.will_happen import phones
from notifications.models.draft_task import DraftTask


class MainLanguageForm(ConsoleForm):
    """The language that stands in for those without a text."""

    home_locale = forms.ChoiceField(
        label="Main language",
        help_text="Readers whose language has no text get this one. It is also the source for the other languages.",
    )

    unchanged = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Texts that are right as the earlier alert has them",
        help_text="Change each other text.",
    )

    def __init__(self, data: FormData, *, locales: list[tuple[str, str]], earlier: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["home_locale"].choices = locales  # type: ignore[attr-defined]
        self.fields["unchanged"].choices = earlier  # type: ignore[attr-defined]
        if not earlier:
            del self.fields["unchanged"]


@dataclass(frozen=True)
class TextRow:
    """One text of the draft: a language, or a variant of its text."""

    locale: str
    variant: str
    title: str
    url: str
    #: How many phones get it, in words; "" where the audience is not known.
    phones: str
    tag: StatusTag
    problems: tuple[DraftProblem, ...]
    removable: bool


def _named(tags: Iterable[str]) -> list[tuple[str, str]]:
    """Return locales with their names, in the order of the names."""
    return sorted(((tag, language_text(tag)) for tag in tags), key=lambda choice: choice[1])


def text_url(number: int, locale: str, variant: str = "") -> str:
    """Return the URL of the page where one text is written."""
    if variant:
        return reverse("admin:campaign-text-for", args=[number, locale, variant])
    return reverse("admin:campaign-text", args=[number, locale])


@page("campaigns/<int:id>/words/", "campaign-words")
class WordsPage(TaskPage):
    """The languages of the draft."""

    template_name = "notifications/tasks/words.html"
    title = "Words"
    task = DraftTask.WORDS
    actions = {**TaskPage.actions, "add": (AUTHOR,), "add-variant": (AUTHOR,), "remove": (AUTHOR,)}

    @cached_property
    def _languages(self) -> tuple[str, ...]:
        """Return every language of the product, read once for each response."""
        return tuple(Locale.objects.values_list("code", flat=True))

    def build_form(self, data: FormData) -> forms.Form:
        tags = {*self._languages, *self.campaign.words, self.campaign.home_locale}
        earlier = self.campaign.references.words if self.campaign.references else {}
        names = {name_of(locale, key): title_of(locale, key) for _, locale, key, _ in variants.places(earlier)}
        return MainLanguageForm(data, locales=_named(tags), earlier=sorted(names.items(), key=lambda choice: choice[1]))

    def saved_data(self) -> FormData:
        return cast(
            FormData, MultiValueDict({"home_locale": [self.campaign.home_locale], "unchanged": self.campaign.unchanged_locales})
        )

    def save(self, form: forms.Form, *, from_version: str) -> None:
        values = {"home_locale": form.cleaned_data["home_locale"]}
        if "unchanged" in form.fields:
            values["unchanged_locales"] = sorted(form.cleaned_data["unchanged"])
        draft_tasks.save(self.campaign, self.task, values, from_version=from_version, by=self.user, at=self.at)

    def problems(self) -> list[DraftProblem]:
        """Return none: each is listed beside the text that it is in, or below as one of all texts."""
        return []

    def action_add(self, data: QueryDict) -> str | None:
        locale = data.get("locale", "")
        if not Locale.objects.filter(pk=locale).exists() and locale not in self.campaign.words:
            raise Invalid("Choose a language.", code="locale")
        return text_url(self.campaign.pk, locale)

    def action_add_variant(self, data: QueryDict) -> str | None:
        locale, audience, region = (data.get(name, "") for name in ("locale", "audience", "region"))
        if locale not in self.campaign.words:
            raise Invalid("Choose a language that has a text.", code="locale")
        variant = variants.variant_key(audience, region)
        if not variant:
            raise Invalid("Choose the readers or the place that get another text.", code="variant")
        if variant not in possible_variants(self.campaign):
            raise Invalid("Choose readers and a place that the campaign is for.", code="variant")
        return text_url(self.campaign.pk, locale, variant)

    def action_remove(self, data: QueryDict) -> str | None:
        locale, variant = data.get("locale", ""), data.get("variant", "")
        if locale not in self.campaign.words:
            raise Invalid("This language has no text.", code="locale")
        draft_tasks.remove_text(self.campaign, locale, variant=variant, by=self.user, at=self.at)
        self.success(f"Removed: {title_of(locale, variant)}.")
        return None

    def context(self) -> dict[str, Any]:
        context = super().context()
        if not self.is_draft:
            return context
        missing = sorted(
            ((code, language_text(code)) for code in self._languages if code not in self.campaign.words),
            key=lambda choice: choice[1],
        )
        requests = self._requests()
        with_translators = {view.request.locale for view, _ in requests if view.request.is_open}
        return {
            **context,
            "rows": list(self._rows()),
            "requests": requests,
            "general": [p for p in self.check.of_task(self.task) if not p.locale] if not self._is_open() else [],
            "missing": [choice for choice in missing if choice[0] not in with_translators],
            "written": [(tag, language_text(tag)) for tag in self.campaign.words],
            "audiences": audience_choices(self.campaign),
            "regions": region_choices(self.campaign),
            "typed": self.submitted or {},
        }

    def _requests(self) -> list[tuple[RequestView, str]]:
        """Return what the translators have, each with who gets another language until they hand it in."""
        views = self.request_views()
        return [
            (view, "" if view.has_text else without_text(self.campaign, self.check.forecast, view.request.locale))
            for view in views
        ]

    def _is_open(self) -> bool:
        return self.task in self.campaign.open_tasks

    def _rows(self) -> Iterator[TextRow]:
        home = self.campaign.home_locale
        for locale in sorted(self.campaign.words, key=lambda tag: (tag != home, language_text(tag))):
            for variant in variants.keys_of(self.campaign.words[locale]):
                problems = tuple(p for p in self.check.of_task(self.task) if (p.locale, p.variant) == (locale, variant))
                yield TextRow(
                    locale=locale,
                    variant=variant,
                    title=title_of(locale, variant) + (", the main language" if locale == home and not variant else ""),
                    url=text_url(self.campaign.pk, locale, variant),
                    phones=self._phones(locale, variant),
                    tag=self._tag(locale, variant, problems),
                    problems=() if self._is_open() else problems,
                    removable=locale != home or bool(variant),
                )

    def _phones(self, locale: str, variant: str) -> str:
        if (found := self.check.forecast) is None:
            return ""
        number = sum(text.devices for text in found.texts if (text.locale, text.variant) == (locale, variant))
        return f"{phones(number).capitalize()} get this text."

    def _tag(self, locale: str, variant: str, problems: tuple[DraftProblem, ...]) -> StatusTag:
        text = variants.text_of(self.campaign.words[locale], variant)
        if not any(value for part in ("outer", "inner") for value in text[part].values()):
            return StatusTag("Not yet", "")
        return StatusTag("Problem", "bad") if problems else StatusTag("Done", "good")
