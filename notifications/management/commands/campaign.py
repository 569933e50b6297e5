"""Create, submit, approve, watch and stop campaigns from the command line, under the same rules as in the console."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError

from core.cli import StaffCommand
from core.errors import Invalid
from core.instants import rfc3339
from core.models import User
from core.roles import require
from notifications.campaigns import approval, caution_answers, forecast, lifecycle, refusals
from notifications.campaigns.checks.words import cautions
from notifications.campaigns.progress import progress_of
from notifications.campaigns.rehearsal import TESTER_RIGHTS, send_test
from notifications.models import Brake, Campaign, CampaignState, PairingRequest

#: Bytes of a campaign's file.
MAX_FILE = 256 * 1024


class Command(StaffCommand):
    """Create, list, submit, approve, return, reject, pause, resume or stop campaigns or all sending, or pair a test phone."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        create = verbs.add_parser("create", help="create a draft from a YAML file (- for standard input)")
        create.add_argument("file")
        self.add_acting_user(create)
        self.add_json(create)
        listing = verbs.add_parser("list", help="list campaigns, newest first")
        self.add_json(listing)
        status = verbs.add_parser("status", help="print the counts of one campaign")
        status.add_argument("id")
        self.add_json(status)
        said = verbs.add_parser("forecast", help="print who would be sent to, when, and in which language")
        said.add_argument("id")
        self.add_json(said)
        pairing = verbs.add_parser("pair", help="pair the test phone that shows CODE with yourself, for 24 hours")
        pairing.add_argument("code")
        pairing.add_argument("--name", default="", help="what to call the phone")
        self.add_acting_user(pairing)
        self.add_json(pairing)
        stopping = verbs.add_parser("stop-everything", help="stop all sending, until an approver allows it again in the console")
        stopping.add_argument("--reason", required=True, help="the reason, in one sentence; staff see it on every page")
        self.add_acting_user(stopping, default=_WITHOUT_A_PERSON)
        self.add_json(stopping)
        for name, explanation in _HELP.items():
            verb = verbs.add_parser(name, help=explanation)
            verb.add_argument("id")
            if name == "approve":
                verb.add_argument("--fingerprint", required=True, help="the fingerprint of the campaign that was read")
            if name == "confirm":
                verb.add_argument("--fingerprint", required=True, help="the fingerprint of the campaign that was read")
                verb.add_argument("--language", required=True, help="the language that was read, as a BCP 47 tag")
                verb.add_argument("--meaning", default="", help="what the text says, for an approver who does not read it")
            if name == "test-send":
                verb.add_argument("--language", default="", help="send this language to every phone, as a BCP 47 tag")
            if name in ("submit", "approve"):
                verb.add_argument(
                    "--confirm-reach",
                    type=int,
                    metavar="NUMBER",
                    help="the number of phones, if there are over 100,000; see forecast",
                )
            if name == "submit":
                verb.add_argument(
                    "--answer", action="append", default=[], metavar="CODE=REASON",
                    help="why a text stays although a check warns of it; see forecast; may be repeated",
                )  # fmt: skip
            if name in ("approve", "return", "reject", "stop"):
                verb.add_argument("--reason", default="", help="the reason, in one sentence")
            self.add_acting_user(verb, default=_WITHOUT_A_PERSON if name in ("pause", "stop") else "")
            self.add_json(verb)

    def run_command(self, options: dict[str, Any]) -> None:
        """Carry out the verb and print the result."""
        name = options["verb"]
        if name == "create":
            campaign = lifecycle.draft(read_file(options["file"]), by=self.acting_user(options), at=timezone.now())
            self.print_result(options, {"id": campaign.pk}, f"Draft {campaign.pk}: {campaign.name}")
        elif name == "list":
            rows = [
                {"id": row.pk, "name": row.name, "kind": row.kind, "state": row.state, "not_after": rfc3339(row.not_after)}
                for row in Campaign.objects.all()[:200]
            ]
            lines = [f"{row['id']:>6}  {row['state']:<10} {row['kind']:<9} {row['name']}" for row in rows]
            self.print_result(options, {"campaigns": rows}, "\n".join(lines) or "There are no campaigns.")
        elif name == "forecast":
            found = _forecast(Campaign.objects.numbered(options["id"]))
            self.print_result(options, found, "\n".join(_lines(found)))
        elif name == "status":
            counts = progress_of(Campaign.objects.numbered(options["id"]))
            self.print_result(
                options, counts, "\n".join(f"{key:>12}: {value}" for key, value in counts.items() if value is not None)
            )
        elif name == "stop-everything":
            if not (reason := options["reason"].strip()[:300]):
                raise Invalid("Give a reason, so that staff know why nothing is sent.", code="reason")
            Brake.objects.stop_everything(by=self.acting_user(options), at=timezone.now(), reason=reason)
            said = "All sending is stopped. An approver allows it again in the console."
            self.print_result(options, {"stopped": True}, said)
        elif name == "pair":
            by = self.acting_user(options)
            require(by, *TESTER_RIGHTS)
            phone = PairingRequest.objects.pair(options["code"], name=options["name"], by=by, at=timezone.now())
            until = rfc3339(phone.paired_until)
            self.print_result(
                options, {"registration": str(phone.registration_id), "until": until}, f"Paired with you until {until}."
            )
        else:
            campaign = Campaign.objects.numbered(options["id"])
            by = self.acting_user(options)
            _VERBS[name](campaign, by, options)
            answer = {"id": campaign.pk, "state": str(campaign.state)}
            if name == "submit":
                answer = {"id": campaign.pk, "fingerprint": campaign.fingerprint}
            self.print_result(options, answer, ", ".join(f"{key} {value}" for key, value in answer.items()))


