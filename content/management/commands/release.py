"""Compile a release, publish it as a second person, or go back to an older one."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from content.compiler import compile_release
from content.models import Release
from content.models.release import ReleaseState
from core.cli import StaffCommand
from core.errors import NotFound


class Command(StaffCommand):
    """The life of a release from the command line."""

    help = "Compile, publish and roll back releases."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        compiling = verbs.add_parser("compile", help="make a candidate of all packs and the report of the gate")
        publishing = verbs.add_parser("publish", help="publish a candidate that another person compiled")
        publishing.add_argument("number", type=int, nargs="?", help="left out: the newest candidate")
        back = verbs.add_parser("rollback", help="make a candidate of an older release; another person publishes it")
        back.add_argument("number", type=int, help="the release to go back to")
        for verb in (compiling, publishing, back):
            self.add_person(verb)
            self.add_json(verb)

    def act(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _compile(self, options: dict[str, Any]) -> None:
        release = compile_release(by=self.person(options), at=timezone.now())
        self._tell(release, options)

    def _publish(self, options: dict[str, Any]) -> None:
        by = self.person(options, sensitive=True)
        wanted = Release.objects.filter(state=ReleaseState.CANDIDATE)
        if options["number"] is not None:
            wanted = Release.objects.filter(number=options["number"])
        release = wanted.order_by("-number").first()
        if release is None:
            raise NotFound("There is no such candidate.")
        release.publish(by=by, at=timezone.now())
        self._tell(release, options)

    def _rollback(self, options: dict[str, Any]) -> None:
        release = Release.objects.roll_back(to=options["number"], by=self.person(options), at=timezone.now())
        self._tell(release, options)

    def _tell(self, release: Release, options: dict[str, Any]) -> None:
        findings, blocked = release.report["findings"], release.report["blocked"]
        packs = release.release_packs.count()
        blocking = [finding for finding in findings if finding["blocks"]]
        data = {
            "release": release.number,
            "state": release.state,
            "packs": packs,
            "blocked": blocked,
            "findings": findings,
        }
        lines = [f"Release {release.number} is {release.state}: {packs} packs, {len(blocked)} blocked, {len(findings)} findings."]
        lines += [f"  blocks {f['country'] or f['locale'] or 'all'}: {f['item']}: {f['detail']}" for f in blocking]
        self.answer(options, data, "\n".join(lines))
