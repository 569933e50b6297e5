"""Tips: their readers, their texts in order, the progress of their translations, and the form that proposes a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console import labels, translation_status
from content.console.fact_change import DescribedChange
from content.console.revision_pages import ProposalPage
from content.console.served_languages import served_tips
from content.console.tip_change import TipChange
from content.console.tip_form import TipForm
from content.console.translation_status import TranslationStatus
from content.console.unit_names import UnitNames
from content.models import Locale, Target, Tip, TipRevision, Unit
from content.models.tip_facts import SHORT_TITLE, short_title_key
from content.terms import SOURCE_LOCALE, Audience, Situation
from core.console.pages import Link, Page, page, version_token
from core.errors import Invalid, NotFound

PARTS = {
    "title": "Title",
    SHORT_TITLE: "Short title",
    "short": "Short answer",
    "do_now": "Do now",
    "do_not": "Do not",
    "more": "More",
}
#: The value of the short title in the form for a further text.
_SHORT_TITLE_PART = "short-title"


@page("tips/", "tips", order=10)
class TipsPage(Page):
    """All tips."""

    template_name = "content/tips.html"
    title = "Tips"
    menu = "Tips"
    menu_permissions = ("content.edit_words", "content.approve_words")

    def context(self) -> dict[str, Any]:
        filters = {name: self.request.GET.get(name, "").strip() for name in ("audience", "situation", "locale", "state")}
        tips = Tip.objects.order_by("order", "slug")
        if filters["audience"] in Audience.values:
            tips = tips.filter(audiences__contains=[filters["audience"]])
        if filters["situation"] in Situation.values:
            tips = tips.filter(situations__contains=[filters["situation"]])
        locales = list(Locale.objects.translated().exclude(pk=SOURCE_LOCALE).order_by("name"))
        locale = next((locale for locale in locales if locale.pk == filters["locale"]), None)
        matrix = TranslationMatrix(tips, [locale] if locale else [])
        served = served_tips(locale.pk) if locale else None
        rows = []
        for tip in tips:
            counts = matrix.counts(tip, locale) if locale else {}
            if locale is None or filters["state"] in ("", *(status.code for status in counts)):
                row = {"tip": tip, "title": matrix.title(tip), "source": matrix.source_status(tip), "counts": counts}
                rows.append({**row, "fallback": served.fallbacks.get(tip.slug) if served else None})
        return {
            "may_write": self.has_any_perm("content.edit_words"),
            "filters": filters,
            "waiting": TipRevision.objects.proposed().count(),
            "rows": rows,
            "audiences": labels.choices(Audience),
            "situations": labels.choices(Situation),
            "locales": locales,
            "locale": locale,
            "statuses": translation_status.STATUSES,
            "served": served,
        }


@page("tips/<slug:slug>/", "tip")
class TipPage(ProposalPage):
    """One tip, and the form that proposes a change of it."""

    template_name = "content/tip.html"
    menu = "Tips"
    actions = {
        "preview": ("content.edit_words",),
        "propose": ("content.edit_words",),
        "add-step": ("content.edit_words",),
    }

    def load(self) -> None:
        tip = Tip.objects.filter(slug=self.kwargs["slug"]).first()
        if tip is None:
            raise NotFound("There is no such tip.")
        self.tip = tip
        self.names = UnitNames([f"tip.{tip.slug}"])
        self.proposal = TipRevision.objects.proposed().select_related("proposed_by").filter(slug=tip.slug).first()

    def heading(self) -> str:
        return self.names.name(f"tip.{self.tip.slug}")

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tips", reverse("admin:tips"))]

    def context(self) -> dict[str, Any]:
        tip = self.tip
        locales = list(Locale.objects.translated().exclude(pk=SOURCE_LOCALE).order_by("name"))
        locales.sort(key=lambda locale: not self.user.reads(locale.pk))
        matrix = TranslationMatrix([tip], locales)
        unused = Unit.objects.owned_by(tip.owner).exclude(key__in=_keys(tip)).order_by("key")
        return {
            "tip": tip,
            "locales": locales,
            "rows": [
                {
                    "part": _part_name(field, key),
                    "key": key,
                    "unit": matrix.units.get(key),
                    "source": translation_status.source_status(matrix.units[key])
                    if key in matrix.units
                    else translation_status.EMPTY,
                    "cells": [(locale, matrix.status(key, locale)) for locale in locales],
                }
                for field, key in list(tip.keys())
                if field != SHORT_TITLE or key in matrix.units
            ],
            "unused": [(unit, self.names.name(unit.key)) for unit in unused],
            "proposal": self.proposal,
            "own_proposal": self.proposal is not None and self.proposal.proposed_by_id == self.user.pk,
            "may_approve": self.has_any_perm("content.approve_words"),
            "preview": self.preview,
            "form": self._form(),
            "version": self._version(),
            "parts": [
                ("do-now", "Do now"),
                ("do-not", "Do not"),
                *([] if Unit.objects.filter(key=f"tip.{tip.slug}.more").exists() else [("more", "More")]),
                *([] if short_title_key(tip.slug) in matrix.units else [(_SHORT_TITLE_PART, "Short title")]),
            ],
            "statuses": translation_status.STATUSES,
            "may_withdraw": self.has_any_perm("content.publish_release"),
        }

    def propose(self, described: DescribedChange, reason: str) -> str:
        assert isinstance(described, TipChange)
        own = self.proposal.pk if self.proposal is not None and self.proposal.proposed_by_id == self.user.pk else None
        revision = TipRevision.objects.propose(
            slug=self.tip.slug, facts=described.revision.facts(), by=self.user, at=self.at, reason=reason, replaces=own
        )
        return reverse("admin:tip-change", args=[revision.pk])

    def action_add_step(self, data: QueryDict) -> str | None:
        if data.get("part") == _SHORT_TITLE_PART:
            return self._write_short_title(data.get("text", ""))
        revision, unit = TipRevision.objects.propose_step(
            slug=self.tip.slug, part=data.get("part", ""), text=data.get("text", ""), by=self.user, at=self.at
        )
        self.success(f"Proposed: {self.names.name(unit.key)}. Another person must approve the change, and the text itself.")
        return reverse("admin:tip-change", args=[revision.pk])

    def _write_short_title(self, text: str) -> str:
        """Write the short title. No fact of the tip changes, so the text alone needs a second person."""
        key = short_title_key(self.tip.slug)
        if Unit.objects.filter(key=key).exists():
            raise Invalid("The tip has a short title already. Change that text.", code="part")
        Unit.objects.write(key=key, owner=self.tip.owner, text=text, by=self.user, at=self.at)
        self.success("Written: the short title. Another person must approve it before readers get it.")
        return reverse("admin:source-text", args=[key])

    def described(self, data: QueryDict) -> TipChange:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = TipForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        return TipChange.of(TipRevision.objects.prepare(self.tip.slug, {"kind": self.tip.kind, **form.facts()}), at=self.at)

    def _version(self) -> str:
        return version_token([self.tip.facts(), self.proposal.pk if self.proposal else None])

    def _form(self) -> TipForm:
        if self.submitted is not None and self.submitted.get("action") in ("preview", "propose"):
            return TipForm(self.submitted)
        own = self.proposal if self.proposal is not None and self.proposal.proposed_by_id == self.user.pk else self.tip
        return TipForm(initial=TipForm.initial_of(own.facts()))


class TranslationMatrix:
    """The texts of tips by language, read in two queries."""

    def __init__(self, tips: Iterable[Tip], locales: Iterable[Locale]) -> None:
        keys = [key for tip in tips for key in _keys(tip)]
        self.units = {unit.key: unit for unit in Unit.objects.filter(key__in=keys)}
        found = Target.objects.with_status().filter(unit__key__in=keys, locale__in=list(locales)).defer("text", "approved_text")
        self.targets = {(target.unit_id, target.locale_id): target for target in found}

    def title(self, tip: Tip) -> str:
        """Return the tip's title in the source language."""
        unit = self.units.get(f"tip.{tip.slug}.title")
        return unit.text if unit else tip.slug

    def source_status(self, tip: Tip) -> TranslationStatus:
        """Return the least finished status among the tip's source texts."""
        found = [translation_status.source_status(self.units[key]) for key in _keys(tip) if key in self.units]
        return next((s for s in found if s is not translation_status.APPROVED), translation_status.APPROVED)

    def status(self, key: str, locale: Locale) -> TranslationStatus:
        """Return the status of one text in one language."""
        unit = self.units.get(key)
        if unit is None:
            return translation_status.EMPTY
        return translation_status.target_status(self.targets.get((unit.pk, locale.pk)))

    def counts(self, tip: Tip, locale: Locale) -> dict[TranslationStatus, int]:
        """Count the tip's texts in one language by status."""
        found = [self.status(key, locale) for field, key in list(tip.keys()) if field != SHORT_TITLE or key in self.units]
        return {status: found.count(status) for status in translation_status.STATUSES if status in found}


def _part_name(field: str, key: str) -> str:
    """Return the name of a part, with the number of its step: the order of steps is given in these numbers."""
    number = key.rpartition(".")[2]
    return f"{PARTS[field]}, step {number}" if number.isdecimal() else PARTS[field]


def _keys(tip: Tip) -> list[str]:
    return [key for _, key in list(tip.keys())]
