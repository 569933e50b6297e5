"""The whole product with real processes. Read this test first.

Facts become a release, and apps read it. Phones register. One person writes a campaign and another approves it; Celery's worker
sends it through FCM, and it appears in the feed. Teens' phones only request topics, and nothing about them is stored.

`./run --once` does all of this, and the tests check its result from outside. Then `./run` serves the same database, and people
work with it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.canaries import CANARIES, send_canaries
from tests.doc_samples import run_samples
from tests.tools.sandbox.runs import ROOT, Run, busy_loops, left_running
from tools.sandbox.demo_campaign import sample_campaign
from tools.sandbox.demo_staff import STAFF
from tools.sandbox.http_client import Client

pytestmark = pytest.mark.journey

FEED = "/v1/alerts?country=GB&locale=en&audience=parent"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder that only its owner can enter, and that must stay so."""
    folder = tmp_path_factory.mktemp("journey") / "home"
    folder.mkdir(mode=0o700)
    yield folder
    for name in ("run", "other", "failed/run"):
        environment = {**Run.surroundings(), "FINGERPOST_RUN_DIR": str(folder / name)}
        subprocess.run([ROOT / "run", "reset"], env=environment, check=True, capture_output=True)
    assert left_running(folder) == []


@pytest.fixture(scope="module")
def first_run(home: Path) -> Run:
    """`./run --once` without a database."""
    run = Run(home, "--once")
    run.process.wait(280)
    return run


@pytest.fixture(scope="module")
def serving(home: Path, first_run: Run) -> Iterator[Run]:
    """`./run` on the database of `./run --once`."""
    run = Run(home)
    run.until("Press Ctrl-C to stop everything.")
    yield run
    run.make_sure_it_ended()


@pytest.fixture
def web(serving: Run) -> Iterator[Client]:
    client = Client(f"http://127.0.0.1:{serving.port}")
    yield client
    client.close()


def staff(serving: Run, *arguments: str, expect: int = 0) -> dict[str, Any]:
    """Run a management command beside the server, as a member of staff does; return its JSON."""
    command = [str(ROOT / "run"), "manage", *arguments, "--json"]
    result = subprocess.run(command, env=serving.environment, capture_output=True, text=True, timeout=240)
    assert result.returncode == expect, result.stdout + result.stderr
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.timeout(400)
def test_the_demo_ends_with_one_line_of_figures_that_add_up(first_run: Run, home: Path) -> None:
    *others, last = first_run.output.splitlines()

    assert first_run.process.returncode == 0, first_run.output + first_run.errors
    assert last.startswith("JOURNEY OK {")
    assert not any(line.startswith("JOURNEY") for line in others)
    seen = json.loads(last.removeprefix("JOURNEY OK "))
    assert list(seen) == [
        *("release", "packs", "services", "tips", "registrations", "campaign"),
        *("devices", "accepted", "rejected", "unknown", "skipped", "feed_alerts", "seconds"),
    ]
    assert seen["release"] == 1
    assert seen["packs"] == 945
    assert seen["services"] > 80
    assert seen["tips"] >= 30
    assert seen["registrations"] == seen["devices"] == seen["accepted"] == 300
    assert seen["rejected"] == seen["unknown"] == seen["skipped"] == 0
    assert seen["feed_alerts"] == 1


def test_the_demo_leaves_nothing_running_and_no_permission_changed(first_run: Run, home: Path) -> None:
    assert left_running(home) == []
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(first_run.run_dir.stat().st_mode) == 0o700
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", first_run.port)) != 0


def test_only_the_passwords_of_the_demo_staff_are_printed(serving: Run, first_run: Run) -> None:
    secrets = json.loads((serving.run_dir / "secrets.json").read_text())
    shown = serving.output + serving.errors + first_run.output + first_run.errors
    logs = "".join(path.read_text(errors="replace") for path in (serving.run_dir / "logs").iterdir())

    for name in ("secret_key", "address_keys", "postgres_password", "database_password"):
        assert secrets[name] not in shown + logs
    for password in secrets["staff"].values():
        assert password in serving.output
        assert password not in first_run.output + logs


def test_a_second_start_keeps_the_database_and_sends_no_campaign(serving: Run, web: Client) -> None:
    assert serving.errors == ""
    assert "The database of an earlier start was kept" in serving.output
    assert "sent at an earlier start" in serving.output
    assert web.get("/v1/").json()["release"] == 1
    assert len(web.get(FEED).json()["alerts"]) == 1


