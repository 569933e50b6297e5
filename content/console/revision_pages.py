"""The pages on which one person proposes facts, with what they change, and another decides."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import HttpResponse, QueryDict
from django.urls import reverse

from content.console.fact_change import DescribedChange
from content.models.revision import Revision, RevisionState
from core.console.pages import Link, Page
from core.console.step_up import fresh_sign_in
from core.errors import Conflict, Forbidden, Invalid

#: The longest reason of a proposal.
MAX_REASON = 300


class EffectNotShown(Conflict):
    """Read below what this change does, then choose Propose again."""

    code = "effect-not-shown"


class ProposalPage(Page):
    """A form for all facts of a row: first it shows what the change does, then it proposes exactly that."""

    #: The change that the form describes, once its effect was worked out.
    preview: DescribedChange | None = None

    def described(self, data: QueryDict) -> DescribedChange:
        """Return the change that the form describes, and its effect; raise Invalid where it breaks a rule or changes nothing."""
        raise NotImplementedError

    def propose(self, described: DescribedChange, reason: str) -> str:
        """Propose the change; return the URL of the proposal."""
        raise NotImplementedError

    def action_preview(self, data: QueryDict) -> HttpResponse:
        """Show the effect."""
        self.submitted, self.preview = data, self.described(data)
        return self.render()

    def action_propose(self, data: QueryDict) -> str | None:
        """Propose the change whose effect was shown."""
        described = self.described(data)
        if data.get("seen", "") != described.token:
            self.preview = described
            raise EffectNotShown()
        reason = data.get("reason", "").strip()
        if not reason:
            self.preview = described
            raise Invalid("Enter a reason for the person who approves the change.", code="reason")
        url = self.propose(described, reason[:MAX_REASON])
        self.success("Proposed. Readers see no change until a second person approves it and a release is published.")
        return url


class RevisionPage(Page):
    """One proposal: what changes, what it does, and the decision."""

    template_name = "content/revision.html"
    #: The URL name of the page that lists the proposals; its label is `menu`.
    list_name: ClassVar[str]
    #: Who may approve, as the page says it.
    approver: ClassVar[str]

    revision: Revision

    def name(self) -> str:
        """Return the name of what the proposal is about."""
        raise NotImplementedError

    def change(self) -> DescribedChange:
        """Return what the proposal changes and does."""
        raise NotImplementedError

    def state(self) -> tuple[str, str]:
        """Return what kind of change it is in words, and its tone."""
        raise NotImplementedError

    def row_link(self) -> Link | None:
        """Return the link to the row as it is; None where there is none yet."""
        raise NotImplementedError

    def heading(self) -> str:
        """Return the heading."""
        return f"Change of “{self.name()}”"

    def breadcrumbs(self) -> Iterable[Link]:
        """Return the link to the list of proposals."""
        return [Link(self.menu, reverse(f"admin:{self.list_name}"))]

    def context(self) -> dict[str, Any]:
        """Return what the template shows."""
        waiting = self.revision.state == RevisionState.PROPOSED
        act, tone = self.state()
        return {
            "revision": self.revision,
            "waiting": waiting,
            "closed": self.revision.closed_to(self.user) if waiting else "",
            "own": self.revision.proposed_by_id == self.user.pk,
            "act": act,
            "tone": tone,
            "row": self.row_link(),
            "change": self.change() if waiting else None,
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        """Approve as a second person."""
        self.revision.approve(by=self.user, at=self.at)
        return self._decided(f"Approved: {self.heading()}. Readers see the change from the next release.")

    def action_reject(self, data: QueryDict) -> str | None:
        """Reject as a second person."""
        self.revision.withdraw(by=self.user, at=self.at)
        return self._decided(f"Rejected: {self.heading()}.")

    def action_withdraw(self, data: QueryDict) -> str | None:
        """Withdraw as the proposer."""
        if self.revision.proposed_by_id != self.user.pk:
            raise Forbidden("Only the person who proposed this change can withdraw it.", code="proposer")
        self.revision.withdraw(by=self.user, at=self.at)
        return self._decided(f"Withdrawn: {self.heading()}.")

    def _decided(self, sentence: str) -> str:
        self.success(sentence)
        return reverse(f"admin:{self.list_name}")
