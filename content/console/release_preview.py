"""A pack of a release as a phone shows it, beside the published one: the plan and the tips for one reader, and what differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, When
from django.urls import reverse
from django.utils.safestring import SafeString

from content.console.phone_previews import more_of
from content.console.release_words import as_item_change, describe_changes
from content.console.releases import find_release
from content.models import Release, ReleaseChange, ReleasePack
from content.models.release import ReleaseState
from content.models.release_change import ChangedKind
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, PackedPhrase, PackedService, PackedTip, Plan, Query
from content.terms import Audience, Situation
from core.console.display import country_text, language_text
from core.console.pages import Link, Page, page
from core.console.phone_preview import PreviewPhone, preview_phone, shows_phones

#: Ages that the form offers, in years.
_AGES = range(8, 26)
#: How many changes the page lists; the others are on the page of all changes.
_MAX_CHANGES = 20


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
@shows_phones
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
        given = self._chosen("age", [str(age) for age in _AGES], "")
        age = int(given) if given else None
        found = ReleasePack.objects.filter(release=self.release, country=country, locale=locale)
        body = found.values_list("pack__body", flat=True).first()
        chosen = {"country": country, "locale": locale, "audience": audience, "situation": situation, "age": age}
        shown: dict[str, Any] = {}
        if body is not None:
            pack: PackContent = json.loads(body)
            # What kit/companion/preview.js asks for the same reader: the phones and the page show one plan.
            query = Query(country, situation, audience=audience, age=age, languages=(locale,))
            plan = resolve(pack, query, self.at)
            shown = {
                "pack": pack,
                "steps": list(_steps(pack, plan)),
                "tips": list(_tips(pack, plan)),
                **self._phones(chosen),
            }
        return {
            "release": self.release,
            "countries": [(code, country_text(code)) for code in countries],
            "locales": [(code, language_text(code)) for code in locales],
            "audiences": Audience.values,
            "situations": Situation.values,
            "ages": _AGES,
            "chosen": chosen,
            **shown,
        }

    def _phones(self, shows: dict[str, Any]) -> dict[str, Any]:
        """Return the phones, first that of the release to compare this one with, and what differs for these readers."""
        against = self._against()
        found: list[PreviewPhone] = []
        place = {"country": shows["country"], "locale": shows["locale"]}
        if against is not None and ReleasePack.objects.filter(release=against, **place).exists():
            is_published = against.state == ReleaseState.PUBLISHED
            caption = f"Release {against.number}, {'published' if is_published else 'the one before'}"
            found.append(preview_phone(caption, "pack", {**shows, "release": against.pk}, to=self.user))
        caption = f"Release {self.release.number}, this one"
        found.append(preview_phone(caption, "pack", {**shows, "release": self.release.pk}, to=self.user))
        # What is recorded is the difference from the base.
        if against is None or self.release.base_id != against.pk:
            return {"phones": found}
        changes = ReleaseChange.objects.filter(
            release=self.release, locale=shows["locale"], countries__contains=[shows["country"]]
        )
        # There are many words of the app, and people look for tips and services.
        changes = changes.order_by(Case(When(kind=ChangedKind.LABEL, then=1), default=0), "kind", "item")
        number = changes.count()
        return {
            "phones": found,
            "compared": True,
            "against": against,
            "changed": describe_changes(map(as_item_change, changes[:_MAX_CHANGES])),
            "more_changes": max(0, number - _MAX_CHANGES),
        }

    def _against(self) -> Release | None:
        """Return the published release; for the published one itself, the one before it."""
        if self.release.state == ReleaseState.PUBLISHED:
            return self.release.base
        return Release.objects.filter(state=ReleaseState.PUBLISHED).first()

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
        yield ShownTip(tips[slug], more_of(tips[slug]))