def test_every_printed_address_is_served(serving: Run, web: Client) -> None:
    addresses = re.findall(r"http://127\.0\.0\.1:\d+/\S*", serving.output)

    assert len(addresses) >= 8
    for address in addresses:
        with closing(Client(address)) as server:
            answer = server.get("/" + address.split("/", 3)[3])
            if answer.status == 302:
                answer = server.get(answer.headers["location"])
        assert answer.status == 200, address


@pytest.mark.timeout(400)
def test_a_warning_reaches_parents_once_a_second_person_approves_it(serving: Run, web: Client) -> None:
    # A parent in Cardiff opens the app for the first time.
    phone = {"app": "parent", "address_kind": "fid", "address": "cParentInCardiff0001aa", "platform": "android"}
    place = {"locale": "cy", "country": "GB", "region": "GB-WLS", "time_zone": "Europe/London"}
    registered = web.post("/v1/registrations", {**phone, **place, "audience": "parent", "app_version": "1.2.0"})
    assert registered.status == 201

    # Amina writes a warning for all parents and submits it. From now on its bytes are fixed.
    file = serving.run_dir / "warning.yaml"
    file.write_text(sample_campaign(), encoding="utf-8")
    number = str(staff(serving, "campaign", "create", str(file), "--by", "amina")["id"])
    fingerprint = staff(serving, "campaign", "submit", number, "--by", "amina")["fingerprint"]

    # She cannot approve it herself, and no one can approve any other bytes.
    staff(serving, "campaign", "approve", number, "--fingerprint", fingerprint, "--by", "amina", expect=1)
    staff(serving, "campaign", "approve", number, "--fingerprint", "0" * 64, "--by", "david", expect=1)
    assert number not in {str(alert["id"]) for alert in web.get(FEED).json()["alerts"]}

    # David reads and approves it. Celery's worker sends it to each of the 301 phones exactly once.
    staff(serving, "campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")
    status = finished(serving, number, 301)
    assert (status["devices"], status["accepted"], status["pending"]) == (301, 301, 0)
    with closing(phones_of(serving)) as phones:
        counts = phones.get(f"/emulator/counts?alert={number}").json()
    assert (counts["accepted_total"], counts["addresses"], counts["doubled"]) == (301, 301, 0)

    # Apps without push find it in the feed.
    assert number in {str(alert["id"]) for alert in web.get(FEED).json()["alerts"]}


def test_a_warning_reaches_teens_by_topic_and_nothing_of_them_is_stored(serving: Run, web: Client) -> None:
    # A teen in Cardiff opens the app. It cannot register, and gets the name of a topic to subscribe to.
    place = {"app": "teen", "country": "GB", "region": "GB-WLS", "locale": "cy", "audience": "teen"}
    phone = {"address_kind": "fid", "address": "cTeenagerInCardiff001a", "platform": "android", "app_version": "1.2.0"}
    assert web.post("/v1/registrations", {**place, **phone}).json()["push_mode"] == "topics"
    (topic,) = web.get(f"/v1/topics?{urlencode(place)}&time_zone=Europe/London").json()["topics"]

    # Amina writes a warning for the teens of Wales, and David approves it.
    warning = json.loads(sample_campaign())
    warning |= {"apps": ["teen"], "tips": {"teen": "first-hour"}}
    warning["audience"] |= {"countries": ["GB"], "regions": ["GB-WLS"], "audiences": ["teen"], "locales": ["cy"]}
    file = serving.run_dir / "teens.yaml"
    file.write_text(json.dumps(warning), encoding="utf-8")
    number = str(staff(serving, "campaign", "create", str(file), "--by", "amina")["id"])
    fingerprint = staff(serving, "campaign", "submit", number, "--by", "amina")["fingerprint"]
    staff(serving, "campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")

    # FCM is asked once for the whole topic, and nobody claims to know how many phones that was.
    status = finished(serving, number, 1)
    assert (status["state"], status["devices"], status["accepted"]) == ("done", 0, 0)
    assert status["topics"] == {"topics": 1, "accepted": 1, "rejected": {}, "unknown": 0, "pending": 0, "skipped": 0}
    with closing(phones_of(serving)) as phones:
        lines = phones.get(f"/emulator/counts?alert={number}&full=1").data.decode().splitlines()
    assert [(json.loads(line)["kind"], json.loads(line)["address"]) for line in lines] == [("topic", topic)]


