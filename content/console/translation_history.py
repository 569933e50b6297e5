"""The history of one translation: every revision with its text, what it changed, and a way to restore it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console.translation_status import differences
from content.console.unit_names import unit_name
from content.console.unsaved_texts import revision_in
from content.models import Locale, Target, TargetRevision, Unit
from content.models.rights import read_only_because
from core.console.pages import Link, Page, page
from core.errors import NotFound

#: Revisions on one page.
_PAGE = 20


@dataclass(frozen=True)
class HistoryRow:
    """One revision, the differences from the revision before, and whether its text can be restored."""

    revision: TargetRevision
    differences: list[tuple[str, str]]
    can_restore: bool


@page("words/<str:locale>/<str:key>/history/", "translation-history")
class TranslationHistoryPage(Page):
    """Every text that this translation had, newest first."""

    template_name = "content/translation_history.html"
    menu = "Translations"
    actions = {"restore": ("content.edit_words",)}

    def load(self) -> None:
        target = (
            Target.objects.filter(unit__key=self.kwargs["key"], locale=self.kwargs["locale"])
            .select_related("unit", "locale")
            .first()
        )
        if target is None:
            locale = Locale.objects.filter(pk=self.kwargs["locale"]).first()
            unit = Unit.objects.filter(key=self.kwargs["key"]).first()
            if locale is None or unit is None or unit.source_locale_id == locale.pk:
                raise NotFound("There is no such translation.")
            target = Target.objects.of(unit, locale.pk)
        self.target = target
        self.name = unit_name(target.unit.key)

    def heading(self) -> str:
        return f"History of {self.name} in {self.target.locale.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        locale, key = self.target.locale, self.target.unit.key
        return [
            Link("Translations", reverse("admin:translations")),
            Link(locale.name, reverse("admin:translation-queue", args=[locale.pk])),
            Link(self.name, reverse("admin:translation", args=[locale.pk, key])),
        ]

    def context(self) -> dict[str, Any]:
        found = TargetRevision.objects.filter(target=self.target.pk)
        revisions = found.select_related("by", "reading_link").order_by("-revision")
        part = self.paginate(revisions, _PAGE)
        return {
            "target": self.target,
            "revisions": part,
            "rows": list(self._rows(list(part))),
            "reads": not read_only_because(self.user, self.target.locale_id, "", self.target.unit.owner),
        }

    def _rows(self, revisions: list[TargetRevision]) -> Iterator[HistoryRow]:
        numbers = [revision.revision - 1 for revision in revisions]
        before = dict(TargetRevision.objects.filter(target=self.target.pk, revision__in=numbers).values_list("revision", "text"))
        for revision in revisions:
            earlier = before.get(revision.revision - 1, "" if revision.revision == 1 else revision.text)
            yield HistoryRow(
                revision,
                list(differences(earlier, revision.text)),
                can_restore=revision.text not in ("", self.target.text),
            )

    def action_restore(self, data: QueryDict) -> str | None:
        earlier = revision_in(data, "earlier")
        self.target.restore(earlier, by=self.user, at=self.at, from_revision=revision_in(data))
        self.success(
            f"Restored the text of revision {earlier}. Another person who reads {self.target.locale.name}, and did not write it, "
            "must approve it."
        )
        return reverse("admin:translation", args=[self.target.locale_id, self.target.unit.key])
