"""The demo that ./run shows, by the real commands and over real HTTP. Each step is checked before the next one starts.

On a database kept from an earlier start, ./run updates facts and texts and only reads the rest. ./run --once does everything
again, with the same 300 devices (a known address keeps its row) and one more campaign.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from tools.sandbox.demo_campaign import WAITING, sample_campaign, waiting_campaign
from tools.sandbox.demo_devices import registrations, topic_queries
from tools.sandbox.demo_staff import STAFF
from tools.sandbox.http_client import Client
from tools.sandbox.paths import read_json, write_json
from tools.sandbox.supervisor import PATIENCE, CommandFailed, Sandbox
from tools.sandbox.terminal import Progress, step

SAMPLE_DEVICES = 300
#: Packs that must have texts in their own language, and numbers that they must contain exactly as they are dialled there.
EXPECTED_NUMBERS: dict[tuple[str, str], set[str]] = {
    ("GB", "en"): {"999", "0800 1111"},
    ("GB", "cy"): {"999", "0800 1111"},
    ("GB", "ar"): {"999", "0800 1111"},
    ("IN", "hi"): {"112", "1930", "1098"},
    ("US", "es"): {"911", "988"},
    ("NZ", "mi"): {"111", "0508 638 723"},
    ("PH", "fil"): {"911", "1383"},
    ("CI", "fr"): {"116"},
    ("FR", "fr"): {"3018", "119"},
    ("DE", "de"): {"110", "116 111"},
    ("JP", "ja"): {"110", "0120 99 7777"},
    ("LK", "si"): {"119", "1929"},
    ("TH", "th"): {"191", "1387"},
}
FEED = "/v1/alerts?country=GB&locale=en&audience=parent"
#: Processor seconds that count as progress of a process. Idle, it needs three minutes for as much.
_CPU_STEP = 3


class DemoFailed(Exception):
    """A step of the demo did not have the expected result; the message says which one and what happened."""


@dataclass
class DemoResult:
    """What the demo did and read; every figure comes from a real response."""

    database_was_kept: bool
    #: Whether a campaign was sent by this start; False if the figures are of an earlier one.
    campaign_sent: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


def run_demo(sandbox: Sandbox, *, everything: bool) -> DemoResult:
    """Run the demo; `everything` repeats all steps even on a kept database. DemoFailed or CommandFailed at the first failure."""
    result = DemoResult(database_was_kept=not sandbox.new_database)
    client = Client(sandbox.web)
    try:
        add_staff(sandbox)
        with step("Loading reporting services, tips and translations"):
            changed = load_content(sandbox)
        with step("Publishing a release: one person compiles it, another publishes it"):
            result.figures["release"] = publish_release(sandbox, client, changed)
        with step("Reading every pack as an app does"):
            result.figures |= read_packs(client, result.figures["release"])
        earlier = None if everything else newest_sent(sandbox)
        if earlier:
            result.figures |= campaign_figures(sandbox.json_command("campaign", "status", earlier))
        else:
            result.figures["registrations"] = register_devices(client, sandbox)
            result.figures["topics"] = request_topics(client)
            result.figures |= send_campaign(client, sandbox)
            result.campaign_sent = True
        if not everything:
            with step("Submitting a campaign for you to approve, on the start page"):
                submit_waiting_campaign(sandbox)
        result.figures["feed_alerts"] = len(_json(client.get(FEED))["alerts"])
    except HTTPError as error:
        raise DemoFailed(f"a server of the demo does not answer: {error}") from error
    finally:
        client.close()
    return result


def add_staff(sandbox: Sandbox) -> None:
    """Add the demo's staff to a new database."""
    path = sandbox.paths.run / "staff.json"
    added = [] if sandbox.new_database else read_json(path).get("added", [])
    missing = [name for name in STAFF if name not in added]
    if not missing:
        return
    with step("Adding the demo's staff"):
        commands = [_staff_command(name) for name in missing]
        passwords = [f"{sandbox.secrets.staff[name]}\n" for name in missing]
        try:
            sandbox.json_commands(*commands, texts=passwords)
        except CommandFailed as error:
            # An interrupted start has added some without recording it.
            if "already" not in str(error):
                raise
            for command, password in zip(commands, passwords, strict=True):
                _add_unless_there(sandbox, command, password)
        write_json(path, {"added": [*added, *missing]})


def _staff_command(name: str) -> tuple[str, ...]:
    roles = [part for role in STAFF[name] for part in ("--role", role)]
    return ("staff", "add", name, *roles, "--locale", "*", "--password-stdin")


def _add_unless_there(sandbox: Sandbox, command: tuple[str, ...], password: str) -> None:
    try:
        sandbox.json_command(*command, text=password)
    except CommandFailed as error:
        if "already" not in str(error):
            raise


