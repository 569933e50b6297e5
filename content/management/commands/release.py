"""Compile a release, publish it as a second person, go back to an older one, or take one service away at once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from content.compiling.compiler import compile_release
from content.models import Release
from content.models.release import ReleaseState
from content.publishing.publish import publish, roll_back
from content.publishing.withdrawal import put_back, withdraw
from core.cli import StaffCommand
from core.errors import NotFound
from core.models import User


class Command(StaffCommand):
    """The life of a release from the command line."""

    help = "Compile, publish and roll back releases; withdraw a service and put it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        compiling = verbs.add_parser("compile", help="make a candidate of all packs and the report of the gate")
        publishing = verbs.add_parser("publish", help="publish a candidate that another person compiled")
        publishing.add_argument("number", type=int, nargs="?", help="left out: the newest candidate")
        back = verbs.add_parser("rollback", help="make a candidate of an older release; another person publishes it")
        back.add_argument("number", type=int, help="the release to go back to")
        away = verbs.add_parser("withdraw", help="take one service out of the published packs at once")
        away.add_argument("service", help="its id")
        away.add_argument("--successor", metavar="ID", help="the service that stands in its place")
        again = verbs.add_parser("put-back", help="let a withdrawn service be served again, from the next release on")
        again.add_argument("service", help="its id")
        for verb in (away, again):
            needed = verb is again
            verb.add_argument("--second", required=needed, metavar="NAME", help="a second person (emergency services, put-back)")
            verb.add_argument("--second-token", help="that person's token from the console (not in the sandbox)")
        for verb in (compiling, publishing, back, away, again):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _compile(self, options: dict[str, Any]) -> None:
        release = compile_release(by=self.acting_user(options), at=timezone.now())
        self._tell(release, options)

    def _publish(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options, sensitive=True)
        wanted = Release.objects.filter(state=ReleaseState.CANDIDATE)
        if options["number"] is not None:
            wanted = Release.objects.filter(number=options["number"])
        release = wanted.order_by("-number").first()
        if release is None:
            raise NotFound("There is no such candidate.")
        publish(release, by=by, at=timezone.now())
        self._tell(release, options)

    def _rollback(self, options: dict[str, Any]) -> None:
        release = roll_back(to=options["number"], by=self.acting_user(options), at=timezone.now())
        self._tell(release, options)

    def _withdraw(self, options: dict[str, Any]) -> None:
        withdrawal = withdraw(
            options["service"],
            by=self.acting_user(options, sensitive=True),
            second=self._second(options),
            successor=options["successor"],
            at=timezone.now(),
        )
        packs = withdrawal.packs.count()
        data = {
            "service": withdrawal.service_id,
            "successor": withdrawal.successor_id,
            "release": withdrawal.release_id,
            "packs": packs,
        }
        said = f"Release {withdrawal.release_id} is without it" if withdrawal.release_id else "No published pack held it"
        text = f"{withdrawal.service_id} is withdrawn. {said}; {packs} packs that held it are not given out any more."
        self.print_result(options, data, text)

    def _put_back(self, options: dict[str, Any]) -> None:
        second = self._second(options)
        assert second is not None
        put_back(options["service"], by=self.acting_user(options, sensitive=True), second=second, at=timezone.now())
        text = f"{options['service']} may be served again; the next release that is compiled and published brings it back."
        self.print_result(options, {"service": options["service"]}, text)

    def _second(self, options: dict[str, Any]) -> User | None:
        if options["second"] is None:
            return None
        return self.acting_user({"by": options["second"], "token": options["second_token"]}, sensitive=True)

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
        self.print_result(options, data, "\n".join(lines))
