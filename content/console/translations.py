"""Translating: choose a language, work through its queue, write and approve one text at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.http import QueryDict
from django.urls import reverse

from content.console import translation_status
from content.linting.text import target_faults
from content.linting.tokens import tokens
from content.models import Locale, Service, Target, Unit, UnitRevision
from content.models.target import TargetState
from content.models.unit import UnitState
from content.terms import SOURCE_LOCALE
from core.console.pages import Link, Page, page
from core.errors import EditConflict, Invalid, NotFound
from core.models import AuditEntry

#: Part of the address to its words and the beginning of its units' keys.
PARTS = {
    "tips": ("Tips", ("tip.",)),
    "services": ("Services and channels", ("service.", "channel.")),
    "labels": ("Labels", ("situation.", "step.", "audience.", "why.", "notice.")),
}
_FILLED = ~Q(state=TargetState.EMPTY)
_FRESH = Q(source_revision__gte=F("unit__meaning_revision"))
#: The same division as `standing.standing_as`, counted over targets.
_COUNTED = {
    "withdrawn": _FILLED & Q(source_revision__lt=F("unit__safety_revision")),
    "outdated": _FILLED & Q(source_revision__lt=F("unit__meaning_revision"), source_revision__gte=F("unit__safety_revision")),
    "needs_review": _FRESH & Q(state=TargetState.NEEDS_REVIEW),
    "approved": _FRESH & Q(state=TargetState.APPROVED),
}


@page("words/", "words", order=20)
class WordsPage(Page):
    """The languages, and how far each one is."""

    template_name = "content/words.html"
    title = "Words"
    menu = "Words"

    def context(self) -> dict[str, Any]:
        sources = dict(Unit.objects.order_by().values_list("state").annotate(n=Count("pk")))
        total = sum(sources.values())
        columns = {f"n_{name}": Count("pk", filter=condition) for name, condition in _COUNTED.items()}
        counted = {
            locale: dict(zip(_COUNTED, counts, strict=True))
            for locale, *counts in Target.objects.order_by().values("locale").annotate(**columns).values_list("locale", *columns)
        }
        rows = []
        for locale in Locale.objects.exclude(pk=SOURCE_LOCALE).order_by("name"):
            counts = counted.get(locale.pk) or dict.fromkeys(_COUNTED, 0)
            rows.append(
                {"locale": locale, "mine": locale.pk in self.user.locales, "empty": total - sum(counts.values()), **counts}
            )
        rows.sort(key=lambda row: not row["mine"])
        return {
            "rows": rows,
            "total": total,
            "source": Locale.objects.filter(pk=SOURCE_LOCALE).first(),
            "source_review": sources.get(UnitState.NEEDS_REVIEW, 0),
            "source_approved": sources.get(UnitState.APPROVED, 0),
        }


class _InLocale(Page):
    """What the pages of one language share: the locale, and the part of the queue that the address asks for."""

    menu = "Words"

    def load(self) -> None:
        locale = Locale.objects.filter(pk=self.kwargs["locale"]).first()
        if locale is None:
            raise NotFound(f"There is no locale {self.kwargs['locale']}.")
        self.locale = locale
        self.asked = {name: self.request.GET.get(name, "").strip() for name in ("state", "part", "q")}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Words", reverse("admin:words"))]

    def query(self) -> str:
        """Return the filter as the end of an address."""
        kept = {name: value for name, value in self.asked.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def narrowed(self) -> Any:
        """Return the units of the queue that the address asks for, in the order of their keys."""
        units = translation_status.queue(self.locale.pk).filter(translation_status.standing_as(self.asked["state"]))
        if self.asked["part"] in PARTS:
            units = units.filter(begins(PARTS[self.asked["part"]][1]))
        if words := self.asked["q"]:
            units = units.filter(Q(key__icontains=words) | Q(text__icontains=words) | Q(own__text__icontains=words))
        return units.order_by("key")


@page("words/<str:locale>/", "words-locale")
class QueuePage(_InLocale):
    """The texts of one language."""

    template_name = "content/queue.html"

    def heading(self) -> str:
        return f"{self.locale.name} words"

    def load(self) -> None:
        super().load()
        if self.locale.pk == SOURCE_LOCALE:
            raise NotFound("The source language has a list of its own.")

    def context(self) -> dict[str, Any]:
        units = self.paginate(self.narrowed(), 40)
        found = Target.objects.filter(locale=self.locale, unit__in=[unit.pk for unit in units])
        targets = {target.unit_id: target for target in found}
        rows = [(unit, targets.get(unit.pk), translation_status.of_target(unit, targets.get(unit.pk))) for unit in units]
        return {
            "locale": self.locale,
            "asked": self.asked,
            "query": self.query(),
            "rows": rows,
            "units": units,
            "standings": translation_status.EVERY,
            "parts": PARTS,
            "reads": self.user.reads(self.locale.pk),
        }


@page("words/<str:locale>/<str:key>/", "target")
class TargetPage(_InLocale):
    """One text in one language, beside its source."""

    template_name = "content/target.html"
    actions = {
        "save": ("content.edit_words",),
        "save-next": ("content.edit_words",),
        "approve": ("content.approve_words",),
        "clear": ("content.edit_words",),
    }

    def load(self) -> None:
        super().load()
        unit = Unit.objects.select_related("source_locale").filter(key=self.kwargs["key"]).first()
        if unit is None or unit.source_locale_id == self.locale.pk:
            raise NotFound(f"There is no text {self.kwargs['key']} to be had in {self.locale.pk}.")
        self.unit = unit
        self.target = Target.objects.of(unit, self.locale.pk)

    def heading(self) -> str:
        return self.unit.key

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            *super().breadcrumbs(),
            Link(self.locale.name, reverse("admin:words-locale", args=[self.locale.pk]) + self.query()),
        ]

    def address(self, key: str) -> str:
        """Return the address of another text of this queue."""
        return reverse("admin:target", args=[self.locale.pk, key]) + self.query()

    def following(self) -> str | None:
        """Return the address of the next text of the queue."""
        key = self.narrowed().filter(key__gt=self.unit.key).values_list("key", flat=True).first()
        return self.address(key) if key else None

    def context(self) -> dict[str, Any]:
        unit, target = self.unit, self.target
        stale = self.error.extra if isinstance(self.error, EditConflict) else None
        text = self.submitted.get("text", target.text) if self.submitted else target.text
        before = None
        if target.source_revision < unit.revision and target.state != TargetState.EMPTY:
            before = UnitRevision.objects.filter(unit=unit, revision=target.source_revision).first()
        earlier = self.narrowed().filter(key__lt=unit.key).order_by("-key").values_list("key", flat=True).first()
        named = [token.name for token in tokens(unit.text)]
        return {
            "unit": unit,
            "target": target,
            "locale": self.locale,
            "standing": translation_status.of_target(unit, target),
            "source_standing": translation_status.of_source(unit),
            "text": text,
            "stale": stale,
            "faults": target_faults(unit, text, self.locale.pk) if text else [],
            "changes": list(translation_status.changes(before.text, unit.text)) if before else None,
            "before": before,
            "named": Service.objects.filter(pk__in=named),
            "reads": self.user.reads(self.locale.pk),
            "own": target.pk is not None and target.written_by_id == self.user.pk,
            "next": self.following(),
            "previous": self.address(earlier) if earlier else None,
            "history": _history(target),
            "rows": max(4, len(unit.text) // 60 + unit.text.count("\n") + 2),
        }

    def action_save(self, data: QueryDict) -> str | None:
        self._write(data)
        self.success(f"Saved. A second reader of {self.locale.name} has to approve it.")
        return None

    def action_save_next(self, data: QueryDict) -> str | None:
        self._write(data)
        self.success(f"{self.unit.key} is saved.")
        return self.following()

    def action_approve(self, data: QueryDict) -> str | None:
        shown, against = revision_in(data), revision_in(data, "source_revision")
        self.target.approve(by=self.user, at=self.at, from_revision=shown, source_revision=against)
        self.success(f"{self.unit.key} is approved in {self.locale.name}.")
        return self.following()

    def action_clear(self, data: QueryDict) -> str | None:
        self.target.clear(by=self.user, at=self.at, from_revision=revision_in(data))
        self.success("The text is taken out; from the next release on the source stands in.")
        return None

    def _write(self, data: QueryDict) -> None:
        shown, against = revision_in(data), revision_in(data, "source_revision")
        self.target.write(text=data.get("text", ""), by=self.user, at=self.at, from_revision=shown, source_revision=against)


def revision_in(data: QueryDict, name: str = "revision") -> int:
    """Return the revision that was on the screen."""
    shown = data.get(name, "")
    if not shown.isdecimal() or len(shown) > 9:
        raise Invalid("The page did not say which revision it showed.", code="revision")
    return int(shown)


def begins(prefixes: Iterable[str]) -> Q:
    """Return the condition that a unit's key begins in one of these ways."""
    condition = Q()
    for prefix in prefixes:
        condition |= Q(key__startswith=prefix)
    return condition


def _history(target: Target) -> Iterable[AuditEntry]:
    if not target.pk:
        return []
    return AuditEntry.objects.filter(model="content.Target", row=str(target.pk)).select_related("by")[:20]