def load_content(sandbox: Sandbox) -> bool:
    """Load facts, texts and apps; return whether anything has changed."""
    facts, words, *_ = sandbox.json_commands(
        ("load_facts",),
        ("load_words",),
        ("services", "approve-all", "--by", "mei"),
        ("channels", "approve-all", "--by", "mei"),
        ("tips", "approve-all", "--by", "tomos"),
        ("figures", "approve-all", "--by", "mei"),
        ("load_apps",),
    )
    return bool(facts["changed"] or words["changed"])


def publish_release(sandbox: Sandbox, client: Client, changed: bool) -> int:
    """Return the number of the current release; publish a new one if there is none or the content has changed."""

    def current() -> int | None:
        release = _json(client.get("/v1/"))["release"]
        return None if release is None else int(release)

    if (number := current()) is not None and not changed:
        return number
    compiled = sandbox.json_command("release", "compile", "--by", "grace")
    number = int(compiled["release"])
    sandbox.json_command("release", "publish", str(number), "--by", "idris", "--confirm", compiled["digest"])
    # Beside other work, the web process takes minutes to read a release.
    if not sandbox.wait_for(lambda: current() == number, progress=lambda: int(sandbox.cpu_seconds("web") / _CPU_STEP)):
        raise DemoFailed(f"release {number} is published, but the API still serves {current()}")
    return number


def read_packs(client: Client, release: int) -> dict[str, int]:
    """Fetch every pack of the release and check those of EXPECTED_NUMBERS; return how many packs, services and tips there are."""
    root = _json(client.get("/v1/"))
    services: set[str] = set()
    tips: set[str] = set()
    packs = 0
    for country in root["countries"]:
        for locale in (row["tag"] for row in root["locales"]):
            pack = _json(client.get(f"/v1/packs/{country}/{locale}"))
            services |= {service["id"] for service in pack["services"]}
            tips |= {tip["slug"] for tip in pack["tips"]}
            packs += 1
    for (country, locale), numbers in EXPECTED_NUMBERS.items():
        _check_pack(client, country, locale, numbers)
    if not (packs and services and tips):
        raise DemoFailed(f"release {release} has {packs} packs, {len(services)} services and {len(tips)} tips")
    return {"packs": packs, "services": len(services), "tips": len(tips)}


def register_devices(client: Client, sandbox: Sandbox) -> int:
    """Register the sample devices through the public API; return their number."""
    progress = Progress(f"Registering {SAMPLE_DEVICES} sample devices through the public API", SAMPLE_DEVICES)
    ids = set()
    for body in registrations(SAMPLE_DEVICES, sandbox.secrets.secret_key):
        registered = _json(client.post("/v1/registrations", body), expected=201)
        if not registered["secret"]:
            raise DemoFailed("a registration was answered without a secret")
        ids.add(registered["id"])
        progress.advance(len(ids))
        sandbox.keep_running()
    progress.done()
    if len(ids) != SAMPLE_DEVICES:
        raise DemoFailed(f"{SAMPLE_DEVICES} devices were registered under {len(ids)} ids")
    return len(ids)


def request_topics(client: Client) -> int:
    """Request the topics of teens' phones, of which no address is stored; return how many different topics there are."""
    with step("Naming the topics that teens' phones subscribe to; no address is stored"):
        responses = [client.get(f"/v1/topics?{urlencode(query)}") for query in topic_queries()]
    if responses[0].status == 409:
        # In a database of an earlier version the teen app only has the feed; somebody may also have changed its push mode.
        return 0
    topics = {topic for response in responses for topic in _json(response)["topics"]}
    if len(topics) != len(responses):
        raise DemoFailed(f"{len(responses)} kinds of phones were given {len(topics)} topics")
    return len(topics)


def send_campaign(client: Client, sandbox: Sandbox) -> dict[str, Any]:
    """Have one person submit a campaign and another approve it; return its figures once every device has been tried."""
    with step("Writing and submitting a campaign"):
        number, fingerprint = submit_campaign(sandbox)
    progress = Progress("A second person approves it, and Celery's worker sends it through FCM", SAMPLE_DEVICES)
    approve_campaign(sandbox, number, fingerprint)
    status = wait_until_finished(sandbox, number, progress)
    progress.done()
    figures = campaign_figures(status)
    check_campaign(client, sandbox, status, figures)
    return figures


def newest_sent(sandbox: Sandbox) -> str | None:
    """Return the id of the newest campaign that was sent to its end, or None. The newest of all waits for its approval."""
    listed = sandbox.json_command("campaign", "list")["campaigns"]
    return next((str(row["id"]) for row in listed if row["state"] == "done"), None)


def submit_waiting_campaign(sandbox: Sandbox) -> None:
    """Submit the campaign for the start page, unless that of an earlier start still waits and can still be sent.

    One whose end has passed waits for ever, and nobody can approve it: it is rejected.
    """
    listed = sandbox.json_command("campaign", "list")["campaigns"]
    waiting = [row for row in listed if row["state"] == "submitted" and row["name"].startswith(WAITING)]
    ended = [row for row in waiting if datetime.fromisoformat(row["not_after"]) <= datetime.now(UTC)]
    for row in ended:
        sandbox.json_command("campaign", "reject", str(row["id"]), "--reason", "Its end has passed.", "--by", "david")
    if len(ended) == len(waiting):
        submit_campaign(sandbox, waiting_campaign())


