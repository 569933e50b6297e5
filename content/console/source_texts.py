"""Source texts: every edit states what it means for the translations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.urls import reverse

from content.console import labels, translation_status
from content.console.change_effects import change_effects
from content.console.number_boxes import entered_numbers, number_boxes, number_changes, number_list
from content.console.reading_order import ReadingOrder
from content.console.tip_reading import tip_reading_faults
from content.console.translation_status import differences
from content.console.translations import PARTS, key_starts_with
from content.console.unit_names import UnitNames
from content.console.unsaved_texts import TextBoxPage, revision_in
from content.linting.fault import Fault
from content.linting.text import normalize_text, source_faults
from content.models import Locale, Service, Target, Unit, UnitApproval, UnitRevision
from content.models.rights import read_only_because
from content.models.source_history import missed_changes, most_severe
from content.models.unit import UnitQuerySet
from content.models.unit_lifecycle import UnitState
from content.terms import OUTDATED_DAYS, Change
from core.console.pages import Link, Page, page
from core.errors import Invalid, NotFound

#: What each kind of change means, as the form explains it.
CHANGES = {
    Change.COSMETIC: "For spelling and punctuation. Approved translations stay as they are.",
    Change.CLARITY: "For the same advice, said better. Translations become outdated; "
    f"they are still served for {OUTDATED_DAYS} days.",
    Change.SAFETY: "For different advice, or where the old text could cause harm. Translations are withdrawn from the next "
    "release until they are approved again; readers see this text instead.",
}


def filters_in(query: QueryDict) -> dict[str, str]:
    """Return the filters of the list of source texts from a query string."""
    return {name: query.get(name, "").strip() for name in ("state", "part", "q")}


def query_of(filters: Mapping[str, str]) -> str:
    """Return the filters as a query string, "" where there are none."""
    given = {name: value for name, value in filters.items() if value}
    return f"?{urlencode(given)}" if given else ""


def filtered_sources(filters: Mapping[str, str]) -> UnitQuerySet:
    """Return the source texts that match the filters."""
    units = Unit.objects.order_by("key")
    if filters["state"] in UnitState.values:
        units = units.filter(state=filters["state"])
    if filters["part"] in PARTS:
        units = units.filter(key_starts_with(PARTS[filters["part"]][1]))
    if search := filters["q"]:
        units = units.filter(Q(key__icontains=search) | Q(text__icontains=search))
    return units


@page("sources/", "source-texts")
class SourceTextsPage(Page):
    """All source texts."""

    template_name = "content/source_texts.html"
    title = "Source texts"
    menu = "Translations"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Translations", reverse("admin:translations"))]

    def context(self) -> dict[str, Any]:
        filters = filters_in(self.request.GET)
        keys = filtered_sources(filters).values_list("key", flat=True)
        part = self.paginate(ReadingOrder().sorted(keys), 40)
        units = {unit.key: unit for unit in Unit.objects.filter(key__in=list(part)).select_related("source_locale")}
        names = UnitNames(units)
        return {
            "filters": filters,
            "query": query_of(filters),
            "units": part,
            "rows": [
                (unit, names.name(unit.key), translation_status.source_status(unit))
                for unit in (units[key] for key in part if key in units)
            ],
            "states": labels.choices(UnitState),
            "parts": PARTS,
        }


@page("sources/<str:key>/", "source-text")
class SourceTextPage(TextBoxPage):
    """One source text, its revisions and the status of its translations."""

    template_name = "content/source_text.html"
    menu = "Translations"
    actions = {
        "revise": ("content.edit_words",),
        "replace": ("content.edit_words",),
        "keep": ("content.edit_words",),
        "discard": ("content.edit_words",),
        "take-up": ("content.edit_words",),
        "put-back": ("content.edit_words",),
        "approve": ("content.approve_words",),
    }

    def load(self) -> None:
        unit = Unit.objects.select_related("source_locale", "written_by", "approved_by").filter(key=self.kwargs["key"]).first()
        if unit is None:
            raise NotFound("There is no such text.")
        self.unit = unit
        self.names = UnitNames([unit.key])
        self.filters = filters_in(self.request.GET)

    def heading(self) -> str:
        return self.names.name(self.unit.key)

    def locale_code(self) -> str:
        return self.unit.source_locale_id

    def stored_text(self) -> tuple[str, int]:
        return self.unit.text, self.unit.revision

    def text_of_revision(self, revision: int) -> str | None:
        found = UnitRevision.objects.filter(unit=self.unit, revision=revision).first()
        return found.text if found else None

    def breadcrumbs(self) -> Iterable[Link]:
        owner, _, name = self.unit.owner.partition(":")
        if owner == "tip" and name:
            return [Link("Tips", reverse("admin:tips")), Link(self.names.name(f"tip.{name}"), reverse("admin:tip", args=[name]))]
        if owner == "service" and name:
            title = self.names.name(f"service.{name}")
            return [Link("Services", reverse("admin:services")), Link(title, reverse("admin:service", args=[name]))]
        return [Link("Translations", reverse("admin:translations")), Link("Source texts", reverse("admin:source-texts"))]

    def neighbours(self) -> tuple[str | None, str | None]:
        """Return the URLs of the texts before and after this one in the list that the person came from; None at its ends."""
        order, keys = ReadingOrder(), list(filtered_sources(self.filters).values_list("key", flat=True))
        before, after = order.before(self.unit.key, keys), order.after(self.unit.key, keys)
        return self._url_of(before), self._url_of(after)

    def _url_of(self, key: str | None) -> str | None:
        return reverse("admin:source-text", args=[key]) + query_of(self.filters) if key else None

    def context(self) -> dict[str, Any]:
        unit, submitted = self.unit, self.submitted or QueryDict()
        effects = change_effects(unit)
        unsaved = self.unsaved()
        text = submitted.get("text", unsaved.text if unsaved else unit.text)
        conflict = self.conflict(unsaved)
        revisions = list(UnitRevision.objects.filter(unit=unit).select_related("by")[:12])
        approvals = {approval.revision: approval for approval in UnitApproval.objects.filter(unit=unit).select_related("by")}
        older = {revision.revision: revision.text for revision in revisions}
        targets = {target.locale_id: target for target in Target.objects.with_status().filter(unit=unit)}
        locales = Locale.objects.translated().exclude(pk=unit.source_locale_id).order_by("name")
        approved = (unit.approved_text, unit.numbers_of_approval, unit.approved_stays_as_is)
        changed = unit.approved_revision is not None and approved != (unit.text, unit.numbers, unit.stays_as_is)
        previous, following = self.neighbours()
        return {
            "unit": unit,
            "next": following,
            "previous": previous,
            "query": query_of(self.filters),
            "status": translation_status.source_status(unit),
            "text": text,
            "unsaved": unsaved if "text" not in submitted else None,
            "set_aside": self.set_aside(),
            "boxes": number_boxes(unit, self.submitted, self.error),
            "stays": "stays" in submitted if "text" in submitted else unit.stays_as_is,
            "chosen": submitted.get("change", ""),
            "changes": [
                (change.value, labels.label("change", change), f"{words} {effects[change]}") for change, words in CHANGES.items()
            ],
            "safety_effect": effects[Change.SAFETY],
            "conflict": conflict.extra if conflict else None,
            "base": (base := self.base_revision(unsaved)),
            "shown": conflict.extra["revision"] if conflict else base,
            "sides": self.conflict_sides(conflict, unsaved, text),
            "checked": (checked := normalize_text(text)),
            "faults": self.faults_in(checked),
            "reads": not read_only_because(self.user, unit.source_locale_id, "", unit.owner),
            "own": unit.written_by_id == self.user.pk or unit.revisions.filter(text=unit.text, by=self.user).exists(),
            "history": [
                (r, list(differences(older.get(r.revision - 1, r.text), r.text)), approvals.get(r.revision)) for r in revisions
            ],
            "locales": [(locale, translation_status.target_status(targets.get(locale.pk))) for locale in locales],
            "since_approval": list(differences(unit.approved_text, unit.text)) if changed else None,
            "numbers": number_list(unit.numbers),
            "number_changes": number_changes(unit) if changed else None,
            "pending": unit.pending_change() if changed else None,
            "pending_since": self.most_severe_revision() if changed else None,
            "rows": max(4, len(unit.text) // 70 + unit.text.count("\n") + 2),
        }

    def faults_in(self, text: str) -> list[Fault]:
        """Return what is wrong with the text in the box, which may differ from the stored one."""
        typed = copy(self.unit)
        typed.text = text
        faults = source_faults(typed, known_services=Service.objects.named_in(text))
        return faults + tip_reading_faults(self.unit, text, self.unit.source_locale_id)

    def most_severe_revision(self) -> int | None:
        """Return the first revision since the approval that was declared with the most severe change, or None."""
        missed = missed_changes(self.unit.history(), self.unit.approved_revision or 1, self.unit.revision)
        worst = most_severe(row.change for row in missed)
        return next((row.revision for row in missed if row.change == worst), None)

    def action_revise(self, data: QueryDict) -> str | None:
        numbers = entered_numbers(data)
        change = data.get("change", "")
        if change not in Change.values:
            raise Invalid("Choose what your change means for the translations: cosmetic, clarity or safety.", code="change")
        shown, text = revision_in(data), data.get("text", "")

        def save() -> bool:
            return self.unit.revise(
                text=text,
                change=change,
                by=self.user,
                at=self.at,
                from_revision=shown,
                allowed_numbers=numbers,
                stays_as_is="stays" in data,
            )

        if not self.saved(save, data):
            self.success("Nothing was changed, so nothing was saved.")
        elif self.unit.state == UnitState.APPROVED:
            self.success("Saved. This is the approved text again, so it needs no second reader.")
        else:
            self.success("Saved. Another person must approve it before readers see it.")
        return None

    def action_replace(self, data: QueryDict) -> str | None:
        """Save the text in the box over the one that the page showed in a conflict."""
        return self.action_revise(data)

    def action_put_back(self, data: QueryDict) -> str | None:
        earlier = revision_in(data, "earlier")
        if not self.unit.put_back(earlier, by=self.user, at=self.at, from_revision=revision_in(data)):
            self.success("The source text says this already, so nothing was changed.")
        elif self.unit.state == UnitState.APPROVED:
            self.success(f"The text of revision {earlier} is back. It is the approved text, so it needs no second reader.")
        else:
            self.success(f"The text of revision {earlier} is back. Another person must approve it before readers see it.")
        return None

    def action_approve(self, data: QueryDict) -> str | None:
        decided = data.get("decided", "")
        if decided and decided not in Change.values:
            raise Invalid("Choose what the change means for the translations: cosmetic, clarity or safety.", code="change")
        self.unit.approve(by=self.user, at=self.at, from_revision=revision_in(data), change=decided or None)
        self.success(f"Approved: {self.heading()}. Readers see this text from the next release.")
        return self.neighbours()[1] if any(self.filters.values()) else None
