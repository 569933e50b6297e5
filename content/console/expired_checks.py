"""What has lapsed in what readers get: shown first, for whom and with what in its place; then taken away, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console.services import policy_at
from content.models import Country
from content.publishing import expiry
from content.publishing.expiry import Gone, Kept, Lapse
from core.console.pages import Link, Page, page


@dataclass(frozen=True)
class Loss:
    """One service with all countries whose readers lose the same of it."""

    one: Gone
    countries: tuple[str, ...]


@page("releases/lapsed/", "lapsed")
class LapsedPage(Page):
    """The plan, and the button that carries out exactly this plan."""

    template_name = "content/lapsed.html"
    title = "Checks that have ended"
    menu = "Releases"
    actions = {"take-away": (expiry.PERMISSION,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Releases", reverse("admin:releases"))]

    def context(self) -> dict[str, Any]:
        lapse = expiry.plan(policy_at(self))
        names = dict(Country.objects.values_list("code", "name"))
        return {
            "lapse": lapse,
            "mark": lapse.mark(),
            "losses": [(loss, [names[code] for code in loss.countries]) for loss in _losses(lapse)],
            "kept": [(one, [names[code] for code in codes]) for one, codes in _stays(lapse)],
        }

    def action_take_away(self, data: QueryDict) -> str | None:
        release = expiry.publish(data.get("mark", ""), policy=policy_at(self), by=self.user, at=self.at)
        self.success(f"Release {release.number} is published: what nobody has checked in time is gone, and nothing else changed.")
        return reverse("admin:release", args=[release.number])


def _losses(lapse: Lapse) -> Iterator[Loss]:
    """Yield the losses, whole services first, those of the same kind together."""
    alike: dict[Any, list[Gone]] = defaultdict(list)
    for one in lapse.gone:
        alike[one.service, one.channels, one.left, one.instead].append(one)
    for group in sorted(alike.values(), key=lambda g: (g[0].left > 0, g[0].service)):
        yield Loss(group[0], tuple(sorted({one.country for one in group})))


def _stays(lapse: Lapse) -> Iterator[tuple[Kept, list[str]]]:
    alike: dict[tuple[str, str], list[Kept]] = defaultdict(list)
    for one in lapse.kept:
        alike[one.service, one.reason.replace(one.country, "")].append(one)
    for group in alike.values():
        yield group[0], sorted(one.country for one in group)
