"""Translations: choose a language, work through its queue, write and approve one text at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse

from content.console import translation_status
from content.console.number_boxes import number_list
from content.console.reading_order import ReadingOrder
from content.console.served_languages import fallback_counts
from content.console.text_elsewhere import text_elsewhere_faults
from content.console.text_opinions import TextOpinionPage
from content.console.tip_reading import tip_reading_faults
from content.console.translation_status import differences
from content.console.unit_names import UnitNames, slug_of, unit_name
from content.console.unsaved_texts import revision_in
from content.importing import machine_suggestions
from content.linting.fault import Fault
from content.linting.text import normalize_text, target_faults
from content.linting.tokens import SERVICE, tokens
from content.models import Judgement, Locale, Service, Target, TargetRevision, TextComment, TextSuggestion, Unit, UnitRevision
from content.models.rights import read_only_because
from content.models.source_history import missed_changes, most_severe
from content.models.source_to_approve import source_to_approve
from content.models.target_lifecycle import TargetState
from content.models.target_status import TargetStatus
from content.models.text_comment import MAX_COMMENT, RETURNABLE
from content.models.unit_lifecycle import UnitState
from content.terms import SOURCE_LOCALE, Change
from core.console.pages import Link, Page, page
from core.errors import NotFound

#: Value of the filter "part" → its label and the beginnings of its unit keys.
PARTS = {
    "tips": ("Tips", ("tip.",)),
    "services": ("Services and channels", ("service.", "channel.", "route.")),
    "labels": (
        "Labels",
        ("situation.", "step.", "audience.", "where.", "why.", "notice.", "phrase.", "handout.", "contact.", "companion."),
    ),
}


@page("words/", "translations", order=20)
class TranslationsPage(Page):
    """The languages and their progress."""

    template_name = "content/translations.html"
    title = "Translations"
    menu = "Translations"
    menu_permissions = ("content.edit_words", "content.approve_words")

    def context(self) -> dict[str, Any]:
        sources = dict(Unit.objects.order_by().values_list("state").annotate(n=Count("pk")))
        total = sum(sources.values())
        targets = Target.objects.with_status().order_by().values("locale", "status")
        counted = {(row["locale"], row["status"]): row["n"] for row in targets.annotate(n=Count("pk"))}
        rows, fallbacks = [], fallback_counts()
        for locale in Locale.objects.translated().exclude(pk=SOURCE_LOCALE).order_by("name"):
            counts = {status.name.lower(): counted.get((locale.pk, status), 0) for status in TargetStatus}
            counts["empty"] = total - sum(counts.values()) + counts["empty"]
            mine = locale.pk in self.user.locales
            rows.append({"locale": locale, "mine": mine, "fallbacks": fallbacks.get(locale.pk), **counts})
        rows.sort(key=lambda row: not row["mine"])
        return {
            "rows": rows,
            "total": total,
            "source": Locale.objects.filter(pk=SOURCE_LOCALE).first(),
            "source_review": sources.get(UnitState.NEEDS_REVIEW, 0),
            "source_approved": sources.get(UnitState.APPROVED, 0),
        }


class LocalePage(Page):
    """The base of pages of one language: its locale, and the filters from the query string."""

    menu = "Translations"

    def load(self) -> None:
        locale = Locale.objects.filter(pk=self.kwargs["locale"]).first()
        if locale is None:
            raise NotFound("There is no such language.")
        self.locale = locale
        self.filters = {name: self.request.GET.get(name, "").strip() for name in ("state", "part", "q")}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Translations", reverse("admin:translations"))]

    def query(self) -> str:
        """Return the filters as a query string, "" where there are none."""
        filters = {name: value for name, value in self.filters.items() if value}
        return f"?{urlencode(filters)}" if filters else ""

    def filtered_units(self) -> Any:
        """Return the units of the queue that match the filters."""
        units = translation_status.queue(self.locale.pk)
        if self.filters["state"] in TargetStatus.values:
            units = units.filter(status=self.filters["state"])
        if self.filters["part"] in PARTS:
            units = units.filter(key_starts_with(PARTS[self.filters["part"]][1]))
        if search := self.filters["q"]:
            units = units.filter(Q(key__icontains=search) | Q(text__icontains=search) | Q(translation__icontains=search))
        return units.order_by("key")

    def queue_keys(self) -> list[str]:
        """Return the keys of these units."""
        return list(self.filtered_units().values_list("key", flat=True))


@page("words/<str:locale>/", "translation-queue")
class TranslationQueuePage(LocalePage):
    """The texts of one language."""

    template_name = "content/translation_queue.html"

    def heading(self) -> str:
        return f"{self.locale.name} translations"

    def load(self) -> None:
        super().load()
        if self.locale.pk == SOURCE_LOCALE:
            raise NotFound("English is the source language. See Source texts.")

    def context(self) -> dict[str, Any]:
        part = self.paginate(ReadingOrder().sorted(self.queue_keys()), 40)
        units = {unit.key: unit for unit in Unit.objects.filter(key__in=list(part))}
        found = Target.objects.with_status().filter(locale=self.locale, unit__in=units.values())
        targets = {target.unit_id: target for target in found}
        comments = TextComment.objects.open().returned(self.locale.pk).filter(unit__in=units.values())
        returned = set(comments.values_list("unit", "returned_revision"))
        names = UnitNames(units)
        return {
            "locale": self.locale,
            "filters": self.filters,
            "query": self.query(),
            "rows": [
                (
                    unit,
                    names.name(unit.key),
                    (target := targets.get(unit.pk)),
                    translation_status.target_status(target),
                    target is not None and (unit.pk, target.revision) in returned,
                )
                for unit in (units[key] for key in part if key in units)
            ],
            "units": part,
            "statuses": translation_status.STATUSES,
            "parts": PARTS,
            "reads": self.user.reads(self.locale.pk),
            "may_import": self.has_any_perm("content.edit_words"),
            "may_invite": self.has_any_perm("content.edit_words", "content.approve_words"),
            "suggestions": TextSuggestion.objects.open().filter(locale=self.locale).count(),
            "judgements": Judgement.objects.waiting().filter(link__locale=self.locale).count(),
        }


@page("words/<str:locale>/<str:key>/", "translation")
class TranslationPage(TextOpinionPage, LocalePage):
    """One text in one language, beside its source and the text that readers get."""

    template_name = "content/translation.html"
    actions = {
        "save": ("content.edit_words",),
        "save-next": ("content.edit_words",),
        "replace": ("content.edit_words",),
        "keep": ("content.edit_words",),
        "discard": ("content.edit_words",),
        "take-up": ("content.edit_words",),
        "ask-machine": ("content.edit_words",),
        "approve": ("content.approve_words",),
        "propose-removal": ("content.edit_words",),
        "approve-removal": ("content.approve_words",),
        "send-back": ("content.approve_words",),
        "cannot-judge": ("content.approve_words",),
        "comment": ("content.edit_words", "content.approve_words"),
        "resolve": ("content.edit_words", "content.approve_words"),
        "reject-removal": ("content.edit_words", "content.approve_words"),
    }

    def load(self) -> None:
        super().load()
        unit = Unit.objects.select_related("source_locale").filter(key=self.kwargs["key"]).first()
        if unit is None or unit.source_locale_id == self.locale.pk:
            raise NotFound(f"There is no such text to translate into {self.locale.name}.")
        self.unit = unit
        self.target = Target.objects.of(unit, self.locale.pk)
        self.name = unit_name(unit.key)

    def heading(self) -> str:
        return f"{self.name} ({self.locale.name})"

    def locale_code(self) -> str:
        return self.locale.pk

    def stored_text(self) -> tuple[str, int]:
        return self.target.text, self.target.revision

    def text_of_revision(self, revision: int) -> str | None:
        found = TargetRevision.objects.filter(target=self.target.pk, revision=revision).first() if self.target.pk else None
        return found.text if found else None

    def breadcrumbs(self) -> Iterable[Link]:
        queue = reverse("admin:translation-queue", args=[self.locale.pk]) + self.query()
        return [*super().breadcrumbs(), Link(self.locale.name, queue)]

    def url_of(self, key: str) -> str:
        """Return the URL of another text of this queue."""
        return reverse("admin:translation", args=[self.locale.pk, key]) + self.query()

    def tip_url(self) -> str | None:
        """Return the URL of this text among the other texts of its tip; None where it belongs to none."""
        slug = slug_of(self.unit.key)
        if not slug:
            return None
        return f"{reverse('admin:tip-translation', args=[slug, self.locale.pk])}?at={self.unit.key}#text-{self.unit.pk}-box"

    def next_url(self) -> str | None:
        """Return the URL of the next text of the queue."""
        key = ReadingOrder().after(self.unit.key, self.queue_keys())
        return self.url_of(key) if key else None

    def url_after_review(self) -> str | None:
        return self.next_url()

    def neighbours(self) -> tuple[str | None, str | None]:
        """Return the URLs of the previous and of the next text of the queue."""
        order, keys = ReadingOrder(), self.queue_keys()
        before, after = order.before(self.unit.key, keys), order.after(self.unit.key, keys)
        return self.url_of(before) if before else None, self.url_of(after) if after else None

    def faults_in(self, text: str) -> list[Fault]:
        """Return what is wrong with the text in the box, which may differ from the stored one."""
        return [
            *target_faults(self.unit, text, self.locale.pk),
            *tip_reading_faults(self.unit, text, self.locale.pk),
            *text_elsewhere_faults(self.unit, text, self.locale.pk),
        ]

    def context(self) -> dict[str, Any]:
        unit, target = self.unit, self.target
        unsaved = self.unsaved()
        typed = self.submitted.get("text") if self.submitted else None
        text = typed if typed is not None else unsaved.text if unsaved else target.text
        conflict = self.conflict(unsaved)
        against = source_to_approve(unit, target)
        status, comments = translation_status.target_status(target), self.comments()
        own = target.pk is not None and (target.written_by_id == self.user.pk or target.was_written_by(self.user))
        previous, following = self.neighbours()
        return {
            "unit": unit,
            "numbers": number_list(unit.numbers),
            "target": target,
            "locale": self.locale,
            "status": status,
            "comments": comments,
            "is_sent_back": any(comment.returned_revision == target.revision for comment in comments),
            "returnable": target.text and not own and status.code in RETURNABLE,
            "declined": self.declined_by(),
            "max_comment": MAX_COMMENT,
            "source_status": translation_status.source_status(unit),
            "source_differences": self.source_differences(),
            "source_change": self.missed_change(),
            "text": text,
            "unsaved": unsaved if typed is None else None,
            "set_aside": self.set_aside(),
            "machine": machine_suggestions.is_on(),
            "suggestions": TextSuggestion.objects.open().filter(unit=unit, locale=self.locale).select_related("by"),
            "conflict": conflict.extra if conflict else None,
            "base": (base := self.base_revision(unsaved)),
            "shown": conflict.extra["revision"] if conflict else base,
            "sides": self.conflict_sides(conflict, unsaved, text),
            "approved_differences": list(differences(target.approved_text, target.text))
            if target.approved_text and target.approved_text != target.text
            else None,
            "checked": (checked := normalize_text(text)),
            "faults": self.faults_in(checked) if text else [],
            "tokens": " ".join(map(str, dict.fromkeys(tokens(unit.text)))),
            "named": Service.objects.filter(pk__in=[token.name for token in tokens(unit.text) if token.kind == SERVICE]),
            "reads": not (why := read_only_because(self.user, self.locale.pk, self.locale.name, unit.owner)),
            "read_only": why,
            "own": own,
            "removal": target.removal_proposal() if target.pk else None,
            "against": against,
            "older_source": unit.approved_text if against is not None and against != unit.revision else None,
            "tip_url": self.tip_url(),
            "next": following,
            "previous": previous,
            "revisions": target.revision,
            "rows": max(4, len(unit.text) // 60 + unit.text.count("\n") + 2),
        }

    def source_differences(self) -> list[tuple[str, str]] | None:
        """Return what has changed in the source since it was translated, or None."""
        if self.target.source_revision >= self.unit.revision or self.target.state == TargetState.EMPTY:
            return None
        translated = UnitRevision.objects.filter(unit=self.unit, revision=self.target.source_revision).first()
        return list(differences(translated.text, self.unit.text)) if translated and translated.text != self.unit.text else None

    def missed_change(self) -> Change:
        """Return the most severe change of the source since it was translated."""
        missed = missed_changes(self.unit.history(), self.target.source_revision, self.unit.revision)
        return most_severe(row.change for row in missed)

    def action_save(self, data: QueryDict) -> str | None:
        if self._write(data):
            self.success(f"Saved. Another person who reads {self.locale.name} must approve it.")
        return None

    def action_replace(self, data: QueryDict) -> str | None:
        """Save the text in the box over the one that the page showed in a conflict."""
        return self.action_save(data)

    def action_save_next(self, data: QueryDict) -> str | None:
        if self._write(data):
            self.success(f"Saved: {self.name}.")
        return self.next_url()

    def action_approve(self, data: QueryDict) -> str | None:
        shown, source = revision_in(data), revision_in(data, "source_revision")
        self.target.approve(by=self.user, at=self.at, from_revision=shown, source_revision=source)
        self.success(f"Approved in {self.locale.name}: {self.name}.")
        return self.next_url()

    def action_ask_machine(self, data: QueryDict) -> str | None:
        machine_suggestions.ask_machine(self.unit, self.locale.pk, by=self.user, at=self.at)
        self.success("The machine has made a suggestion. Read it before you accept it; another person must approve it.")
        return None

    def action_propose_removal(self, data: QueryDict) -> str | None:
        self.target.propose_removal(by=self.user, at=self.at, from_revision=revision_in(data))
        self.success("Removal proposed. Nothing changes for readers until another person approves it.")
        return None

    def action_approve_removal(self, data: QueryDict) -> str | None:
        self.target.approve_removal(by=self.user, at=self.at, from_revision=revision_in(data))
        self.success("Translation removed. Readers see the source text from the next release.")
        return None

    def action_reject_removal(self, data: QueryDict) -> str | None:
        self.target.reject_removal(by=self.user, at=self.at, from_revision=revision_in(data))
        self.success("The translation stays as it was.")
        return None

    def _write(self, data: QueryDict) -> bool:
        """Save the text; return whether it was a change, and say so where it was none."""
        shown, source = revision_in(data), revision_in(data, "source_revision")
        text = data.get("text", "")

        def save() -> bool:
            return self.target.write(text=text, by=self.user, at=self.at, from_revision=shown, source_revision=source)

        if changed := self.saved(save, data):
            return changed
        self.success(f"Nothing was changed, so nothing was saved: {self.name}.")
        return False


def key_starts_with(prefixes: Iterable[str], *, field: str = "key") -> Q:
    """Return the condition that a unit's key, at the path `field`, starts with one of the prefixes."""
    condition = Q()
    for prefix in prefixes:
        condition |= Q((f"{field}__startswith", prefix))
    return condition
