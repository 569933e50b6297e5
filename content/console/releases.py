"""Releases: compile a candidate, read its report, publish it as a second person, or go back to an earlier release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Sum
from django.http import QueryDict
from django.urls import reverse

from content.compiling.compiler import compile_release
from content.console import labels
from content.console.item_links import mend_url
from content.console.release_words import describe_effects
from content.console.unit_names import UnitNames
from content.models import Locale, Release
from content.models.release import ReleaseState
from content.models.release_change import ChangedKind
from content.publishing.confirmation import candidate_digest, confirm
from content.publishing.publish import publish, roll_back
from content.publishing.scheduling import cancel, schedule
from core.console.clock_changes import clock_fault
from core.console.display import StatusTag, instant_text, language_text
from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid, NotFound

TONES = {
    ReleaseState.CANDIDATE: "wait",
    ReleaseState.PUBLISHED: "good",
    ReleaseState.SUPERSEDED: "",
    ReleaseState.DISCARDED: "",
}
#: How many findings of one kind the page lists.
MAX_LISTED = 200


def state_tag(release: Release) -> StatusTag:
    """Return the state of a release as a tag."""
    return StatusTag(labels.label("release", release.state), TONES[ReleaseState(release.state)])


def find_release(number: int) -> Release:
    """Return the release with those who made it, or raise NotFound."""
    releases = Release.objects.select_related("compiled_by", "published_by", "base", "restores")
    release = releases.filter(pk=min(number, 2**62)).first()
    if release is None:
        raise NotFound("There is no such release.")
    return release


@page("releases/", "releases", order=50)
class ReleasesPage(Page):
    """All releases, newest first."""

    template_name = "content/releases.html"
    title = "Releases"
    menu = "Releases"
    menu_permissions = ("content.compile_release", "content.publish_release")
    actions = {"compile": ("content.compile_release",)}

    def context(self) -> dict[str, Any]:
        releases = (
            Release.objects.select_related("compiled_by", "published_by", "restores")
            .annotate(packs=Count("release_packs"))
            .order_by("-number")
        )
        part = self.paginate(releases, 30)
        rows = [(r, state_tag(r), len(r.report.get("findings", [])), len(r.report.get("blocked", []))) for r in part]
        locales = sorted(((code, language_text(code)) for code in Locale.objects.values_list("code", flat=True)), key=_by_name)
        chosen = self.submitted.getlist("locales") if self.submitted else []
        return {"part": part, "rows": rows, "locales": locales, "chosen": chosen}

    def action_compile(self, data: QueryDict) -> str | None:
        release = compile_release(by=self.user, at=self.at, locales=data.getlist("locales") or None)
        self.success(f"Release {release.number} is compiled. Another person must publish it.")
        return reverse("admin:release", args=[release.number])


@page("releases/<int:number>/", "release")
class ReleasePage(Page):
    """One release: its packs, its report, and its differences from the published release."""

    template_name = "content/release.html"
    menu = "Releases"
    actions = {
        "publish": ("content.publish_release",),
        "schedule": ("content.publish_release",),
        "cancel-schedule": ("content.publish_release",),
        "discard": ("content.compile_release",),
        "roll-back": ("content.compile_release",),
    }

    def load(self) -> None:
        self.release = find_release(self.kwargs["number"])

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
        names = UnitNames(finding["item"] for finding in findings)
        return {
            "release": release,
            "tag": state_tag(release),
            "blocking": _grouped((finding for finding in findings if finding["blocks"]), names),
            "remarks": _grouped((finding for finding in findings if not finding["blocks"]), names),
            "findings": findings,
            "blocked": blocked,
            "sizes": packs.aggregate(n=Count("pk"), bytes=Sum("pack__size")),
            "countries": release.countries(),
            "locales": release.locales(),
            "largest": packs.select_related("pack").order_by("-pack__size").first(),
            "against": against,
            "differences": _differences(release, against) if against else None,
            "own": release.compiled_by_id == self.user.pk,
            "digest": candidate_digest(release),
            "effects": describe_effects(release.effects.all()),
            "confirmed": {int(pk) for pk in self._confirmed(self.submitted)} if self.submitted else set(),
            "changed": _changed_counts(release),
            "schedule": release.schedules.select_related("approved_by").first(),
            "typed_time": self.submitted.get("publish_at", "") if self.submitted else "",
            "held_back": release.scope is not None and release.changes.filter(kind=ChangedKind.SERVICE).exists(),
        }

    @fresh_sign_in
    def action_publish(self, data: QueryDict) -> str | None:
        with transaction.atomic():
            self._confirm(data)
            publish(self.release, by=self.user, at=self.at)
        self.success(f"Release {self.release.number} is published. Readers see it from now on.")
        return None

    @fresh_sign_in
    def action_schedule(self, data: QueryDict) -> str | None:
        zone = ZoneInfo(self.user.time_zone)
        try:
            typed = datetime.fromisoformat(data.get("publish_at", ""))
        except ValueError:
            raise Invalid("Time to publish: enter a date and a time.", code="publish-at") from None
        if fault := clock_fault(typed, zone):
            raise Invalid(f"Time to publish: {labels.inside_sentence(fault)}", code="publish-at")
        publish_at = typed.replace(tzinfo=zone)
        with transaction.atomic():
            self._confirm(data)
            schedule(self.release, publish_at=publish_at, by=self.user, at=self.at)
        self.success(f"Release {self.release.number} will be published on {instant_text(publish_at)}.")
        return None

    def action_cancel_schedule(self, data: QueryDict) -> str | None:
        cancel(self.release, by=self.user, at=self.at)
        self.success(f"Release {self.release.number} will not be published by itself.")
        return None

    def _confirm(self, data: QueryDict) -> None:
        if not data.getlist("effect") and not self.release.effects.exists():
            return
        confirm(self.release, shown=data.get("digest", ""), effects=self._confirmed(data), by=self.user, at=self.at)

    def _confirmed(self, data: QueryDict) -> list[int]:
        """Return the ids of the ticked effects."""
        return [int(pk) for pk in data.getlist("effect") if pk.isascii() and pk.isdecimal() and len(pk) < 19]

    def action_discard(self, data: QueryDict) -> str | None:
        self.release.discard(by=self.user, at=self.at)
        self.success(f"Release {self.release.number} is discarded. It cannot be published.")
        return reverse("admin:releases")

    def action_roll_back(self, data: QueryDict) -> str | None:
        candidate = roll_back(to=self.release.number, by=self.user, at=self.at)
        self.success(
            f"Release {candidate.number} has the packs of release {self.release.number}. Another person must publish it."
        )
        return reverse("admin:release", args=[candidate.number])


def _grouped(findings: Iterable[dict[str, Any]], names: UnitNames) -> list[dict[str, Any]]:
    """Return the findings by code, most frequent first: heading, number, and those to list, each with its item's name."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        groups[finding["code"]].append(finding)
    return [
        {
            "heading": labels.finding_label(code),
            "n": len(group),
            "listed": [
                finding | {"name": names.name(finding["item"]), "url": mend_url(finding["item"], finding["locale"])}
                for finding in group[:MAX_LISTED]
            ],
            "more": max(0, len(group) - MAX_LISTED),
        }
        for code, group in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]


def _by_name(entry: tuple[str, str]) -> str:
    return entry[1]


def _changed_counts(release: Release) -> list[tuple[str, int, int]]:
    """Return (kind, items, languages) of what the release changes, in one query."""
    counts = release.changes.order_by().values_list("kind")
    return list(counts.annotate(items=Count("item", distinct=True), languages=Count("locale", distinct=True)).order_by("kind"))


def _differences(release: Release, against: Release) -> dict[str, Any]:
    """Return the packs (country, locale) that were added, changed and removed, and the number that are the same."""
    new = {(country, locale): digest for country, locale, digest in _digests(release)}
    old = {(country, locale): digest for country, locale, digest in _digests(against)}
    changed = [pack for pack in new if pack in old and new[pack] != old[pack]]
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(changed),
        "removed": sorted(old.keys() - new.keys()),
        "same": len(new.keys() & old.keys()) - len(changed),
    }


def _digests(release: Release) -> Iterable[tuple[str, str, str]]:
    return release.release_packs.order_by().values_list("country_id", "locale_id", "pack_id")
