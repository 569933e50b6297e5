"""Compile, publish and roll back releases; withdraw a service or a tip at once, and put it back."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone

from content.assurance.country_needs import CountryNeeds, country_needs
from content.compiling.compiler import compile_release
from content.compiling.pack_words import Words
from content.models import Release
from content.models.release import ReleaseState
from content.models.release_change import ChangedKind
from content.publishing.confirmation import candidate_digest, confirm
from content.publishing.publish import publish, roll_back
from content.publishing.scheduling import cancel, schedule
from content.publishing.tip_withdrawal import put_back_tip, tip_withdrawal_effect, withdraw_tip
from content.publishing.withdrawal import WithdrawalEffect, put_back, withdraw, withdrawal_effect
from core.cli import StaffCommand
from core.errors import Invalid, NotFound
from core.models import User


class Command(StaffCommand):
    """The `release` command."""

    help = "Compile, publish and roll back releases; withdraw a service or a tip and put it back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        compiling = verbs.add_parser("compile", help="compile a candidate, with the report of the gate")
        compiling.add_argument(
            "--locales", nargs="+", metavar="LOCALE", help="compile these alone; the packs of all others stay as they are"
        )
        needs = verbs.add_parser("needs", help="list what waits for a person before one country has all of its packs' content")
        needs.add_argument("country", help="its ISO 3166 code, such as GB")
        self.add_json(needs)
        publishing = verbs.add_parser("publish", help="publish a candidate that another person compiled")
        publishing.add_argument("number", type=int, nargs="?", help="number of the release (default: the newest candidate)")
        planning = verbs.add_parser("schedule", help="approve a candidate to be published at a given time")
        planning.add_argument("number", type=int, help="number of the release")
        planning.add_argument("--at", required=True, metavar="TIME", help="RFC 3339, such as 2026-12-01T06:00:00Z")
        for verb in (publishing, planning):
            verb.add_argument(
                "--confirm", metavar="DIGEST", help="confirm everything that the candidate of this digest takes away"
            )
        cancelling = verbs.add_parser("cancel", help="cancel the time at which a release will be published")
        cancelling.add_argument("number", type=int, help="number of the release")
        back = verbs.add_parser("rollback", help="create a candidate from an older release; another person publishes it")
        back.add_argument("number", type=int, help="number of the older release")
        away = verbs.add_parser("withdraw", help="remove a service from the published packs at once")
        away.add_argument("service", help="id of the service")
        away.add_argument("--successor", metavar="ID", help="the service that takes its place")
        away.add_argument("--dry-run", action="store_true", help="only print what readers would get instead")
        again = verbs.add_parser("put-back", help="serve a withdrawn service again, from the next release on")
        again.add_argument("service", help="id of the service")
        tip_away = verbs.add_parser("withdraw-tip", help="remove a tip from the published packs at once")
        tip_away.add_argument("tip", help="slug of the tip")
        tip_away.add_argument("--dry-run", action="store_true", help="only print what goes")
        tip_again = verbs.add_parser("put-back-tip", help="serve a withdrawn tip again, from the next release on")
        tip_again.add_argument("tip", help="slug of the tip")
        self.add_second_person(tip_again, required=True, explanation="a second person")
        for verb in (away, again):
            self.add_second_person(verb, required=verb is again, explanation="a second person (always for put-back)")
        for verb in (compiling, publishing, planning, cancelling, back, away, again, tip_away, tip_again):
            self.add_acting_user(verb)
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        getattr(self, f"_{options['verb'].replace('-', '_')}")(options)

    def _compile(self, options: dict[str, Any]) -> None:
        release = compile_release(by=self.acting_user(options), at=timezone.now(), locales=options["locales"])
        self._print_release(release, options)

    def _needs(self, options: dict[str, Any]) -> None:
        country = options["country"].upper()
        found = country_needs(country, at=timezone.now())
        if found.nothing:
            text = f"Nothing waits for {country}. Compile a release, and let a second person publish it."
        else:
            text = "\n".join([f"Waiting for {country}:", *_needs_lines(found)])
        self.print_result(options, {"country": country} | asdict(found), text)

    def _publish(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options)
        wanted = Release.objects.filter(state=ReleaseState.CANDIDATE)
        if options["number"] is not None:
            wanted = Release.objects.filter(number=options["number"])
        release = wanted.order_by("-number").first()
        if release is None:
            raise NotFound("There is no such candidate.")
        now = timezone.now()
        self._confirm(release, options, by=by, at=now)
        publish(release, by=by, at=now)
        self._print_release(release, options)

    def _schedule(self, options: dict[str, Any]) -> None:
        by, now = self.acting_user(options), timezone.now()
        release = self._release(options["number"])
        publish_at = _instant(options["at"])
        self._confirm(release, options, by=by, at=now)
        schedule(release, publish_at=publish_at, by=by, at=now)
        text = f"Release {release.number} will be published at {options['at']}."
        self.print_result(options, {"release": release.number, "publish_at": options["at"]}, text)

    def _cancel(self, options: dict[str, Any]) -> None:
        release = self._release(options["number"])
        cancel(release, by=self.acting_user(options), at=timezone.now())
        text = f"Release {release.number} has no time to be published any more."
        self.print_result(options, {"release": release.number}, text)

    def _confirm(self, release: Release, options: dict[str, Any], *, by: User, at: datetime) -> None:
        """Record the confirmation of the candidate's effects; without it, print them, so that the refusal can be acted on."""
        if options["confirm"]:
            confirm(release, shown=options["confirm"], effects=release.effects.values_list("pk", flat=True), by=by, at=at)
        elif release.effects.unconfirmed(by).exists():
            self.stderr.write("\n".join(self._effect_lines(release)))

    def _effect_lines(self, release: Release) -> list[str]:
        effects = [
            f"  {effect.kind}: {effect.name or effect.item} ({_places(effect.places)})" for effect in release.effects.all()
        ]
        if not effects:
            return []
        return [
            "Readers lose this, or get it back after a rollback:",
            *effects,
            f"To confirm that, publish it with --confirm {candidate_digest(release)}",
        ]

    def _release(self, number: int) -> Release:
        release = Release.objects.filter(number=number).first()
        if release is None:
            raise NotFound("There is no such release.")
        return release

    def _rollback(self, options: dict[str, Any]) -> None:
        release = roll_back(to=options["number"], by=self.acting_user(options), at=timezone.now())
        self._print_release(release, options)

    def _withdraw(self, options: dict[str, Any]) -> None:
        if options["dry_run"]:
            self._preview_withdrawal(options)
            return
        withdrawal = withdraw(
            options["service"],
            by=self.acting_user(options),
            second=self.second_person(options),
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

    def _withdraw_tip(self, options: dict[str, Any]) -> None:
        slug = options["tip"]
        if options["dry_run"]:
            self._print_effect(tip_withdrawal_effect(slug), options, {"tip": slug})
            return
        withdrawal = withdraw_tip(slug, by=self.acting_user(options), at=timezone.now())
        packs = withdrawal.packs.count()
        if withdrawal.release_id:
            effect = f"Release {withdrawal.release_id} is published without it."
        else:
            effect = "No published pack held it."
        text = f"The tip {slug} is withdrawn. {effect} {packs} packs that hold it are no longer served."
        self.print_result(options, {"tip": slug, "release": withdrawal.release_id, "packs": packs}, text)

    def _put_back_tip(self, options: dict[str, Any]) -> None:
        by, second = self.acting_user(options), self.second_person(options)
        assert second is not None
        put_back_tip(options["tip"], by=by, second=second, at=timezone.now())
        text = f"The tip {options['tip']} is put back. Readers get it with the next release."
        self.print_result(options, {"tip": options["tip"]}, text)

    def _preview_withdrawal(self, options: dict[str, Any]) -> None:
        effect = withdrawal_effect(options["service"], successor=options["successor"])
        self._print_effect(effect, options, {"service": options["service"]})

    def _print_effect(self, effect: WithdrawalEffect, options: dict[str, Any], item: dict[str, str]) -> None:
        lines = [f"{effect.packs} published packs change. Nothing has been changed yet."]
        for change in effect.comparison.changes:
            if change.kind == ChangedKind.PACK:
                continue
            lines.append(f"{change.name} ({change.locale}: {', '.join(change.countries)})")
            lines += [f"  - {line}" for line in _words(change.old)] or ["  - nothing"]
            lines += [f"  + {line}" for line in _words(change.new)] or ["  + nothing: it goes"]
        changes = [
            {"kind": c.kind, "item": c.item, "locale": c.locale, "countries": c.countries, "old": c.old, "new": c.new}
            for c in effect.comparison.changes
        ]
        self.print_result(options, {**item, "packs": effect.packs, "changes": changes}, "\n".join(lines))

    def _put_back(self, options: dict[str, Any]) -> None:
        by, second = self.acting_user(options), self.second_person(options)
        assert second is not None
        put_back(options["service"], by=by, second=second, at=timezone.now())
        text = f"{options['service']} is put back. Readers get it with the next release."
        self.print_result(options, {"service": options["service"]}, text)

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
            "locales": release.scope,
            "digest": candidate_digest(release),
            "effects": [
                {"kind": effect.kind, "item": effect.item, "name": effect.name, "places": effect.places}
                for effect in release.effects.all()
            ],
        }
        lines = [f"Release {release.number} is {release.state}: {packs} packs, {len(blocked)} blocked, {len(findings)} findings."]
        lines += [f"  blocks {f['country'] or f['locale'] or 'all'}: {f['item']}: {f['detail']}" for f in blocking]
        if release.state == ReleaseState.CANDIDATE:
            lines += self._effect_lines(release)
        self.print_result(options, data, "\n".join(lines))


