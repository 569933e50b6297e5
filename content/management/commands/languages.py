"""Propose, list, approve and reject languages."""

from __future__ import annotations

from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone

from content.management.proposals import ProposalCommand
from content.models import LocaleRevision
from content.models.locale_revision import MAX_TERMS, LocaleRefused
from core.errors import Invalid


class Command(ProposalCommand):
    """New languages and changes of languages that wait for a second person, and that person's decision."""

    help = "Propose, list, approve and reject languages."
    plural: ClassVar[str] = "languages"

    def proposals(self) -> QuerySet[LocaleRevision]:
        return LocaleRevision.objects.proposed().select_related("proposed_by").order_by("code")

    def find(self, pk: int) -> LocaleRevision | None:
        return LocaleRevision.objects.filter(pk=pk).first()

    def row(self, proposal: LocaleRevision) -> dict[str, Any]:
        return {
            "id": proposal.pk,
            "code": proposal.code,
            "name": proposal.name,
            "endonym": proposal.endonym,
            "dir": proposal.dir,
            "fallback": proposal.fallback,
            "term_list": bool(proposal.terms),
            "proposed_by": proposal.proposed_by.username,
        }

    def line(self, row: dict[str, Any]) -> str:
        return f"{row['code']}: {row['name']}, {row['endonym']} ({row['dir']})"

    def add_verbs(self, verbs: _SubParsersAction[ArgumentParser]) -> None:
        propose = verbs.add_parser("propose", help="propose a new language")
        propose.add_argument("tag", help="BCP 47, with the script where there are several: so, pa-Arab, zh-Hant-TW")
        propose.add_argument("--name", default="", help="English name (default: CLDR's)")
        propose.add_argument("--endonym", default="", help="name in the language itself (default: CLDR's)")
        propose.add_argument("--fallback", nargs="*", metavar="TAG", help="fallback languages (default: CLDR's)")
        propose.add_argument("--terms", type=Path, metavar="FILE", help="its term list, YAML")
        propose.add_argument("--reason", default="", help="for the person who approves it")
        self.add_acting_user(propose)
        self.add_json(propose)

    def _propose(self, options: dict[str, Any]) -> None:
        revision = LocaleRevision.objects.propose_new(
            options["tag"],
            name=options["name"],
            endonym=options["endonym"],
            fallback=options["fallback"],
            terms=_read(options["terms"]) if options["terms"] else "",
            reason=options["reason"],
            by=self.acting_user(options),
            at=timezone.now(),
        )
        self.print_result(options, self.row(revision), f"Proposed: {revision}. A second person must approve it.")


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_TERMS + 1)
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{file} cannot be read as UTF-8 text.") from None
    if len(text) > MAX_TERMS:
        raise LocaleRefused(fields={"terms": f"A term list has at most {MAX_TERMS:,} characters."})
    return text
