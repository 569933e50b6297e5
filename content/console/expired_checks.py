"""Expired checks that are still live: what a release without them would remove, and the button that publishes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console.services import policy_at
from content.publishing import expiry, publish
from content.publishing.expiry import ExpiryPlan, Removal, Retained
from core.console.pages import Link, Page, page


@dataclass(frozen=True)
class RemovalGroup:
    """One service, with all countries in which the same of it is removed."""

    removal: Removal
    countries: tuple[str, ...]


@page("releases/lapsed/", "expired-checks")
class ExpiredChecksPage(Page):
    """The removals, and the action that publishes exactly those."""

    template_name = "content/expired_checks.html"
    title = "Expired checks that are still live"
    menu = "Releases"
    actions = {"take-away": (publish.PERMISSION,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases"))]

    def context(self) -> dict[str, Any]:
        plan = expiry.plan(policy_at(self))
        return {
            "plan": plan,
            "version": plan.version_token(),
            "removals": list(_removal_groups(plan)),
            "kept": list(_kept_groups(plan)),
        }

    def action_take_away(self, data: QueryDict) -> str | None:
        release = expiry.publish(data.get("version", ""), policy=policy_at(self), by=self.user, at=self.at)
        self.success(f"Release {release.number} is published without the expired contact details. Nothing else has changed.")
        return reverse("admin:release", args=[release.number])


def _removal_groups(plan: ExpiryPlan) -> Iterator[RemovalGroup]:
    """Yield the removals, whole services first, with the countries in which they are the same."""
    same: dict[Any, list[Removal]] = defaultdict(list)
    for removal in plan.removals:
        same[removal.service, removal.channels, removal.left, removal.substitute].append(removal)
    for group in sorted(same.values(), key=lambda g: (g[0].left > 0, g[0].service)):
        yield RemovalGroup(group[0], tuple(sorted({removal.country for removal in group})))


def _kept_groups(plan: ExpiryPlan) -> Iterator[tuple[Retained, list[str]]]:
    """Yield the services that stay, with the countries in which they stay for the same reason."""
    same: dict[tuple[str, str], list[Retained]] = defaultdict(list)
    for kept in plan.retained:
        same[kept.service, kept.reason].append(kept)
    for group in same.values():
        yield group[0], sorted(kept.country for kept in group)