def phones_of(serving: Run) -> Client:
    """Return a client of the emulator, by the address that the demo printed."""
    return Client(next(line.split()[-1] for line in serving.output.splitlines() if line.startswith("Phones")))


def finished(serving: Run, number: str, messages: int, patience: float = 180) -> dict[str, Any]:
    """Wait until FCM has accepted so many messages of a campaign and it has finished; return its status.

    Fail if neither has moved for `patience` seconds.
    """
    accepted, moved = 0, time.monotonic()
    status: dict[str, Any] = {}
    with closing(phones_of(serving)) as phones:
        while not status.get("finished_at"):
            before = accepted, status
            time.sleep(0.5)
            accepted = phones.get(f"/emulator/counts?alert={number}").json()["accepted_total"]
            # A command takes seconds of processor time, and before the last message it could only say that there are more.
            if accepted >= messages or time.monotonic() - moved > patience / 2:
                status = staff(serving, "campaign", "status", number)
            if (accepted, status) != before:
                moved = time.monotonic()
            assert time.monotonic() - moved < patience, (accepted, status)
    return status


@pytest.mark.timeout(400)
def test_every_sample_of_the_tutorial_works(serving: Run, web: Client) -> None:
    address = f"http://127.0.0.1:{serving.port}"

    output = run_samples(ROOT / "docs" / "tutorial.md", web=address, folder=ROOT, environment=serving.environment)

    first, *others = output.splitlines()
    assert first.startswith("hi ")
    assert any(line.startswith("Verified: release 1 with ") for line in others)
    assert "content.publishing.verify.WrongPack" in output
    assert "Lock screen   Rehearsal: Cyngor newydd yn yr ap" in output
    assert '"status": "Exercise"' in output
    assert others[-1] == "replace → Threats over private pictures: what has changed"


@pytest.mark.parametrize("name", ["app-developers", "choosing-a-pack"])
def test_every_sample_for_app_developers_works(serving: Run, web: Client, tmp_path: Path, name: str) -> None:
    address = f"http://127.0.0.1:{serving.port}"
    document = ROOT / "docs" / f"{name}.md"

    output = run_samples(document, web=address, folder=tmp_path, environment={**serving.environment, "API": address})

    assert output
    for registered in re.findall(r'\{"id": ?"([0-9a-f-]{36})", ?"secret": ?"([\w-]+)"', output):
        # Later tests count the phones.
        assert web.request("DELETE", f"/v1/registrations/{registered[0]}", authorization=f"Bearer {registered[1]}").status == 204


def test_the_documents_are_served_under_the_policy_of_all_pages(serving: Run, web: Client) -> None:
    page = web.get("/docs/")

    assert page.status == 200
    assert b"Your first app" in page.data
    assert "script-src 'self';" in page.headers["Content-Security-Policy"] + ";"
    assert web.get("/docs/push.html").status == web.get("/docs/search/search_index.json").status == 200


def test_a_second_start_in_the_same_folder_is_refused(serving: Run, home: Path) -> None:
    second = subprocess.run([ROOT / "run"], env=serving.environment, capture_output=True, text=True, timeout=30)

    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr.startswith(f"Fingerpost is already running here (process {serving.process.pid})")
    assert second.stderr.count("\n") == 1


def test_a_port_in_use_is_refused(serving: Run, home: Path) -> None:
    environment = {**serving.environment, "FINGERPOST_RUN_DIR": str(home / "other")}

    other = subprocess.run([ROOT / "run", "--once"], env=environment, capture_output=True, text=True, timeout=30)

    assert (other.returncode, other.stdout) == (1, "")
    assert other.stderr.startswith(f"Port {serving.port} is in use")
    assert other.stderr.count("\n") == 1


