"""Compile, publish and roll back releases; withdraw a service at once, and put it back."""

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
    """The `release` command."""

    help = "Compile, publish and roll back releases; withdraw a service and put it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        compiling = verbs.add_parser("compile", help="compile a candidate, with the report of the gate")
        publishing = verbs.add_parser("publish", help="publish a candidate that another person compiled")
        publishing.add_argument("number", type=int, nargs="?", help="number of the release (default: the newest candidate)")
        back = verbs.add_parser("rollback", help="create a candidate from an older release; another person publishes it")
        back.add_argument("number", type=int, help="number of the older release")
        away = verbs.add_parser("withdraw", help="remove a service from the published packs at once")
        away.add_argument("service", help="id of the service")
        away.add_argument("--successor", metavar="ID", help="the service that takes its place")
        again = verbs.add_parser("put-back", help="serve a withdrawn service again, from the next release on")
        again.add_argument("service", help="id of the service")
        for verb in (away, again):
            needed = verb is again
            verb.add_argument(
                "--second", required=needed, metavar="NAME", help="a second person (for emergency services and put-back)"
            )
            verb.add_argument("--second-token", help="the second person's token from the console (not needed in the sandbox)")
        for verb in (compiling, publishing, back, away, again):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _compile(self, options: dict[str, Any]) -> None:
        release = compile_release(by=self.acting_user(options), at=timezone.now())
        self._print_release(release, options)

    def _publish(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options, sensitive=True)
        wanted = Release.objects.filter(state=ReleaseState.CANDIDATE)
        if options["number"] is not None:
            wanted = Release.objects.filter(number=options["number"])
        release = wanted.order_by("-number").first()
        if release is None:
            raise NotFound("There is no such candidate.")
        publish(release, by=by, at=timezone.now())
        self._print_release(release, options)

    def _rollback(self, options: dict[str, Any]) -> None:
        release = roll_back(to=options["number"], by=self.acting_user(options), at=timezone.now())
        self._print_release(release, options)

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
        if withdrawal.release_id:
            effect = f"Release {withdrawal.release_id} is published without it."
        else:
            effect = "No published pack offered it."
        text = f"{withdrawal.service_id} is withdrawn. {effect} {packs} packs that offer it are no longer served."
        self.print_result(options, data, text)

    def _put_back(self, options: dict[str, Any]) -> None:
        second = self._second(options)
        assert second is not None
        put_back(options["service"], by=self.acting_user(options, sensitive=True), second=second, at=timezone.now())
        text = f"{options['service']} is put back. Readers get it with the next release."
        self.print_result(options, {"service": options["service"]}, text)

    def _second(self, options: dict[str, Any]) -> User | None:
        if options["second"] is None:
            return None
        return self.acting_user({"by": options["second"], "token": options["second_token"]}, sensitive=True)

    def _print_release(self, release: Release, options: dict[str, Any]) -> None:
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