def _words(words: Words | None) -> list[str]:
    """Return the fields of one side of a change, a line each, without the directional isolates."""
    lines = [f"{name}: {text if isinstance(text, str) else ' | '.join(text)}" for name, text in (words or {}).items()]
    return [line.translate({0x2066: None, 0x2069: None}) for line in lines]


def _places(places: Mapping[str, Sequence[str]]) -> str:
    countries = sorted({country for found in places.values() for country in found})
    return f"{', '.join(places)}: {', '.join(countries)}"


def _instant(text: str) -> datetime:
    """Return the aware instant that an RFC 3339 text names, or raise Invalid."""
    refused = Invalid(f"{text} is not a time such as 2026-12-01T06:00:00Z.", code="publish-at")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise refused from None
    if instant.tzinfo is None:
        raise refused
    return instant


def _needs_lines(needs: CountryNeeds) -> Iterator[str]:
    """Yield a line for each kind of thing that waits, with the page to open."""
    for names, what, where in (
        (needs.services, "Services to approve", "on the page of each, under “Approve everything that waits for this service”"),
        (needs.channels, "Numbers and addresses to approve", "on the page of the service"),
        (needs.checks, "Numbers and addresses to check", "under Contact checks"),
        (needs.tips, "Tips to approve", "under Tip changes"),
        (needs.texts, "Source texts to approve", "under Source texts"),
    ):
        if names:
            yield f"  {what}, {where}: {len(names)} ({', '.join(names)})"