def submit_campaign(sandbox: Sandbox, document: str | None = None) -> tuple[str, str]:
    """Create and submit a campaign as its author, by default the sample one; return its id and its fingerprint."""
    path = sandbox.paths.run / "campaign.yaml"
    path.write_text(document or sample_campaign(), encoding="utf-8")
    number = str(sandbox.json_command("campaign", "create", str(path), "--by", "amina")["id"])
    return number, sandbox.json_command("campaign", "submit", number, *_confirmed_reach(sandbox, number), "--by", "amina")[
        "fingerprint"
    ]


def approve_campaign(sandbox: Sandbox, number: str, fingerprint: str) -> None:
    """Approve a submitted campaign as a second person."""
    confirmed = _confirmed_reach(sandbox, number)
    sandbox.json_command("campaign", "approve", number, "--fingerprint", fingerprint, *confirmed, "--by", "david")


def _confirmed_reach(sandbox: Sandbox, number: str) -> tuple[str, ...]:
    """Return the arguments that confirm the number of phones of a campaign: above 100,000 they are required."""
    devices = sandbox.json_command("campaign", "forecast", number)["devices"]
    return ("--confirm-reach", str(devices)) if devices else ()


def campaign_figures(status: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a campaign's status as the demo prints them."""
    return {
        "campaign": status["id"],
        "devices": status["devices"],
        "accepted": status["accepted"],
        "rejected": sum(status["rejected"].values()),
        "unknown": status["unknown"],
        "skipped": status["skipped"],
    }


def wait_until_finished(sandbox: Sandbox, number: str, progress: Progress | None = None) -> dict[str, Any]:
    """Wait until a campaign has finished; return its status.

    DemoFailed if it was halted, or if neither its counts nor the worker's processor time have moved for PATIENCE seconds.
    """
    status: dict[str, Any] = {}

    def finished() -> bool:
        sandbox.pause(1)
        status.update(sandbox.json_command("campaign", "status", number))
        if status["halted"]:
            raise DemoFailed(f"campaign {number} was halted: {status['halted']}")
        if progress:
            progress.advance(status["devices"] - status["pending"], status["waiting"] or "")
        return bool(status["finished_at"])

    def moved() -> object:
        return json.dumps(status), int(sandbox.cpu_seconds("worker") / _CPU_STEP)

    if not sandbox.wait_for(finished, progress=moved):
        raise DemoFailed(
            f"campaign {number} has not moved for {PATIENCE} s: {status.get('waiting') or json.dumps(status)} "
            f"(logs: {sandbox.paths.logs})"
        )
    return status


def check_campaign(
    client: Client, sandbox: Sandbox, status: dict[str, Any], figures: dict[str, Any], at_least: int = SAMPLE_DEVICES
) -> None:
    """Compare the campaign's own counts with its audience, the emulator and the feed. DemoFailed if they differ."""
    tried = figures["accepted"] + figures["rejected"] + figures["unknown"] + figures["skipped"]
    if status["pending"] or tried != figures["devices"] or figures["devices"] < at_least:
        raise DemoFailed(f"the campaign's counts do not add up to an audience of {at_least}: {json.dumps(status)}")
    if not any(str(alert["id"]) == str(figures["campaign"]) for alert in _json(client.get(FEED))["alerts"]):
        raise DemoFailed(f"campaign {figures['campaign']} is not in the feed")
    if sandbox.emulator_url:
        emulator = Client(sandbox.emulator_url)
        counts = _json(emulator.get(f"/emulator/counts?alert={figures['campaign']}"))
        emulator.close()
        if (counts["accepted_total"], counts["doubled"]) != (figures["accepted"], 0):
            raise DemoFailed(
                f"the emulator accepted {counts['accepted_total']} messages, {counts['doubled']} of them twice; "
                f"the campaign counted {figures['accepted']}"
            )
    if figures["accepted"] < 1:
        raise DemoFailed(f"no message was accepted: {json.dumps(status)}")


def _check_pack(client: Client, country: str, locale: str, numbers: set[str]) -> None:
    pack = _json(client.get(f"/v1/packs/{country}/{locale}"))
    if pack["locale"] != locale:
        raise DemoFailed(f"the pack {country}/{locale} is served in {pack['locale']}")
    dialled = {channel["dial"] for service in pack["services"] for channel in service["channels"] if channel["dial"]}
    if not numbers <= dialled:
        raise DemoFailed(f"the pack {country}/{locale} lacks {', '.join(sorted(numbers - dialled))}")
    if not any(tip["lang"] == locale for tip in pack["tips"]):
        raise DemoFailed(f"the pack {country}/{locale} has no tip in its own language")


def _json(response: BaseHTTPResponse, expected: int = 200) -> Any:
    if response.status != expected:
        raise DemoFailed(f"the API answered {response.status}: {response.data[:300].decode(errors='replace')}")
    return response.json()
