"""The journey that ./run tells: the real commands and real HTTP, each step seen to work before the next.

On a database kept from an earlier start ./run brings facts and words up to date and reads what is there; --once tells all of it
again, with the same 300 devices (a known address keeps its row) and one more campaign.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tools.sandbox.demo_campaign import sample_campaign
from tools.sandbox.demo_devices import registrations, teens
from tools.sandbox.demo_staff import PEOPLE
from tools.sandbox.http_client import Answer, Client
from tools.sandbox.paths import read_json, write_json
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import Progress, step

SAMPLES = 300
#: Packs that must answer in their own language, with these numbers exactly as they are dialled there.
SHOWN: dict[tuple[str, str], set[str]] = {
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
    ("BD", "bn"): set(),
}
FEED = "/v1/alerts?country=GB&locale=en&audience=parent"


class Failed(Exception):
    """A step did not come out as it must; the text says which and how."""


@dataclass
class Told:
    """What the story saw: each figure is read from a real answer."""

    kept: bool
    #: Whether a campaign was sent now; False where an earlier start's was found.
    sent: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


def tell(sandbox: Sandbox, *, again: bool) -> Told:
    """Tell the story; `again` does all of it, also on a database that was kept."""
    told = Told(kept=not sandbox.new_database)
    client = Client(sandbox.web)
    try:
        hire(sandbox)
        with step("Loading reporting services, tips and translations"):
            changed = load(sandbox)
        with step("Publishing a release: one person compiles, another publishes"):
            told.figures["release"] = publish(sandbox, client, changed)
        with step("Reading every pack as an app does"):
            told.figures |= read(client, told.figures["release"])
        earlier = [] if again else sandbox.ask("campaign", "list")["campaigns"]
        if earlier:
            told.figures |= counted(sandbox.ask("campaign", "status", str(earlier[0]["id"])))
        else:
            told.figures["registrations"] = register(client, sandbox)
            told.figures["topics"] = ask_topics(client)
            told.figures |= send(client, sandbox)
            told.sent = True
        told.figures["feed_alerts"] = len(_ok(client.get(FEED))["alerts"])
    finally:
        client.close()
    return told


def hire(sandbox: Sandbox) -> None:
    """Add the demo's members of staff to a new database."""
    path = sandbox.places.run / "story.json"
    hired = [] if sandbox.new_database else read_json(path).get("hired", [])
    missing = [name for name in PEOPLE if name not in hired]
    if not missing:
        return
    progress = Progress("Adding the demo's members of staff", len(missing))
    for count, name in enumerate(missing, start=1):
        roles = [part for role in PEOPLE[name] for part in ("--role", role)]
        try:
            sandbox.ask("staff", "add", name, *roles, "--locale", "*", "--password-stdin", text=f"{sandbox.keys.staff[name]}\n")
        except CommandFailed as error:
            # A start that was cut off may have added the person and not yet noted it.
            if "already" not in str(error):
                raise
        hired.append(name)
        write_json(path, {"hired": hired})
        progress.advance(count)
    progress.done()


def load(sandbox: Sandbox) -> bool:
    """Load facts, words and apps; return whether anything is new."""
    facts = sandbox.ask("load_facts")
    words = sandbox.ask("load_words")
    sandbox.ask("channels", "approve-all", "--by", "mei")
    sandbox.ask("load_apps")
    return bool(facts["changed"] or words["changed"])


def publish(sandbox: Sandbox, client: Client, changed: bool) -> int:
    """Return the number of the release in force, publishing one where there is none or the content has changed."""
    current = _ok(client.get("/v1/"))["release"]
    if current is None or changed:
        number = int(sandbox.ask("release", "compile", "--by", "grace")["release"])
        sandbox.ask("release", "publish", str(number), "--by", "idris")
        if not sandbox.wait(lambda: _ok(client.get("/v1/"))["release"] == number, 30):
            raise Failed(f"release {number} was published, and the API still serves {_ok(client.get('/v1/'))['release']}")
        current = number
    return int(current)


def read(client: Client, release: int) -> dict[str, int]:
    """Fetch every pack of the release, and look into those that are shown; return how much there is."""
    root = _ok(client.get("/v1/"))
    services: set[str] = set()
    tips: set[str] = set()
    packs = 0
    for country in root["countries"]:
        for locale in (row["tag"] for row in root["locales"]):
            pack = _ok(client.get(f"/v1/packs/{country}/{locale}"))
            services |= {service["id"] for service in pack["services"]}
            tips |= {tip["slug"] for tip in pack["tips"]}
            packs += 1
    for (country, locale), numbers in SHOWN.items():
        _look(client, country, locale, numbers)
    if not (packs and services and tips):
        raise Failed(f"release {release} holds {packs} packs, {len(services)} services and {len(tips)} tips")
    return {"packs": packs, "services": len(services), "tips": len(tips)}