def read_file(name: str) -> Any:
    """Read YAML 1.2 without duplicate keys; times stay strings. Raises Invalid for anything else."""
    try:
        text = sys.stdin.read(MAX_FILE + 1) if name == "-" else Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{name} cannot be read.", code="file") from error
    if len(text) > MAX_FILE:
        raise Invalid(f"{name} is too large (limit {MAX_FILE // 1024} KiB).", code="file")
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        return yaml.load(text)
    except DuplicateKeyError as error:
        raise Invalid(f"{name}: {str(error.problem).splitlines()[0]}.", code="yaml") from error
    except (MarkedYAMLError, ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not YAML: {str(error).splitlines()[0]}.", code="yaml") from error


class _Constructor(SafeConstructor):
    """Plain YAML, in which a time without quotes is a string."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_scalar)


def _forecast(campaign: Campaign) -> dict[str, Any]:
    """Return the forecast of a campaign, with everything that has to change before it can be submitted."""
    now = timezone.now()
    problems = refusals.at_submission(campaign, at=now) if campaign.state == CampaignState.DRAFT else ()
    return {
        "id": campaign.pk,
        **forecast.document(forecast.of(campaign, at=now)),
        "problems": [{"field": problem.field, "detail": problem.detail} for problem in problems],
        "cautions": [
            {"field": caution.field, "code": caution.code, "detail": caution.detail, "reason": caution.reason}
            for caution in cautions(campaign)
        ],
    }


def _lines(said: dict[str, Any]) -> Iterator[str]:
    """Yield the forecast as lines: the totals, then one line for each time zone, language and problem."""
    yield f"Opens {said['opens_at'] or 'never'}; {_about(said['devices'])} phones and {_topics(said['topics'])}."
    for zone in said["zones"]:
        due = zone["due_at"] or "skipped"
        yield f"  {zone['zone'] or 'zone not known':<24} {due:<22} {_reached(zone)} {zone['delay'] or ''}".rstrip()
    for language in said["languages"]:
        text = f"{language['served']} (no text of their own)" if language["fallback"] else language["served"]
        yield f"  {language['country']} {language['locale']:<10} {text:<22} {_reached(language)}"
    for problem in said["problems"]:
        yield f"{problem['field']}: {problem['detail']}"
    for caution in said["cautions"]:
        answer = f"answered: {caution['reason']}" if caution["reason"] else f"answer with --answer {caution['code']}=REASON"
        yield f"{caution['field']}: caution {caution['code']}, {answer}"


def _about(number: int | None) -> str:
    return "fewer than 20" if number is None else f"about {number:,}"


def _topics(number: int) -> str:
    return f"{number:,} {'topic' if number == 1 else 'topics'}"


def _reached(part: dict[str, Any]) -> str:
    """Return how many phones, topics or both a time zone or a language has; few phones beside topics may be none."""
    phones, topics = part["devices"], part["topics"]
    return " and ".join([*([_about(phones)] if phones or not topics else []), *([_topics(topics)] if topics else [])])


def _submit(campaign: Campaign, by: User, options: dict[str, Any]) -> None:
    now, reasons = timezone.now(), dict(_answer(text) for text in options["answer"])
    if reasons:
        warned = cautions(campaign)
        if unknown := reasons.keys() - {caution.code for caution in warned}:
            raise Invalid(f"No text of the campaign has a caution with the code {', '.join(sorted(unknown))}.", code="answer")
        given = {caution.key: reasons[caution.code] for caution in warned if caution.code in reasons}
        caution_answers.answer(campaign, given, by=by, at=now)
    lifecycle.submit(campaign, by=by, at=now, reach=options["confirm_reach"])


def _answer(text: str) -> tuple[str, str]:
    """Return the code of a caution and the reason."""
    code, _, reason = text.partition("=")
    if not reason.strip():
        raise Invalid("An answer is the code of a caution, an equals sign and the reason.", code="answer")
    return code.strip(), reason.strip()


def _approve(campaign: Campaign, by: User, options: dict[str, Any]) -> None:
    if len(options["fingerprint"]) != 64:
        raise Invalid("A fingerprint has 64 characters.", code="fingerprint")
    lifecycle.approve(
        campaign,
        fingerprint=options["fingerprint"],
        by=by,
        at=timezone.now(),
        reach=options["confirm_reach"],
        reason=options["reason"],
    )


def _confirm(campaign: Campaign, by: User, options: dict[str, Any]) -> None:
    approval.confirm_text(
        campaign,
        options["language"],
        fingerprint=options["fingerprint"],
        by=by,
        at=timezone.now(),
        meaning=options["meaning"],
    )


#: Stopping must never wait for a console that is out of reach.
_WITHOUT_A_PERSON = "without it the product itself is on record, and no token is needed"
_HELP = {
    "submit": "write the messages and print the fingerprint that a second person approves",
    "test-send": "send the texts to your own paired test phones, marked as a rehearsal",
    "confirm": "confirm the text in one language, as its second reader",
    "approve": "approve the submission with this fingerprint, and confirm the texts in the languages that you read",
    "return": "return the campaign to draft",
    "reject": "refuse the campaign for good",
    "pause": "send nothing more until the campaign is resumed",
    "resume": "continue a paused, halted or held campaign",
    "stop": "stop the campaign for good",
}
_VERBS: dict[str, Callable[[Campaign, User, dict[str, Any]], object]] = {
    "submit": _submit,
    "test-send": lambda campaign, by, options: send_test(campaign, by=by, at=timezone.now(), locale=options["language"]),
    "confirm": _confirm,
    "approve": _approve,
    "return": lambda campaign, by, options: lifecycle.send_back(campaign, by=by, at=timezone.now(), reason=options["reason"]),
    "reject": lambda campaign, by, options: lifecycle.reject(campaign, by=by, at=timezone.now(), reason=options["reason"]),
    "pause": lambda campaign, by, options: lifecycle.pause(campaign, by=by, at=timezone.now()),
    "resume": lambda campaign, by, options: lifecycle.resume(campaign, by=by, at=timezone.now()),
    "stop": lambda campaign, by, options: lifecycle.stop(campaign, by=by, at=timezone.now(), reason=options["reason"]),
}
