"""What a release changes, in words, by language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count
from django.urls import reverse

from content.console.release_words import as_item_change, describe_changes
from content.console.releases import find_release
from content.models import ReleaseChange
from content.models.release_change import ChangedKind
from content.terms import SOURCE_LOCALE
from core.console.display import language_text
from core.console.pages import Link, Page, page

#: How many items a page shows.
_PER_PAGE = 25


@page("releases/<int:number>/changes/", "release-changes")
class ReleaseChangesPage(Page):
    """The changes of one language, with word diffs."""

    template_name = "content/release_changes.html"
    menu = "Releases"

    def load(self) -> None:
        self.release = find_release(self.kwargs["number"])

    def heading(self) -> str:
        return f"Changes of release {self.release.number}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [
            Link("Releases", reverse("admin:releases")),
            Link(f"Release {self.release.number}", reverse("admin:release", args=[self.release.number])),
        ]

    def context(self) -> dict[str, Any]:
        changes = ReleaseChange.objects.filter(release=self.release)
        counts = dict(changes.order_by().values_list("locale").annotate(n=Count("pk")))
        locale = self.request.GET.get("locale", "")
        if locale not in counts:
            locale = SOURCE_LOCALE if SOURCE_LOCALE in counts else min(counts, default="")
        kind = self.request.GET.get("kind", "")
        shown = changes.filter(locale=locale, **({"kind": kind} if kind in ChangedKind.values else {}))
        part = self.paginate(shown, _PER_PAGE)
        return {
            "release": self.release,
            "part": part,
            "items": describe_changes(map(as_item_change, part)),
            "languages": sorted(((code, language_text(code), n) for code, n in counts.items()), key=lambda entry: entry[1]),
            "locale": locale,
            "kinds": ChangedKind.values,
            "kind": kind,
        }
