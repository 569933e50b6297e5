"""Find words in the translations of one language and suggest others in their place; nothing is changed directly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import QueryDict
from django.urls import reverse

from content.console.translation_status import TranslationStatus, differences, target_status
from content.console.translations import PARTS, key_starts_with
from content.console.unit_names import UnitNames
from content.linting.replacements import checked_words, replaced
from content.linting.text import target_faults
from content.models import Locale, Target, TextSuggestion
from content.models.text_suggestion import SuggestionOrigin
from content.terms import SOURCE_LOCALE
from core.console.pages import Link, Page, page
from core.errors import DomainError, EditConflict, Invalid, NotFound

#: Texts that are shown, and so suggested, at a time.
SHOWN = 50


@dataclass(frozen=True)
class Replacement:
    """One text in which the words were found: what is stored, what would be suggested, and why it cannot be."""

    target: Target
    name: str
    status: TranslationStatus
    text: str
    refused: str

    @property
    def differences(self) -> list[tuple[str, str]]:
        """What the suggestion changes."""
        return list(differences(self.target.text, self.text))

    @property
    def value(self) -> str:
        """The value of the row's tick: which text, and at which revision it is shown."""
        return f"{self.target.pk} {self.target.revision}"


class LocaleTextsPage(Page):
    """The base of pages about many translations of one language."""

    menu = "Translations"

    def load(self) -> None:
        locale = Locale.objects.translated().exclude(pk=SOURCE_LOCALE).filter(pk=self.kwargs["locale"]).first()
        if locale is None:
            raise NotFound("There is no such language to translate into.")
        self.locale = locale

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Translations", reverse("admin:translations")),
            Link(self.locale.name, reverse("admin:translation-queue", args=[self.locale.pk])),
        ]


@page("find/<str:locale>/", "find-replace")
class FindReplacePage(LocaleTextsPage):
    """Search with GET, which shows what would change; the ticked texts become suggestions with POST."""

    template_name = "content/find_replace.html"
    menu_permissions = ("content.edit_words",)
    permission_required = "content.edit_words"
    actions = {"suggest": ("content.edit_words",)}

    def heading(self) -> str:
        return f"Find and replace in {self.locale.name}"

    def context(self) -> dict[str, Any]:
        query = self.request.GET
        fields = {name: query.get(name, "") for name in ("find", "put", "part")}
        whole = not fields["find"] or "whole" in query
        rows: list[Replacement] = []
        refused, more = None, False
        if fields["find"]:
            try:
                rows, more = self._found(fields["find"], fields["put"], part=fields["part"], whole_words=whole)
            except Invalid as error:
                refused = error.detail
        return {
            **fields,
            "locale": self.locale,
            "whole": whole,
            "rows": rows,
            "more": more,
            "shown": SHOWN,
            "refused": refused,
            "parts": PARTS,
            "reads": self.user.reads(self.locale.pk),
            "ticked": self.submitted.getlist("text") if self.submitted else None,
        }

    def _found(self, find: str, put: str, *, part: str, whole_words: bool) -> tuple[list[Replacement], bool]:
        """Return the first texts in which the words are, and whether there are more."""
        wanted, replacement = checked_words(find, put)
        targets = Target.objects.with_status().filter(locale=self.locale, text__contains=wanted).select_related("unit")
        if part in PARTS:
            targets = targets.filter(key_starts_with(PARTS[part][1], field="unit__key"))
        changed = []
        for target in targets.order_by("unit__key").iterator():
            text = replaced(target.text, wanted, replacement, whole_words=whole_words)
            if text != target.text:
                changed.append((target, text))
            if len(changed) > SHOWN:
                break
        names = UnitNames(target.unit.key for target, _ in changed)
        rows = [
            Replacement(target, names.name(target.unit.key), target_status(target), text, self._refused(target, text))
            for target, text in changed[:SHOWN]
        ]
        return rows, len(changed) > SHOWN

    def _refused(self, target: Target, text: str) -> str:
        """Return why the text could not be saved, "" where it could."""
        return " ".join(fault.detail for fault in target_faults(target.unit, text, self.locale.pk) if fault.refuses)

    def action_suggest(self, data: QueryDict) -> str | None:
        """Suggest the replacement in the texts that were shown and ticked, where they have not changed since."""
        wanted, put = checked_words(data.get("find", ""), data.get("put", ""))
        whole_words = "whole" in data
        ticked = [_shown(value) for value in data.getlist("text")[:SHOWN]]
        if not ticked:
            raise Invalid("Tick the texts in which the words are to be replaced.", code="nothing-ticked")
        rows = Target.objects.filter(locale=self.locale).select_related("unit").in_bulk([key for key, _ in ticked])
        names = UnitNames(target.unit.key for target in rows.values())
        made = 0
        for key, revision in ticked:
            if (target := rows.get(key)) is None:
                continue
            try:
                self._suggest(target, replaced(target.text, wanted, put, whole_words=whole_words), revision)
                made += 1
            except DomainError as error:
                detail = "The text has changed since it was shown." if isinstance(error, EditConflict) else error.detail
                messages.error(self.request, f"{names.name(target.unit.key)}: {detail}")
        self.success(f"{made} suggestion{'' if made == 1 else 's'} made. The texts stay as they are until somebody accepts them.")
        return reverse("admin:suggestions", args=[self.locale.pk])

    def _suggest(self, target: Target, text: str, revision: int) -> None:
        if target.revision != revision:
            raise EditConflict(mine=text, theirs=target.text, revision=target.revision)
        TextSuggestion.objects.suggest(
            unit=target.unit,
            locale=self.locale.pk,
            text=text,
            by=self.user,
            at=self.at,
            from_revision=revision,
            origin=SuggestionOrigin.REPLACEMENT,
        )