def test_the_last_line_of_a_failed_demo_gives_the_reason(home: Path, first_run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = str(other.getsockname()[1])
        failed = Run(home / "failed", "--once", FINGERPOST_POSTGRES_PORT=taken)
        failed.process.wait(60)

    assert failed.process.returncode == 1
    assert failed.output.splitlines()[-1].startswith(f"JOURNEY FAILED: Port {taken} is in use")
    assert left_running(home / "failed") == []


def test_a_killed_worker_is_restarted(serving: Run) -> None:
    rows = json.loads((serving.run_dir / "processes.json").read_text())["processes"]
    worker = next(row["pid"] for row in rows if row["name"] == "worker")

    os.kill(worker, signal.SIGKILL)

    serving.until("The worker process exited", 60)
    now = json.loads((serving.run_dir / "processes.json").read_text())["processes"]
    assert {row["name"] for row in now} == {"postgres", "emulator", "web", "console", "worker", "beat"}


@pytest.mark.timeout(600)
def test_a_campaign_is_sent_beside_two_busy_loops(serving: Run, web: Client) -> None:
    rows = {row["name"]: row["pid"] for row in json.loads((serving.run_dir / "processes.json").read_text())["processes"]}
    file = serving.run_dir / "busy.yaml"
    file.write_text(sample_campaign(), encoding="utf-8")
    number = str(staff(serving, "campaign", "create", str(file), "--by", "amina")["id"])
    fingerprint = staff(serving, "campaign", "submit", number, "--by", "amina")["fingerprint"]

    with busy_loops(2, beside=[serving.process.pid, *rows.values()]):
        # Its replacement has to start beside the loops too.
        os.kill(rows["worker"], signal.SIGKILL)
        staff(serving, "campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")
        status = finished(serving, number, 301)

    assert (status["devices"], status["accepted"], status["pending"]) == (301, 301, 0)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("first-operation", ('"sends":true', 'fingerpost_ready{part="reads"} 1', "has taken over.", "complete and unchanged")),
        ("first-inspection", ("address_sealed = k1.", "No log has the address.", "404", "Rows of the phone: 0")),
    ],
)
def test_every_sample_of_a_tutorial_for_those_who_run_it_works(
    serving: Run, web: Client, name: str, said: tuple[str, ...]
) -> None:
    address = f"http://127.0.0.1:{serving.port}"

    output = run_samples(ROOT / "docs" / f"{name}.md", web=address, folder=ROOT, environment=serving.environment)

    assert [words for words in said if words not in output] == []
    assert "cInspectedPhone" not in output


def test_no_log_of_any_process_holds_what_clients_sent(serving: Run) -> None:
    # The parent and the teen of above; alerts to the parent's phone went through the worker.
    earlier = ("cParentInCardiff0001aa", "cTeenagerInCardiff001a", "GB-WLS")
    statuses = send_canaries(serving.port)
    console = json.loads((serving.run_dir / "ports.json").read_text())["console"]
    of_console = send_canaries(console)

    assert (statuses["register"], statuses["change"], statuses["other secret"], statuses["delete"]) == (201, 200, 404, 204)
    assert (statuses["POST /v1/help"], statuses["POST /v1/help#age"], statuses["POST /console/login/"]) == (200, 422, 307)
    assert (of_console["POST /console/login/"], of_console["POST /v1/help"]) == (403, 307)
    logs = {path.name: path.read_text(errors="replace") for path in (serving.run_dir / "logs").iterdir()}
    assert {"web.log", "console.log", "worker.log", "beat.log", "postgres.log"} <= logs.keys()
    # The emulator takes the place of Google, which has the addresses; commands.log holds what people typed.
    ours = {name: text for name, text in logs.items() if name not in ("emulator.log", "commands.log")}
    assert {name: word for name, text in ours.items() for word in (*CANARIES, *earlier) if word in text} == {}
    assert not [word for word in (*CANARIES, *earlier) if word in serving.output + serving.errors]


def test_ctrl_c_leaves_nothing_running(serving: Run, home: Path) -> None:
    status = serving.end(signal.SIGINT)

    assert status == 0
    assert left_running(home) == []
    assert "Traceback" not in serving.output + serving.errors
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.timeout(400)
def test_the_next_start_ends_what_a_killed_one_left_running(home: Path, serving: Run) -> None:
    serving.make_sure_it_ended()
    killed = Run(home)
    killed.until("Starting web, console, worker and beat")
    killed.process.kill()
    killed.process.wait()
    assert left_running(home)

    again = Run(home, "manage", "check")
    again.process.wait(120)

    assert "what it left running has been stopped" in again.output
    assert again.process.returncode == 0, again.output + again.errors
    assert left_running(home) == []


def test_the_demo_has_staff_for_every_role_of_the_four_eyes_rules() -> None:
    roles = [role for given in STAFF.values() for role in given]

    assert set(roles) == {
        *("localisation-editor", "localisation-reviewer", "publisher", "assurer", "campaign-author", "campaign-approver")
    }
    assert roles.count("publisher") == 2
