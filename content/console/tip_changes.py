"""Proposed changes of tips: one person proposes a change, another sees what it does and approves it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from content.console.labels import label
from content.console.revision_pages import RevisionPage
from content.console.tip_change import TipChange
from content.console.unit_names import UnitNames
from content.models import TipRevision, Unit
from content.models.revision import RevisionState
from content.models.tip_facts import unit_keys
from content.models.tip_revision import TipAct
from core.console.pages import Link, Page, page
from core.errors import NotFound


@page("tip-changes/", "tip-changes", order=15)
class TipChangesPage(Page):
    """The proposals that need a second person."""

    template_name = "content/tip_changes.html"
    title = "Tip changes"
    menu = "Tip changes"
    menu_permissions = ("content.edit_words", "content.approve_words")

    def context(self) -> dict[str, Any]:
        proposals = TipRevision.objects.proposed().select_related("proposed_by").order_by("proposed_at", "pk")
        part = self.paginate(proposals, 50)
        names = UnitNames(f"tip.{revision.slug}" for revision in part)
        return {
            "part": part,
            "rows": [(one, names.name(f"tip.{one.slug}"), one.proposed_by_id == self.user.pk) for one in part],
        }


@page("tip-changes/<int:id>/", "tip-change")
class TipChangePage(RevisionPage):
    """One proposal: what changes, what it does to the packs, and the decision."""

    menu = "Tip changes"
    menu_permissions = ("content.edit_words", "content.approve_words")
    list_name = "tip-changes"
    approver = "A localisation reviewer"
    actions = {
        "approve": ("content.approve_words",),
        "reject": ("content.approve_words",),
        "withdraw": ("content.edit_words",),
    }

    revision: TipRevision

    def load(self) -> None:
        found = TipRevision.objects.select_related("proposed_by", "approved_by").filter(pk=self.kwargs["id"]).first()
        if found is None:
            raise NotFound("There is no such proposal.")
        self.revision = found
        self.units = {unit.key: unit for unit in Unit.objects.owned_by(f"tip:{found.slug}").order_by("pk")}
        title = self.units.get(f"tip.{found.slug}.title")
        self.names = UnitNames([f"tip.{found.slug}"], titles={found.slug: title.text} if title else {})

    def name(self) -> str:
        return self.names.name(f"tip.{self.revision.slug}")

    def change(self) -> TipChange:
        return TipChange.of(self.revision, at=self.at, units=self.units)

    def state(self) -> tuple[str, str]:
        act = self.revision.act
        return label("tip-change", act), {TipAct.RETIRE: "bad", TipAct.CHANGE: "wait"}.get(TipAct(act), "good")

    def row_link(self) -> Link | None:
        if self.revision.act == TipAct.ADD and self.revision.state != RevisionState.APPROVED:
            return None
        return Link("Open the tip", reverse("admin:tip", args=[self.revision.slug]))

    def context(self) -> dict[str, Any]:
        slug = self.revision.slug
        # The page needs the title, which a new tip has before it has a page of its own.
        together = reverse("admin:tip-approve", args=[slug]) if f"tip.{slug}.title" in self.units else ""
        keys = {key for _, key in unit_keys(slug, [], [], more=self.revision.more)}
        texts = [unit for key, unit in self.units.items() if key in keys] if self.revision.act == TipAct.ADD else []
        return super().context() | {"texts": texts, "together": together}
