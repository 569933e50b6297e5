"""Releases: compile a candidate, read what the gate says, publish as a second person, or go back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Sum
from django.http import QueryDict
from django.urls import reverse

from content.compiling.compiler import compile_release
from content.models import Release
from content.models.release import ReleaseState
from content.publishing.publish import publish, roll_back
from core.console.pages import Link, Page, page
from core.errors import NotFound

TONES = {
    ReleaseState.CANDIDATE: "wait",
    ReleaseState.PUBLISHED: "good",
    ReleaseState.SUPERSEDED: "",
    ReleaseState.DISCARDED: "",
}


@page("releases/", "releases", order=50)
class ReleasesPage(Page):
    """All releases, newest first."""

    template_name = "content/releases.html"
    title = "Releases"
    menu = "Releases"
    actions = {"compile": ("content.compile_release",)}

    def context(self) -> dict[str, Any]:
        releases = (
            Release.objects.select_related("compiled_by", "published_by", "restores")
            .annotate(packs=Count("release_packs"))
            .order_by("-number")
        )
        part = self.paginate(releases, 30)
        rows = [(r, TONES[ReleaseState(r.state)], *_weight(r)) for r in part]
        return {"part": part, "rows": rows}

    def action_compile(self, data: QueryDict) -> str | None:
        release = compile_release(by=self.user, at=self.at)
        self.success(f"Release {release.number} is compiled. Another person publishes it.")
        return reverse("admin:release", args=[release.number])


@page("releases/<int:number>/", "release")
class ReleasePage(Page):
    """One release: what is in it, what the gate says, and what differs from the published one."""

    template_name = "content/release.html"
    menu = "Releases"
    actions = {
        "publish": ("content.publish_release",),
        "discard": ("content.compile_release",),
        "roll-back": ("content.compile_release",),
    }

    def load(self) -> None:
        people = Release.objects.select_related("compiled_by", "published_by", "base", "restores")
        release = people.filter(pk=min(self.kwargs["number"], 2**62)).first()
        if release is None:
            raise NotFound(f"There is no release {self.kwargs['number']}.")
        self.release = release

    def heading(self) -> str:
        return f"Release {self.release.number}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases"))]

    def context(self) -> dict[str, Any]:
        release = self.release
        packs = release.release_packs.order_by()
        findings, blocked = release.report.get("findings", []), release.report.get("blocked", [])
        against = Release.objects.filter(state=ReleaseState.PUBLISHED).exclude(pk=release.pk).first()
        if release.state == ReleaseState.PUBLISHED:
            against = release.base
        return {
            "release": release,
            "tone": TONES[ReleaseState(release.state)],
            "blocking": _grouped(finding for finding in findings if finding["blocks"]),
            "remarks": _grouped(finding for finding in findings if not finding["blocks"]),
            "findings": findings,
            "blocked": [{"country": country, "locale": locale} for country, locale in blocked],
            "sizes": packs.aggregate(n=Count("pk"), bytes=Sum("pack__size")),
            "countries": release.countries(),
            "locales": release.locales(),
            "largest": packs.select_related("pack").order_by("-pack__size").first(),
            "against": against,
            "differences": _differences(release, against) if against else None,
            "own": release.compiled_by_id == self.user.pk,
        }

    def action_publish(self, data: QueryDict) -> str | None:
        publish(self.release, by=self.user, at=self.at)
        self.success(f"Release {self.release.number} is published: readers get it from now on.")
        return None

    def action_discard(self, data: QueryDict) -> str | None:
        self.release.discard(by=self.user, at=self.at)
        self.success(f"Release {self.release.number} will not be published.")
        return reverse("admin:releases")

    def action_roll_back(self, data: QueryDict) -> str | None:
        candidate = roll_back(to=self.release.number, by=self.user, at=self.at)
        self.success(f"Release {candidate.number} holds the packs of release {self.release.number}. Another person publishes it.")
        return reverse("admin:release", args=[candidate.number])


def _weight(release: Release) -> tuple[int, int]:
    """Return how many findings there are, and how many packs they block."""
    return len(release.report.get("findings", [])), len(release.report.get("blocked", []))


def _grouped(findings: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the findings by their code, most frequent first."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        groups[finding["code"]].append(finding)
    return sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))


def _differences(release: Release, against: Release) -> dict[str, Any]:
    """Say which packs were added, changed and removed between two releases."""
    new = {(country, locale): digest for country, locale, digest in _digests(release)}
    old = {(country, locale): digest for country, locale, digest in _digests(against)}
    changed = [place for place in new if place in old and new[place] != old[place]]
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(changed),
        "removed": sorted(old.keys() - new.keys()),
        "same": len(new.keys() & old.keys()) - len(changed),
    }


def _digests(release: Release) -> Iterable[tuple[str, str, str]]:
    return release.release_packs.order_by().values_list("country_id", "locale_id", "pack_id")
