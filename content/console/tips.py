"""The tips: for whom each is, its texts in order, and how far each language is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console import translation_status
from content.models import Locale, Target, Tip, Unit
from content.terms import SOURCE_LOCALE, Audience, Situation
from core.console.pages import ConsoleForm, Link, Page, page, version_token
from core.errors import Invalid, NotFound

PARTS = {"title": "Title", "short": "Short answer", "do_now": "Do now", "do_not": "Do not", "more": "More"}


@page("tips/", "tips", order=10)
class TipsPage(Page):
    """All tips."""

    template_name = "content/tips.html"
    title = "Tips"
    menu = "Tips"

    def context(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "").strip() for name in ("audience", "situation", "locale", "state")}
        tips = Tip.objects.order_by("order", "slug")
        if asked["audience"] in Audience.values:
            tips = tips.filter(audiences__contains=[asked["audience"]])
        if asked["situation"] in Situation.values:
            tips = tips.filter(situations__contains=[asked["situation"]])
        locales = list(Locale.objects.exclude(pk=SOURCE_LOCALE).order_by("name"))
        locale = next((locale for locale in locales if locale.pk == asked["locale"]), None)
        matrix = Matrix(tips, [locale] if locale else [])
        rows = []
        for tip in tips:
            counts = matrix.counted(tip, locale) if locale else {}
            if locale is None or asked["state"] in ("", *(s.code for s in counts)):
                rows.append({"tip": tip, "title": matrix.title(tip), "source": matrix.source(tip), "counts": counts})
        return {
            "asked": asked,
            "rows": rows,
            "audiences": Audience.choices,
            "situations": Situation.choices,
            "locales": locales,
            "locale": locale,
            "standings": translation_status.EVERY,
        }


class TipForm(ConsoleForm):
    """The facts of a tip."""

    audiences = forms.MultipleChoiceField(choices=Audience.choices, widget=forms.CheckboxSelectMultiple, label="For")
    situations = forms.MultipleChoiceField(
        choices=Situation.choices, widget=forms.CheckboxSelectMultiple, required=False, label="Situations"
    )
    countries = forms.CharField(required=False, label="Countries", help_text="Codes such as GB, IE. Empty: everywhere.")
    order = forms.IntegerField(min_value=0, max_value=9999, label="Place in the list", help_text="Lower numbers come first.")
    do_now = forms.CharField(required=False, label="Do now: numbers of the steps in order")
    do_not = forms.CharField(required=False, label="Do not: numbers of the steps in order")


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
            raise NotFound(f"There is no tip {self.kwargs['slug']}.")
        self.tip = tip

    def heading(self) -> str:
        return self.tip.slug

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tips", reverse("admin:tips"))]

    def context(self) -> dict[str, Any]:
        tip = self.tip
        locales = list(Locale.objects.exclude(pk=SOURCE_LOCALE).order_by("name"))
        locales.sort(key=lambda locale: not self.user.reads(locale.pk))
        matrix = Matrix([tip], locales)
        left_out = Unit.objects.owned_by(tip.owner).exclude(key__in=_keys(tip)).order_by("key")
        return {
            "tip": tip,
            "name": matrix.title(tip),
            "locales": locales,
            "rows": [
                {
                    "part": PARTS[field],
                    "key": key,
                    "unit": matrix.units.get(key),
                    "source": translation_status.of_source(matrix.units[key])
                    if key in matrix.units
                    else translation_status.EMPTY,
                    "cells": [(locale, matrix.of(key, locale)) for locale in locales],
                }
                for field, key in list(tip.keys())
            ],
            "left_out": left_out,
            "form": self._form(),
            "version": self._version(),
            "parts": [("do-now", "Do now"), ("do-not", "Do not")],
            "standings": translation_status.EVERY,
        }

    def action_amend(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = TipForm(data)
        if not form.is_valid():
            raise Invalid("Some fields are not filled in as they should be.", code="form")
        chosen = form.cleaned_data
        self.tip.amend(
            audiences=chosen["audiences"],
            situations=chosen["situations"],
            countries=_split(chosen["countries"].upper()),
            order=chosen["order"],
            do_now=_numbers(chosen["do_now"]),
            do_not=_numbers(chosen["do_not"]),
            by=self.user,
            at=self.at,
        )
        self.success("Saved. The next release has the tip as it is now.")
        return None

    def action_add_step(self, data: QueryDict) -> str | None:
        unit = self.tip.add_step(data.get("part", ""), text=data.get("text", ""), by=self.user, at=self.at)
        self.success(f"{unit.key} is written. A second person has to approve it.")
        return None

    def action_retire(self, data: QueryDict) -> str | None:
        self.tip.retire(by=self.user, at=self.at)
        self.success("The tip is left out of the next release.")
        return None

    def action_bring_back(self, data: QueryDict) -> str | None:
        self.tip.bring_back(by=self.user, at=self.at)
        self.success("The tip is in the next release again.")
        return None

    def _version(self) -> str:
        """Return what tells the facts of the tip from what they were before."""
        tip = self.tip
        return version_token([tip.audiences, tip.situations, tip.countries, tip.order, tip.do_now, tip.do_not])

    def _form(self) -> TipForm:
        if self.submitted is not None and self.submitted.get("action") == "amend":
            return TipForm(self.submitted)
        tip = self.tip
        lists = {name: ", ".join(str(value) for value in getattr(tip, name)) for name in ("countries", "do_now", "do_not")}
        return TipForm(initial={"audiences": tip.audiences, "situations": tip.situations, "order": tip.order, **lists})


class Matrix:
    """Texts of tips against languages, read in two queries however many there are."""

    def __init__(self, tips: Iterable[Tip], locales: Iterable[Locale]) -> None:
        keys = [key for tip in tips for key in _keys(tip)]
        self.units = {unit.key: unit for unit in Unit.objects.filter(key__in=keys)}
        found = Target.objects.filter(unit__key__in=keys, locale__in=list(locales)).defer("text", "approved_text")
        self.targets = {(target.unit_id, target.locale_id): target for target in found}

    def title(self, tip: Tip) -> str:
        """Return the tip's title in the source language."""
        unit = self.units.get(f"tip.{tip.slug}.title")
        return unit.text if unit else tip.slug

    def source(self, tip: Tip) -> translation_status.Standing:
        """Say how the source texts of a tip stand: the least finished one speaks for it."""
        found = [translation_status.of_source(self.units[key]) for key in _keys(tip) if key in self.units]
        return next((s for s in found if s is not translation_status.APPROVED), translation_status.APPROVED)

    def of(self, key: str, locale: Locale) -> translation_status.Standing:
        """Say how one text stands in one language."""
        unit = self.units.get(key)
        return translation_status.of_target(unit, self.targets.get((unit.pk, locale.pk))) if unit else translation_status.EMPTY

    def counted(self, tip: Tip, locale: Locale) -> dict[translation_status.Standing, int]:
        """Count the texts of a tip in one language by how they stand."""
        found = [self.of(key, locale) for key in _keys(tip)]
        return {which: found.count(which) for which in translation_status.EVERY if which in found}


def _keys(tip: Tip) -> list[str]:
    return [key for _, key in list(tip.keys())]


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _numbers(text: str) -> list[int]:
    parts = _split(text)
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise Invalid("Steps are named by their numbers, such as 1, 3, 2.", code="steps")
    return [int(part) for part in parts]
