"""The base of the commands that list, approve and reject what other people have proposed."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.cli import StaffCommand
from core.errors import Forbidden, NotFound
from core.models import User


class Proposal(Protocol):
    """A row that one person proposed and a second person approves."""

    pk: Any
    state: str

    def approve(self, *, by: User, at: datetime) -> None:
        """Approve it as a second person."""

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Reject it as a second person, or withdraw it as its proposer."""


class ProposalCommand(StaffCommand):
    """A command with the verbs list, approve, reject and approve-all. A subclass says which rows, and how one is printed."""

    #: What is proposed, such as "changes of tips".
    plural: ClassVar[str]
    #: The verb that rejects a proposal, and its help.
    reject_verb: ClassVar[str] = "reject"
    reject_help: ClassVar[str] = "reject one proposal, or withdraw your own"

    def proposals(self) -> QuerySet[Any]:
        """Return the rows that wait for a second person, in the order in which they are listed."""
        raise NotImplementedError

    def find(self, pk: int) -> Proposal | None:
        """Return one row, whatever its state."""
        raise NotImplementedError

    def row(self, proposal: Any) -> dict[str, Any]:
        """Return the values of one proposal for the list as JSON; the first is its id."""
        raise NotImplementedError

    def line(self, row: dict[str, Any]) -> str:
        """Return the line of one proposal in the list, without its id."""
        raise NotImplementedError

    def approval_order(self) -> Sequence[Proposal]:
        """Return what `approve-all` approves, in that order."""
        return list(self.proposals().order_by("pk"))

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the verbs."""
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        self.add_json(verbs.add_parser("list", help="list the proposals that are waiting for a second person"))
        approve = verbs.add_parser("approve", help="approve one proposal as a second person")
        reject = verbs.add_parser(self.reject_verb, help=self.reject_help)
        for verb in (approve, reject):
            verb.add_argument("id", type=int)
        everything = verbs.add_parser("approve-all", help="approve all proposals as a second person (sandbox only)")
        for verb in (approve, reject, everything):
            self.add_acting_user(verb)
            self.add_json(verb)
        self.add_verbs(verbs)

    def add_verbs(self, verbs: _SubParsersAction[ArgumentParser]) -> None:
        """Add the verbs that only this command has."""

    def run_command(self, options: dict[str, Any]) -> None:
        """Run the verb."""
        verb = "reject" if options["verb"] == self.reject_verb else options["verb"]
        getattr(self, f"_{verb.replace('-', '_')}")(options)

    def found(self, pk: int) -> Proposal:
        """Return one row; raise NotFound where there is none."""
        proposal = self.find(pk)
        if proposal is None:
            raise NotFound(f"There is no proposal {pk}.")
        return proposal

    def _list(self, options: dict[str, Any]) -> None:
        rows = [self.row(proposal) for proposal in self.proposals()]
        lines = [f"{row['id']:>6}  {self.line(row)}" for row in rows]
        self.print_result(options, {"proposals": rows}, "\n".join(lines) or "There are no proposals.")

    def _approve(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        proposal = self.found(options["id"])
        proposal.approve(by=by, at=timezone.now())
        self.print_result(options, {"id": proposal.pk, "state": proposal.state}, f"Approved: {proposal}.")

    def _reject(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        proposal = self.found(options["id"])
        proposal.withdraw(by=by, at=timezone.now())
        done = "Rejected" if self.reject_verb == "reject" else "Withdrawn"
        self.print_result(options, {"id": proposal.pk, "state": proposal.state}, f"{done}: {proposal}.")

    def _approve_all(self, options: dict[str, Any]) -> None:
        if not settings.SANDBOX:
            raise Forbidden("Outside the sandbox, approve each proposal separately.")
        by, at = self.acting_user(options), timezone.now()
        with transaction.atomic():
            waiting = self.approval_order()
            for proposal in waiting:
                proposal.approve(by=by, at=at)
        self.print_result(options, {"approved": len(waiting)}, f"Approved: {len(waiting)} {self.plural}.")
