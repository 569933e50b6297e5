"""One text of a draft: the source beside it, counters, insertable facts, and what the phones will show."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from content.linting.tokens import TOKEN
from content.models import Locale, Service
from core.console.display import country_text, language_text
from core.console.pages import ConsoleForm, Link, page
from core.errors import Invalid, NotFound
from notifications.campaigns import draft_tasks, inserted_facts, texts, typed_facts, variants
from notifications.campaigns.checks.problem import DraftProblem
from notifications.campaigns.checks.words import PARTS
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.campaigns.messages import MAX_INNER
from notifications.campaigns.texts import CampaignText
from notifications.console.rights import AUTHOR
from notifications.console.tasks.clock_fields import DateField, TimeField
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.console.tasks.variant_choice import possible_variants
from notifications.models.draft_task import DraftTask
from notifications.models.translation_request import TranslationRequest

#: What the author reads once something that was typed has become a token.
TYPED_FACTS_NOTE = "The dates, times and ages that you typed are inserted: each language writes them in its own way."
#: Characters that one field takes; longer ones are refused before they are saved.
_MAX = 4_000
_FIELDS = {f"{part}_{name}": (part, name) for part, name in PARTS}
_KINDS = {
    "date": "Date, such as 1 December 2026",
    "time": "Time, such as 06:00",
    "age": "Age, such as 13",
    "ages": "Ages, such as 13 to 17",
    "year": "School year, such as 10",
    "service": "Service: choose it in the list",
}


class TextForm(ConsoleForm):
    """The four parts of a text."""

    outer_title = forms.CharField(required=False, max_length=_MAX, strip=False)
    outer_body = forms.CharField(required=False, max_length=_MAX, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    inner_title = forms.CharField(required=False, max_length=_MAX, strip=False)
    inner_body = forms.CharField(required=False, max_length=_MAX, strip=False, widget=forms.Textarea(attrs={"rows": 10}))

    def __init__(self, data: FormData, *, locale: str) -> None:
        super().__init__(data)
        direction = texts.direction(locale)
        for name, key in _FIELDS.items():
            limit = TEXT_LIMITS[key]
            field = self.fields[name]
            field.label = PARTS[key]
            field.widget.attrs |= {"lang": locale, "dir": direction, "data-limit": str(limit), "autocomplete": "off"}


class InsertForm(ConsoleForm):
    """What to insert, and where."""

    insert_kind = forms.ChoiceField(choices=list(_KINDS.items()), label="Insert")
    insert_value = forms.CharField(required=False, max_length=40, label="Value")
    insert_service = forms.ChoiceField(required=False, label="Service")
    insert_into = forms.ChoiceField(choices=[(name, PARTS[key]) for name, key in _FIELDS.items()], label="Into")

    def __init__(self, data: FormData | None = None) -> None:
        super().__init__(data, initial={"insert_into": "inner_body"})
        services = Service.objects.active().order_by("country__name", "name").values_list("pk", "name", "country_id")
        choices = [(pk, f"{name} ({country_text(country)})") for pk, name, country in services]
        self.fields["insert_service"].choices = [("", "None"), *choices]  # type: ignore[attr-defined]

    def token(self) -> str:
        """Return the token to insert; raise Invalid for a value that does not fit its kind."""
        kind, value = self.cleaned_data["insert_kind"], self.cleaned_data["insert_value"].strip()
        if kind == "service":
            if not self.cleaned_data["insert_service"]:
                raise Invalid("Choose the service to insert.", code="insert")
            if value:
                raise Invalid("You chose a service and also typed a value. Clear the value.", code="insert")
            return f"{{service:{self.cleaned_data['insert_service']}}}"
        if self.cleaned_data["insert_service"]:
            raise Invalid("You chose a service, but another kind of insertion. Choose one of both.", code="insert")
        token = f"{{{kind}:{_token_value(kind, value)}}}"
        if faults := list(inserted_facts.faults(token, "en", named_services=())):
            raise Invalid(faults[0].detail, code="insert")
        return token


@page("campaigns/<int:id>/words/<str:locale>/", "campaign-text")
class TextPage(TaskPage):
    """The text in one language."""

    template_name = "notifications/tasks/text.html"
    task = DraftTask.WORDS
    actions = {**TaskPage.actions, "insert": (AUTHOR,)}
    variant = ""

    def load(self) -> None:
        super().load()
        self.locale = self.kwargs["locale"]
        self.variant = self.kwargs.get("variant", "")
        if self.locale not in self.campaign.words and not Locale.objects.filter(pk=self.locale).exists():
            raise NotFound("There is no such language.")
        if self.variant and self.variant not in self._known_variants():
            raise NotFound("There are no such readers.")

    def heading(self) -> str:
        name = language_text(self.locale)
        return f"Words in {name} for {variants.readers_text(self.variant)}" if self.variant else f"Words in {name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link("Words", self.next_url())]

    def next_url(self) -> str:
        return reverse("admin:campaign-words", args=[self.campaign.pk])

    @property
    def place(self) -> str:
        return ".".join(filter(None, (self.task.value, self.locale, self.variant)))

    def version(self) -> str:
        return draft_tasks.version(self.campaign, self.task, locale=self.locale)

    def build_form(self, data: FormData) -> forms.Form:
        return TextForm(data, locale=self.locale)

    def saved_data(self) -> FormData:
        text = self._text(self.locale)
        return cast(FormData, MultiValueDict({name: [text[part][key]] for name, (part, key) in _FIELDS.items()}))  # type: ignore[literal-required]

    def save(self, form: forms.Form, *, from_version: str) -> None:
        typed = _text_of(form)
        text = typed_facts.insert_in_text(typed, self.locale, today=self.at.date())
        draft_tasks.save_text(
            self.campaign,
            self.locale,
            text,
            variant=self.variant,
            from_version=from_version,
            by=self.user,
            at=self.at,
        )
        if text != typed:
            self.success(TYPED_FACTS_NOTE)

    def problems(self) -> Iterable[DraftProblem]:
        return [p for p in super().problems() if (p.locale, p.variant) == (self.locale, self.variant)]

    def field_of(self, problem: DraftProblem) -> str:
        return "_".join(problem.field.split(".")[-2:])

    def action_save(self, data: QueryDict) -> str | None:
        if data.get("insert_value", "").strip() or data.get("insert_service", ""):
            self._keep(data)
            raise Invalid("You filled in “Insert” without pressing it. Press Insert, or clear its fields.", code="insert")
        return super().action_save(data)

    def action_insert(self, data: QueryDict) -> HttpResponse:
        form = InsertForm(data)
        if not form.is_valid():
            raise Invalid("Choose what to insert.", code="insert")
        token, into = form.token(), form.cleaned_data["insert_into"]
        changed = data.copy()
        text = changed.get(into, "")
        at = int(place) if (place := data.get("insert_at", "")).isdecimal() and int(place) <= len(text) else len(text)
        changed[into] = f"{text[:at]}{token}{text[at:]}"
        changed["insert_value"] = changed["insert_service"] = ""
        self._keep(changed)
        self.submitted = changed
        return self.render()

    def _text(self, locale: str) -> CampaignText:
        words = self.campaign.words.get(locale, draft_tasks.EMPTY_TEXT)
        variant = words.get("variants", {}).get(self.variant)
        return cast(CampaignText, variant or (draft_tasks.EMPTY_TEXT if self.variant and locale == self.locale else words))

    def _known_variants(self) -> set[str]:
        """Return the variants that the campaign has, and those that its readers and places allow."""
        written = {key for words in self.campaign.words.values() for key in words.get("variants", {})}
        return written | set(possible_variants(self.campaign))

    def context(self) -> dict[str, Any]:
        context = super().context()
        if not self.is_draft:
            return context
        form: forms.Form = context["form"]
        typed = _text_of(form)
        home = self.campaign.home_locale
        shows_source = self.locale != home or bool(self.variant)
        source = (
            self._text(home) if self.locale != home else cast(CampaignText, self.campaign.words.get(home, draft_tasks.EMPTY_TEXT))
        )
        return {
            **context,
            "locale": self.locale,
            "language": variants.title_of(self.locale, self.variant),
            "dir": texts.direction(self.locale),
            "source": self._written_out(source, home) if shows_source else None,
            "source_language": f"{language_text(home)} for everyone" if self.variant else language_text(home),
            "source_locale": home,
            "source_dir": texts.direction(home),
            "outer": [form["outer_title"], form["outer_body"]],
            "inner": [form["inner_title"], form["inner_body"]],
            "max_bytes": MAX_INNER,
            "insert": InsertForm(self.submitted) if isinstance(self.error, Invalid) else InsertForm(),
            "shown": self._written_out(typed, self.locale),
            "facts": json.dumps(self._facts(typed), ensure_ascii=False),
            "app_title": "Fingerpost",
            "with_translators": TranslationRequest.objects.open().filter(campaign=self.campaign, locale=self.locale).exists(),
            "cautions": [c for c in self.check.cautions if (c.locale, c.variant) == (self.locale, self.variant)],
        }

    def _written_out(self, text: CampaignText, locale: str) -> CampaignText:
        self._name_services(text)
        outer, inner = text["outer"], text["inner"]
        show = {name: texts.written_out(self.campaign, locale, value) for name, value in _flat(outer, inner).items()}
        return {
            "outer": {"title": show["outer_title"], "body": show["outer_body"]},
            "inner": {"title": show["inner_title"], "body": show["inner_body"]},
        }

    def _facts(self, text: CampaignText) -> dict[str, str]:
        """Return each token of the text with what readers see in its place, for the script of the preview."""
        values = _flat(text["outer"], text["inner"]).values()
        tokens = {match.group() for value in values for match in TOKEN.finditer(value)}
        return {token: texts.written_out(self.campaign, self.locale, token) for token in sorted(tokens)}

    def _name_services(self, text: CampaignText) -> None:
        """Let the preview show the names of services that are not saved yet; nothing is stored."""
        named = inserted_facts.services_named(_flat(text["outer"], text["inner"]).values())
        if named - set(self.campaign.named_services):
            self.campaign.named_services = {**self.campaign.named_services, **inserted_facts.names_of(named)}


@page("campaigns/<int:id>/words/<str:locale>/<str:variant>/", "campaign-text-for")
class VariantPage(TextPage):
    """The text for one audience, one region or both in one language."""


def _text_of(form: forms.Form) -> CampaignText:
    values = {name: str(form[name].value() or "").replace("\r\n", "\n") for name in _FIELDS}
    return {
        "outer": {"title": values["outer_title"], "body": values["outer_body"]},
        "inner": {"title": values["inner_title"], "body": values["inner_body"]},
    }


def _flat(outer: texts.ShownText, inner: texts.ShownText) -> dict[str, str]:
    return {
        "outer_title": outer["title"],
        "outer_body": outer["body"],
        "inner_title": inner["title"],
        "inner_body": inner["body"],
    }


def _token_value(kind: str, value: str) -> str:
    """Return a typed value as a token spells it."""
    try:
        if kind == "date":
            day = DateField(required=True).clean(value)
            return str(day)
        if kind == "time":
            moment = TimeField(required=True).clean(value)
            assert moment is not None
            return f"{moment.value:%H-%M-%S}" if moment.has_seconds else f"{moment.value:%H-%M}"
    except forms.ValidationError as error:
        raise Invalid(str(error.messages[0]), code="insert") from error
    parts = [part for part in value.lower().replace("to", "-").replace("–", "-").replace(" ", "").split("-") if part]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        raise Invalid("Enter a whole number, or two for ages, such as 13 to 17.", code="insert")
    return "-".join(parts)
