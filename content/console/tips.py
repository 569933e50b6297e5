"""Tips: their readers, their texts in order, and the progress of their translations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console import labels, translation_status
from content.console.translation_status import TranslationStatus
from content.console.unit_names import UnitNames
from content.linting.service import MAX_AGE
from content.models import Locale, Target, Tip, Unit
from content.terms import SOURCE_LOCALE, AgeMeasured, Audience, Situation
from core.console.pages import ConsoleForm, Link, Page, page, version_token
from core.errors import Invalid, NotFound

PARTS = {"title": "Title", "short": "Short answer", "do_now": "Do now", "do_not": "Do not", "more": "More"}
_AGES = "Age of the young person. Leave both empty if the tip is for every age."


@page("tips/", "tips", order=10)
class TipsPage(Page):
    """All tips."""

    template_name = "content/tips.html"
    title = "Tips"
    menu = "Tips"

    def context(self) -> dict[str, Any]:
        filters = {name: self.request.GET.get(name, "").strip() for name in ("audience", "situation", "locale", "state")}
        tips = Tip.objects.order_by("order", "slug")
        if filters["audience"] in Audience.values:
            tips = tips.filter(audiences__contains=[filters["audience"]])
        if filters["situation"] in Situation.values:
            tips = tips.filter(situations__contains=[filters["situation"]])
        locales = list(Locale.objects.exclude(pk=SOURCE_LOCALE).order_by("name"))
        locale = next((locale for locale in locales if locale.pk == filters["locale"]), None)
        matrix = TranslationMatrix(tips, [locale] if locale else [])
        rows = []
        for tip in tips:
            counts = matrix.counts(tip, locale) if locale else {}
            if locale is None or filters["state"] in ("", *(status.code for status in counts)):
                rows.append({"tip": tip, "title": matrix.title(tip), "source": matrix.source_status(tip), "counts": counts})
        return {
            "filters": filters,
            "rows": rows,
            "audiences": labels.choices(Audience),
            "situations": labels.choices(Situation),
            "locales": locales,
            "locale": locale,
            "statuses": translation_status.STATUSES,
        }


class TipForm(ConsoleForm):
    """The facts of a tip."""

    audiences = forms.MultipleChoiceField(choices=labels.choices(Audience), widget=forms.CheckboxSelectMultiple, label="Audience")
    situations = forms.MultipleChoiceField(
        choices=labels.choices(Situation), widget=forms.CheckboxSelectMultiple, required=False, label="Situations"
    )
    countries = forms.CharField(
        required=False, label="Countries", help_text="Two-letter codes, for example GB, IE. Leave empty for every country."
    )
    min_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Lowest age", help_text=_AGES)
    max_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Highest age")
    age_measured = forms.ChoiceField(choices=[("", "—"), *labels.choices(AgeMeasured)], required=False, label="Age counts")
    order = forms.IntegerField(min_value=0, max_value=9999, label="Position in the list", help_text="Lower numbers come first.")
    do_now = forms.CharField(required=False, label="Do now: step numbers in order", help_text="For example 1, 3, 2.")
    do_not = forms.CharField(required=False, label="Do not: step numbers in order", help_text="For example 1, 3, 2.")


@page("tips/<slug:slug>/", "tip")
class TipPage(Page):
    """One tip."""

    template_name = "content/tip.html"
    menu = "Tips"
    actions = {
        "amend": ("content.edit_words",),
        "add-step": ("content.edit_words",),
        "retire": ("content.edit_words",),
        "bring-back": ("content.edit_words",),
    }

    def load(self) -> None:
        tip = Tip.objects.filter(slug=self.kwargs["slug"]).first()
        if tip is None:
            raise NotFound("There is no such tip.")
        self.tip = tip
        self.names = UnitNames([f"tip.{tip.slug}"])

    def heading(self) -> str:
        return self.names.name(f"tip.{self.tip.slug}")

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tips", reverse("admin:tips"))]

    def context(self) -> dict[str, Any]:
        tip = self.tip
        locales = list(Locale.objects.exclude(pk=SOURCE_LOCALE).order_by("name"))
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
            ],
            "unused": [(unit, self.names.name(unit.key)) for unit in unused],
            "form": self._form(),
            "version": self._version(),
            "parts": [("do-now", "Do now"), ("do-not", "Do not")],
            "statuses": translation_status.STATUSES,
        }

    def action_amend(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = TipForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        chosen = form.cleaned_data
        self.tip.amend(
            audiences=chosen["audiences"],
            situations=chosen["situations"],
            countries=_split(chosen["countries"].upper()),
            min_age=chosen["min_age"],
            max_age=chosen["max_age"],
            age_measured=chosen["age_measured"],
            order=chosen["order"],
            do_now=_step_numbers(chosen["do_now"]),
            do_not=_step_numbers(chosen["do_not"]),
            by=self.user,
            at=self.at,
        )
        self.success("Saved. Readers see the changes from the next release.")
        return None

    def action_add_step(self, data: QueryDict) -> str | None:
        unit = self.tip.add_step(data.get("part", ""), text=data.get("text", ""), by=self.user, at=self.at)
        self.success(f"Step added: {self.names.name(unit.key)}. Another person must approve it.")
        return None

    def action_retire(self, data: QueryDict) -> str | None:
        self.tip.retire(by=self.user, at=self.at)
        self.success("Tip retired. It is not in the next release.")
        return None

    def action_bring_back(self, data: QueryDict) -> str | None:
        self.tip.bring_back(by=self.user, at=self.at)
        self.success("Tip restored. It is in the next release.")
        return None

    def _version(self) -> str:
        tip = self.tip
        facts = (tip.audiences, tip.situations, tip.countries, tip.min_age, tip.max_age, tip.age_measured, tip.order)
        return version_token([*facts, tip.do_now, tip.do_not])

    def _form(self) -> TipForm:
        if self.submitted is not None and self.submitted.get("action") == "amend":
            return TipForm(self.submitted)
        tip = self.tip
        lists = {name: ", ".join(str(value) for value in getattr(tip, name)) for name in ("countries", "do_now", "do_not")}
        names = ("audiences", "situations", "min_age", "max_age", "age_measured", "order")
        return TipForm(initial={name: getattr(tip, name) for name in names} | lists)


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
        found = [self.status(key, locale) for key in _keys(tip)]
        return {status: found.count(status) for status in translation_status.STATUSES if status in found}


def _part_name(field: str, key: str) -> str:
    """Return the name of a part, with the number of its step: the order of steps is given in these numbers."""
    number = key.rpartition(".")[2]
    return f"{PARTS[field]}, step {number}" if number.isdecimal() else PARTS[field]


def _keys(tip: Tip) -> list[str]:
    return [key for _, key in list(tip.keys())]


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _step_numbers(text: str) -> list[int]:
    parts = _split(text)
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise Invalid("Enter step numbers separated by commas, for example 1, 3, 2.", code="steps")
    return [int(part) for part in parts]
