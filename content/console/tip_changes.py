"""Proposed changes of tips: one person proposes a change, another sees what it does and approves it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.console.tip_change import TipChange
from content.console.unit_names import UnitNames
from content.models import TipRevision, Unit
from content.models.channel_revision import RevisionState
from content.models.tip_facts import unit_keys
from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Forbidden, NotFound


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
class TipChangePage(Page):
    """One proposal: what changes, what it does to the packs, and the decision."""

    template_name = "content/tip_change.html"
    menu = "Tip changes"
    actions = {
        "approve": ("content.approve_words",),
        "reject": ("content.approve_words",),
        "withdraw": ("content.edit_words",),
    }

    def load(self) -> None:
        found = TipRevision.objects.select_related("proposed_by", "approved_by").filter(pk=self.kwargs["id"]).first()
        if found is None:
            raise NotFound("There is no such proposal.")
        self.revision = found
        self.names = UnitNames([f"tip.{found.slug}"])

    def heading(self) -> str:
        return f"Change of “{self.names.name(f'tip.{self.revision.slug}')}”"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Tip changes", reverse("admin:tip-changes"))]

    def context(self) -> dict[str, Any]:
        revision = self.revision
        waiting = revision.state == RevisionState.PROPOSED
        keys = [key for _, key in unit_keys(revision.slug, [], [], more=revision.more)]
        return {
            "revision": revision,
            "waiting": waiting,
            "own": revision.proposed_by_id == self.user.pk,
            "change": TipChange.of(revision, at=self.at) if waiting else None,
            "texts": Unit.objects.filter(key__in=keys).order_by("pk") if revision.act == "add" else [],
            "tip_exists": revision.act != "add" or revision.state == RevisionState.APPROVED,
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        self.revision.approve(by=self.user, at=self.at)
        self.success(f"Approved: {self.heading()}. Readers see the change from the next release.")
        return reverse("admin:tip-changes")

    def action_reject(self, data: QueryDict) -> str | None:
        self.revision.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: {self.heading()}.")
        return reverse("admin:tip-changes")

    def action_withdraw(self, data: QueryDict) -> str | None:
        if self.revision.proposed_by_id != self.user.pk:
            raise Forbidden("Only the person who proposed this change can withdraw it.", code="proposer")
        self.revision.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: {self.heading()}.")
        return reverse("admin:tip-changes")