def register(client: Client, sandbox: Sandbox) -> int:
    """Register the sample devices through the public API; return how many answered with a secret."""
    progress = Progress(f"Registering {SAMPLES} sample devices through the public API", SAMPLES)
    done = set()
    for body in registrations(SAMPLES, sandbox.keys.secret_key):
        answer = _ok(client.post("/v1/registrations", body), expected=201)
        if not answer["secret"]:
            raise Failed("a registration answered without a secret")
        done.add(answer["id"])
        progress.advance(len(done))
        sandbox.tend()
    progress.done()
    if len(done) != SAMPLES:
        raise Failed(f"{SAMPLES} devices registered under {len(done)} ids")
    return len(done)


def ask_topics(client: Client) -> int:
    """Ask for the topics of teens' phones, which leave no address; return how many different ones there are."""
    with step("Naming the topics that teens' phones subscribe to; nothing is stored of them"):
        answers = [client.get(f"/v1/topics?{urlencode(query)}") for query in teens()]
    if answers[0].status == 409:
        # A database of an earlier version, where the teen app was for the feed alone, or somebody has changed it since.
        return 0
    topics = {topic for answer in answers for topic in _ok(answer)["topics"]}
    if len(topics) != len(answers):
        raise Failed(f"{len(answers)} homes were told {len(topics)} topics")
    return len(topics)


def send(client: Client, sandbox: Sandbox) -> dict[str, Any]:
    """Have one person write and submit a campaign and another approve it, and wait until every device was tried."""
    with step("Writing and submitting a campaign"):
        path = sandbox.places.run / "campaign.yaml"
        path.write_text(sample_campaign(), encoding="utf-8")
        number = str(sandbox.ask("campaign", "create", str(path), "--by", "amina")["id"])
        fingerprint = sandbox.ask("campaign", "submit", number, "--by", "amina")["fingerprint"]
    with step("A second person approves it; Celery's workers send it through FCM"):
        sandbox.ask("campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")
        status = finished(sandbox, number)
    figures = counted(status)
    check(client, sandbox, status, figures)
    return figures


def counted(status: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a campaign's status."""
    return {
        "campaign": status["id"],
        "devices": status["devices"],
        "accepted": status["accepted"],
        "rejected": sum(status["rejected"].values()),
        "unknown": status["unknown"],
        "skipped": status["skipped"],
    }


def finished(sandbox: Sandbox, number: str, seconds: float = 90) -> dict[str, Any]:
    """Wait until the campaign has finished and return its status; Failed when it was halted or takes longer."""
    status: dict[str, Any] = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sandbox.wait(lambda: False, 1)
        status = sandbox.ask("campaign", "status", number)
        if status["halted"]:
            raise Failed(f"campaign {number} was halted: {status['halted']}")
        if status["finished_at"]:
            return status
    raise Failed(f"campaign {number} did not finish within {seconds:.0f} s: {status.get('waiting') or json.dumps(status)}")


def check(client: Client, sandbox: Sandbox, status: dict[str, Any], figures: dict[str, Any], at_least: int = SAMPLES) -> None:
    """Hold the campaign's own counts against the audience, the emulator and the feed."""
    tried = figures["accepted"] + figures["rejected"] + figures["unknown"] + figures["skipped"]
    if status["pending"] or tried != figures["devices"] or figures["devices"] < at_least:
        raise Failed(f"the campaign's counts do not add up to an audience of {at_least}: {json.dumps(status)}")
    listed = _ok(client.get(FEED))["alerts"]
    alert = next((row for row in listed if str(row["id"]) == str(figures["campaign"])), None)
    if alert is None:
        raise Failed(f"campaign {figures['campaign']} is not in the feed")
    if sandbox.emulator_url:
        phones = Client(sandbox.emulator_url)
        counts = _ok(phones.get(f"/emulator/counts?alert={figures['campaign']}"))
        phones.close()
        seen = (counts["accepted_total"], counts["doubled"])
        if seen != (figures["accepted"], 0):
            raise Failed(
                f"the phones took {seen[0]} messages, {seen[1]} of them twice; the campaign counted {figures['accepted']}"
            )
    if figures["accepted"] < 1:
        raise Failed(f"no message was accepted: {json.dumps(status)}")


def _look(client: Client, country: str, locale: str, numbers: set[str]) -> None:
    pack = _ok(client.get(f"/v1/packs/{country}/{locale}"))
    if pack["locale"] != locale:
        raise Failed(f"the pack {country}/{locale} answers in {pack['locale']}")
    dialled = {channel["dial"] for service in pack["services"] for channel in service["channels"] if channel["dial"]}
    if not numbers <= dialled:
        raise Failed(f"the pack {country}/{locale} lacks {', '.join(sorted(numbers - dialled))}")
    if not any(tip["lang"] == locale for tip in pack["tips"]):
        raise Failed(f"the pack {country}/{locale} has no tip in its own language")


def _ok(answer: Answer, expected: int = 200) -> Any:
    if answer.status != expected:
        raise Failed(f"the API answered {answer.status}: {answer.body[:300].decode(errors='replace')}")
    return answer.json()
