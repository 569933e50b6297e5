"""Tips, services and releases as a reader's phone shows them: the companion in frames (core.console.phone_preview)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from content.compiling.draft_packs import NothingToShow, published_countries, service_draft, tip_draft
from content.console.unit_names import UnitNames
from content.models import Locale, ReleasePack, Service, Tip
from content.resolver.types import PackContent, PackedTip
from content.terms import SOURCE_LOCALE, WORLDWIDE, Audience
from core.console.display import country_text, language_text
from core.console.pages import Link, Page, page
from core.console.phone_preview import (
    DARK,
    NARROW,
    PREVIEWS,
    PreviewEnded,
    PreviewKind,
    PreviewPhone,
    preview_phone,
    shows_phones,
)
from core.errors import NotFound

#: The country that is shown first where it is among those to choose from.
_USUAL_COUNTRY = "GB"


def _shown_tip(shows: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    return _content(shows, lambda: tip_draft(shows["tip"], shows["country"], shows["locale"], at=at).pack)


def _shown_service(shows: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    return _content(shows, lambda: service_draft(shows["service"], shows["country"], shows["locale"], at=at).pack)


def _shown_pack(shows: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    found = ReleasePack.objects.filter(release=shows["release"], country=shows["country"], locale=shows["locale"])
    body = found.values_list("pack__body", flat=True).first()
    if body is None:
        raise PreviewEnded("This release holds no such pack.")
    pack: PackContent = orjson.loads(body)
    return {**shows, "pack": pack}


def _content(shows: Mapping[str, Any], read: Any) -> Mapping[str, Any]:
    try:
        return {**shows, "pack": read()}
    except NothingToShow as error:
        raise PreviewEnded(error.detail) from None


PREVIEWS.update(tip=PreviewKind(_shown_tip), service=PreviewKind(_shown_service), pack=PreviewKind(_shown_pack))


class ItemPreviewPage(Page):
    """The base of the previews of one item with its drafts: a choice of the country and the language, and three phones."""

    template_name = "content/phone_preview.html"

    def load(self) -> None:
        codes = list(Locale.objects.translated().values_list("code", flat=True))
        self.locale = self.kwargs.get("locale") or self.request.GET.get("locale") or SOURCE_LOCALE
        if self.locale not in codes:
            raise NotFound("There is no such language.")
        self.locales = sorted(((code, language_text(code)) for code in codes), key=lambda choice: choice[1])
        self.item = self.find_item()
        self.countries = self.find_countries()
        wanted = self.request.GET.get("country", "")
        usual = _USUAL_COUNTRY if _USUAL_COUNTRY in self.countries else next(iter(self.countries), WORLDWIDE)
        self.country = wanted if wanted in self.countries else usual

    def find_item(self) -> Any:
        """Return the tip or service, or raise NotFound."""
        raise NotImplementedError

    def find_countries(self) -> list[str]:
        """Return the countries of the published release whose readers may get the item."""
        raise NotImplementedError

    def shown(self) -> tuple[str, dict[str, Any]]:
        """Return the kind of the preview, and what it shows."""
        raise NotImplementedError

    def draft(self) -> dict[str, Any]:
        """Return what the page itself says of the draft. Raises NothingToShow."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        chosen = {
            "countries": [(code, country_text(code)) for code in self.countries],
            "locales": self.locales,
            "country": self.country,
            "locale": self.locale,
            "language": language_text(self.locale),
        }
        try:
            draft = self.draft()
        except NothingToShow as error:
            return {**chosen, "nothing": error.detail}
        kind, shows = self.shown()
        shows = {"country": self.country, "locale": self.locale, **shows}
        return {**chosen, **draft, "phones": self._phones(kind, shows)}

    def _phones(self, kind: str, shows: Mapping[str, Any]) -> list[PreviewPhone]:
        return [
            preview_phone("Light colours", kind, shows, to=self.user),
            preview_phone("Dark colours", kind, shows, to=self.user, theme=DARK),
            preview_phone("A narrow phone", kind, shows, to=self.user, width=NARROW),
        ]


@page("tips/<slug:slug>/<str:locale>/phone/", "tip-phone")
@shows_phones
class TipPhonePage(ItemPreviewPage):
    """One tip in one language with its texts as they are saved."""

    menu = "Translations"
    item: Tip

    def heading(self) -> str:
        name = UnitNames([f"tip.{self.item.slug}"]).name(f"tip.{self.item.slug}")
        return f"{name} ({language_text(self.locale)}) as a reader sees it"

    def breadcrumbs(self) -> Iterable[Link]:
        if self.locale == SOURCE_LOCALE:
            return [Link("Tips", reverse("admin:tips")), Link("The tip", reverse("admin:tip", args=[self.item.slug]))]
        return [
            Link("Translations", reverse("admin:translations")),
            Link("The texts", reverse("admin:tip-translation", args=[self.item.slug, self.locale])),
        ]

    def find_item(self) -> Tip:
        tip = Tip.objects.filter(pk=self.kwargs["slug"]).first()
        if tip is None:
            raise NotFound("There is no such tip.")
        return tip

    def find_countries(self) -> list[str]:
        return [code for code in published_countries() if not self.item.countries or code in self.item.countries]

    def shown(self) -> tuple[str, dict[str, Any]]:
        return "tip", {"tip": self.item.slug, "audience": self.item.audiences[0]}

    def draft(self) -> dict[str, Any]:
        found = tip_draft(self.item.slug, self.country, self.locale, at=self.at)
        tip = next(tip for tip in found.pack["tips"] if tip["slug"] == self.item.slug)
        return {"tip": tip, "more": more_of(tip), "untranslated": found.untranslated}


@page("services/<slug:id>/phone/", "service-phone")
@shows_phones
class ServicePhonePage(ItemPreviewPage):
    """One service with its texts as they are saved, in the language of the query string."""

    menu = "Services"
    item: Service

    def heading(self) -> str:
        return f"{self.item.name} as a reader sees it"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.item.pk])
        return [Link("Services", reverse("admin:services")), Link(self.item.name, own)]

    def find_item(self) -> Service:
        service = Service.objects.filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        return service

    def find_countries(self) -> list[str]:
        service = self.item
        if service.country_id != WORLDWIDE:
            return [code for code in published_countries() if code == service.country_id]
        return [code for code in published_countries() if service.area is None or code in service.area]

    def shown(self) -> tuple[str, dict[str, Any]]:
        audience = Audience.TEEN.value if Audience.TEEN in self.item.audiences else self.item.audiences[0]
        return "service", {"service": self.item.pk, "audience": audience}

    def draft(self) -> dict[str, Any]:
        pack = service_draft(self.item.pk, self.country, self.locale, at=self.at).pack
        return {"service": next(service for service in pack["services"] if service["id"] == self.item.pk)}


def more_of(tip: PackedTip) -> SafeString:
    """Return the further text of a packed tip as HTML, which the compiler has sanitised."""
    return mark_safe(tip["more_html"])  # noqa: S308  sanitised by the compiler
