"""The source texts: each change of one says what it means for its translations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from content.console import translation_status
from content.console.translations import PARTS, begins, revision_in
from content.linting.text import source_faults
from content.models import Locale, Service, Unit, UnitRevision
from content.models.unit import UnitState
from content.terms import Change
from core.console.pages import Link, Page, page
from core.errors import EditConflict, Invalid, NotFound

#: What each kind of change does, in the words of the form.
CHANGES = {
    Change.COSMETIC: "Spelling, commas. Approved translations stay as they are.",
    Change.CLARITY: "Says it better. Translations become outdated and are still served for a while.",
    Change.SAFETY: "Says something else, or the old text could harm. Translations are withdrawn from the next release until "
    "they are approved again; this text stands in for them.",
}


@page("sources/", "sources")
class SourcesPage(Page):
    """All source texts."""

    template_name = "content/sources.html"
    title = "Source texts"
    menu = "Words"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Words", reverse("admin:words"))]

    def context(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "").strip() for name in ("state", "part", "q")}
        units = Unit.objects.order_by("key")
        if asked["state"] in UnitState.values:
            units = units.filter(state=asked["state"])
        if asked["part"] in PARTS:
            units = units.filter(begins(PARTS[asked["part"]][1]))
        if words := asked["q"]:
            units = units.filter(Q(key__icontains=words) | Q(text__icontains=words))
        part = self.paginate(units.select_related("source_locale"), 40)
        return {
            "asked": asked,
            "units": part,
            "rows": [(unit, translation_status.of_source(unit)) for unit in part],
            "states": UnitState.choices,
            "parts": PARTS,
        }


@page("sources/<str:key>/", "source")
class SourcePage(Page):
    """One source text, its revisions and its translations."""

    template_name = "content/source.html"
    menu = "Words"
    actions = {"revise": ("content.edit_words",), "approve": ("content.approve_words",)}

    def load(self) -> None:
        unit = Unit.objects.select_related("source_locale", "written_by", "approved_by").filter(key=self.kwargs["key"]).first()
        if unit is None:
            raise NotFound(f"There is no text {self.kwargs['key']}.")
        self.unit = unit

    def heading(self) -> str:
        return self.unit.key

    def breadcrumbs(self) -> Iterable[Link]:
        owner, _, name = self.unit.owner.partition(":")
        if owner == "tip" and name:
            return [Link("Tips", reverse("admin:tips")), Link(name, reverse("admin:tip", args=[name]))]
        if owner == "service" and name:
            return [Link("Services", reverse("admin:services")), Link(name, reverse("admin:service", args=[name]))]
        return [Link("Words", reverse("admin:words")), Link("Source texts", reverse("admin:sources"))]

    def context(self) -> dict[str, Any]:
        unit, typed = self.unit, self.submitted or QueryDict()
        revisions = list(UnitRevision.objects.filter(unit=unit).select_related("by")[:12])
        older = {revision.revision: revision.text for revision in revisions}
        targets = {target.locale_id: target for target in unit.targets.all()}
        locales = Locale.objects.exclude(pk=unit.source_locale_id).order_by("name")
        return {
            "unit": unit,
            "standing": translation_status.of_source(unit),
            "text": typed.get("text", unit.text),
            "numbers": typed.get("numbers", ", ".join(unit.allowed_numbers)),
            "chosen": typed.get("change", ""),
            "changes": [(change.value, change.label, words) for change, words in CHANGES.items()],
            "stale": self.error.extra if isinstance(self.error, EditConflict) else None,
            "faults": source_faults(unit, known_services=Service.objects.named_in(unit.text)),
            "reads": self.user.reads(unit.source_locale_id),
            "own": unit.written_by_id == self.user.pk,
            "history": [(r, list(translation_status.changes(older.get(r.revision - 1, r.text), r.text))) for r in revisions],
            "locales": [(locale, translation_status.of_target(unit, targets.get(locale.pk))) for locale in locales],
            "approved_changes": list(translation_status.changes(unit.approved_text, unit.text))
            if unit.approved_revision and unit.approved_text != unit.text
            else None,
            "rows": max(4, len(unit.text) // 70 + unit.text.count("\n") + 2),
        }

    def action_revise(self, data: QueryDict) -> str | None:
        numbers = [part.strip() for part in data.get("numbers", "").replace(",", " ").split()]
        change = data.get("change", "")
        if change not in Change.values:
            raise Invalid("Say what the change means for the translations: cosmetic, clarity or safety.", code="change")
        self.unit.revise(
            text=data.get("text", ""),
            change=change,
            by=self.user,
            at=self.at,
            from_revision=revision_in(data),
            allowed_numbers=numbers,
        )
        self.success("Saved. A second person has to approve it before it is served.")
        return None

    def action_approve(self, data: QueryDict) -> str | None:
        self.unit.approve(by=self.user, at=self.at, from_revision=revision_in(data))
        self.success("Approved: the next release carries this text.")
        return None
