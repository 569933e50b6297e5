"""A pack of a release as a phone shows it: the plan and the tips for one reader, from the bytes of the pack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from content.console.releases import find_release
from content.models import ReleasePack
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, PackedPhrase, PackedService, PackedTip, Plan, Query
from content.terms import Audience, Situation
from core.console.display import country_text, language_text
from core.console.pages import Link, Page, page

#: Ages that a reader can have; 0 means "not given".
_AGES = range(8, 26)


@dataclass(frozen=True)
class ShownStep:
    """One step of the plan: its words, the service and its alternatives."""

    words: PackedPhrase
    services: list[PackedService]


@dataclass(frozen=True)
class ShownTip:
    """One tip with its page of further text as HTML, which the compiler has sanitised."""

    tip: PackedTip
    more: SafeString


@page("releases/<int:number>/preview/", "release-preview")
class ReleasePreviewPage(Page):
    """The preview for the reader that the form describes."""

    template_name = "content/release_preview.html"
    menu = "Releases"

    def load(self) -> None:
        self.release = find_release(self.kwargs["number"])

    def heading(self) -> str:
        return f"Preview of release {self.release.number}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Releases", reverse("admin:releases")),
            Link(f"Release {self.release.number}", reverse("admin:release", args=[self.release.number])),
        ]

    def context(self) -> dict[str, Any]:
        countries, locales = self.release.countries(), self.release.locales()
        country = self._chosen("country", countries, "GB")
        locale = self._chosen("locale", locales, "en")
        audience = self._chosen("audience", Audience.values, Audience.TEEN.value)
        situation = self._chosen("situation", Situation.values, Situation.BLACKMAIL.value)
        age = self._chosen("age", [str(age) for age in _AGES], "")
        found = ReleasePack.objects.filter(release=self.release, country=country, locale=locale)
        body = found.values_list("pack__body", flat=True).first()
        shown: dict[str, Any] = {}
        if body is not None:
            pack: PackContent = json.loads(body)
            query = Query(country, situation, audience=audience, age=int(age) if age else None)
            plan = resolve(pack, query, self.at)
            shown = {"pack": pack, "steps": list(_steps(pack, plan)), "tips": list(_tips(pack, plan))}
        return {
            "release": self.release,
            "countries": [(code, country_text(code)) for code in countries],
            "locales": [(code, language_text(code)) for code in locales],
            "audiences": Audience.values,
            "situations": Situation.values,
            "ages": _AGES,
            "chosen": {
                "country": country,
                "locale": locale,
                "audience": audience,
                "situation": situation,
                "age": int(age) if age else None,
            },
            **shown,
        }

    def _chosen(self, name: str, known: Iterable[str], default: str) -> str:
        value, known = self.request.GET.get(name, ""), list(known)
        if value in known:
            return value
        return default if default in known or not known or not default else known[0]


def _steps(pack: PackContent, plan: Plan) -> Iterator[ShownStep]:
    for step in plan.steps:
        ids = [one for one in (step.service, *step.alternatives) if one is not None]
        yield ShownStep(pack["labels"]["steps"][step.step], [plan.services[one] for one in ids])


def _tips(pack: PackContent, plan: Plan) -> Iterator[ShownTip]:
    tips = {tip["slug"]: tip for tip in pack["tips"]}
    for slug in plan.tips:
        yield ShownTip(tips[slug], mark_safe(tips[slug]["more_html"]))  # noqa: S308  sanitised by the compiler