@page("suggestions/<str:locale>/", "suggestions")
class SuggestionsPage(LocaleTextsPage):
    """The open suggestions of one language, to accept or to dismiss several at once."""

    template_name = "content/suggestions.html"
    actions = dict.fromkeys(("accept", "dismiss"), ("content.edit_words", "content.approve_words"))

    def heading(self) -> str:
        return f"Suggestions in {self.locale.name}"

    def context(self) -> dict[str, Any]:
        found = TextSuggestion.objects.open().filter(locale=self.locale).select_related("unit", "by").order_by("unit__key", "pk")
        part = self.paginate(found, SHOWN)
        stored = Target.objects.filter(locale=self.locale, unit__in=[one.unit_id for one in part])
        texts = dict(stored.values_list("unit", "text"))
        names = UnitNames(one.unit.key for one in part)
        return {
            "locale": self.locale,
            "part": part,
            "rows": [(one, names.name(one.unit.key), list(differences(texts.get(one.unit_id, ""), one.text))) for one in part],
            "reads": self.user.reads(self.locale.pk),
            "may_find": self.has_any_perm("content.edit_words"),
        }

    def action_accept(self, data: QueryDict) -> str | None:
        done = self._each(data, accept=True)
        self.success(f"{done} accepted as drafts. Another person than the author must approve each of them.")
        return None

    def action_dismiss(self, data: QueryDict) -> str | None:
        self.success(f"{self._each(data, accept=False)} dismissed.")
        return None

    def _each(self, data: QueryDict, *, accept: bool) -> int:
        """Decide on each ticked suggestion, and return on how many; name each that cannot be decided on."""
        numbers = [int(value) for value in data.getlist("suggestion")[:SHOWN] if value.isdecimal() and len(value) < 19]
        if not numbers:
            raise Invalid("Tick the suggestions to decide on.", code="nothing-ticked")
        found = TextSuggestion.objects.filter(locale=self.locale, pk__in=numbers).select_related("unit")
        names = UnitNames(one.unit.key for one in found)
        done = 0
        for one in found:
            try:
                if accept:
                    one.accept(by=self.user, at=self.at)
                else:
                    one.dismiss(by=self.user, at=self.at)
                done += 1
            except DomainError as error:
                detail = "The text has changed since." if isinstance(error, EditConflict) else error.detail
                messages.error(self.request, f"{names.name(one.unit.key)}: {detail}")
        return done


def _shown(value: str) -> tuple[int, int]:
    """Return the primary key and the revision in the value of a tick; raise Invalid for another value."""
    key, _, revision = value.partition(" ")
    if not all(number.isdecimal() and len(number) < 19 for number in (key, revision)):
        raise Invalid("The form is incomplete. Reload the page and try again.", code="ticked")
    return int(key), int(revision)
