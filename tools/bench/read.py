"""./run bench read: the fast lane against Django alone, nginx with the exported files, and a list as most teams would write it.

One server process each, Debian's wrk from the same machine, in turns; medians. Writes docs/measurements/read.md.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import os
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from tools.bench import load
from tools.bench.load import Load
from tools.bench.read_report import ALONE, BESIDE, PACED, Row, write
from tools.sandbox import http_client, story
from tools.sandbox.demo_campaign import sample_campaign
from tools.sandbox.http_client import Client
from tools.sandbox.lock import only_run
from tools.sandbox.ports import any_free
from tools.sandbox.processes import Child, Interrupts
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import Refused, say, step
from tools.sandbox.test_and_lint import bench_places, remove_run

PACK, TIPS = "/v1/packs/IN/hi", "/v1/tips?country=IN&locale=hi&audience=teen"
FEED = "/v1/alerts?country=GB&locale=en&audience=parent"
PARLER = "django-parler==2.4"
#: 2,000 messages a second, of which the product takes its share.
MESSAGES_PER_MINUTE = "150000"
#: Devices for each second that the load lasts and for 20 more, and those that the ramp and the way to it take.
DEVICES_PER_SECOND, DEVICES_BEFORE = 2_500, 100_000
#: Messages a second from which the campaign counts as past its ramp, and how long that may take.
FULL_PACE, PATIENCE = 1_900, 150
HELP = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"country": "GB", "region": "GB-WLS", "audience": "teen", "age": 15, "situation": "blackmail", "site": "snapchat"}'
"""
#: Each request another one, as far as ages and sites go.
VARIED = """local n = 0
request = function()
  n = n + 1
  local body = string.format('{"country": "GB", "audience": "teen", "age": %d, "age_in_image": %d, "situation": "blackmail", ' ..
    '"site": "site-%d"}', 20 + n % 60, n % 20, n)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json"}, body)
end
"""
#: Each connection waits 10 ms after each answer: a busy server, not a full one, where p99 says something; but it wavers, so
#: such a row has so many times the rounds.
DELAY, PACED_ROUNDS = "function delay() return 10 end\n", 3


@dataclass(frozen=True)
class Server:
    """One server under measurement."""

    url: str
    pid: int


class Bench:
    """The servers, and how long they are asked."""

    def __init__(self, sandbox: Sandbox, seconds: int, rounds: int) -> None:
        self.sandbox, self.seconds, self.rounds = sandbox, seconds, rounds
        self.rows: list[Row] = []
        self.notes: dict[str, str] = {}
        self.client = Client(sandbox.web)
        web = next(child for child in sandbox.processes.children if child.name == "web")
        self.lane = Server(sandbox.web, web.pid)

    def serve(self, name: str, command: list[str], port: int, path: str, **more: str) -> Server:
        """Start one more server and wait until it answers."""
        sandbox = self.sandbox
        log = sandbox.places.log(name)
        child = Child(name, command, {**sandbox.environment, **more}, log, cwd=str(sandbox.places.root), patience=4)
        sandbox.processes.start(child)
        url = f"http://127.0.0.1:{port}"
        self.until(lambda: http_client.is_up(url, path), f"{name} does not answer; its log is {log}")
        return Server(url, child.pid)

    def granian(self, name: str, target: str, path: str, **more: str) -> Server:
        """Start granian with one worker and one blocking thread, as the product runs."""
        port = any_free()
        options = ["--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "warning", target]
        listen = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
        return self.serve(name, [str(self.sandbox.places.python), *listen, *options], port, path, **more)

    def until(self, seen: Callable[[], bool], otherwise: str, seconds: float = 90) -> float:
        """Wait, and return how long it took."""
        begun = time.monotonic()
        while not seen():
            if time.monotonic() - begun > seconds:
                raise story.Failed(otherwise)
            self.sandbox.tend()
            time.sleep(0.02)
        return time.monotonic() - begun

    def in_turns(self, group: str, asked: Mapping[str, tuple[Server, str, dict[str, str]]], script: Path | None = None) -> None:
        """Measure each in turn, `rounds` times, and keep the medians: by rate, or by p99 at a pace that is given."""
        found: dict[str, list[Load]] = {name: [] for name in asked}
        rounds, by = (PACED_ROUNDS * self.rounds, "p99") if group == PACED else (self.rounds, "rate")
        with step(f"{group}: {len(asked)} servers, {rounds} rounds of {self.seconds} s"):
            for _ in range(rounds):
                for name, (server, path, headers) in asked.items():
                    found[name].append(load.run(server.url + path, server.pid, self.seconds, headers=headers, script=script))
        for name, loads in found.items():
            self.rows.append(Row(group, name, _median(loads, by)))
            say(f"  {group:<22} {name:<34} {self.rows[-1].load.rate:>9,.0f}/s  p99 {self.rows[-1].load.p99:.2f} ms")


def run(rest: list[str]) -> int:
    """Measure, print and write the report; exit status 1 where a request was not answered."""
    parser = argparse.ArgumentParser(prog="./run bench read", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of each run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of each row (%(default)s)")
    parser.add_argument("--only", choices=("servers", "beside", "growth"), help="a part alone; the report is then not written")
    options = parser.parse_args(rest)
    load.programs()
    places = bench_places()
    with only_run(places, "bench read"):
        sandbox = Sandbox(places, Interrupts(), {**os.environ, "FCM_MESSAGES_PER_MINUTE": MESSAGES_PER_MINUTE})
        try:
            sandbox.start(any_free())
            bench = Bench(sandbox, options.seconds, options.rounds)
            _prepare(bench)
            for name, part in (("servers", _servers), ("beside", _beside), ("growth", _growth)):
                if options.only in (None, name):
                    part(bench)
        except (story.Failed, CommandFailed) as error:
            raise Refused(f"The measurement stopped: {error} (logs: {places.logs})") from None
        finally:
            sandbox.stop()
    remove_run(places)
    say(json.dumps(bench.notes, indent=1))
    if options.only is None:
        write(places.root / "docs" / "measurements" / "read.md", bench.rows, bench.notes, options.seconds, options.rounds)
    return 1 if any(row.load.failed for row in bench.rows) else 0


def _prepare(bench: Bench) -> None:
    with step("Loading and publishing"):
        story.hire(bench.sandbox)
        story.load(bench.sandbox)
        story.publish(bench.sandbox, bench.client, True)
        # Its beat would come within a minute.
        _with(bench.sandbox, {"PACK_SIGNING_KEY": str(bench.sandbox.places.run / "signing" / "release.pem")}, "signing", "sign")
        bench.until(lambda: bench.client.get("/v1/manifest").status == 200, "there is no manifest")


def _servers(bench: Bench) -> None:
    """Ask for the same bytes from each: the pack from lane and nginx, the list of tips from everybody."""
    places, lane, client = bench.sandbox.places, bench.lane, bench.client
    tree = places.run / "tree"
    bench.sandbox.ask("export_release", str(tree))
    tips = client.get(TIPS).body
    (tree / "v1/packs/ZZ/xx.json").write_bytes(tips)
    (tree / "v1/packs/ZZ/xx.json.gz").write_bytes(gzip.compress(tips, 9))
    port = any_free()
    origin = lane.url.removeprefix("http://")
    command = load.nginx(places.temporary, tree, places.root / "docker" / "nginx.conf", port, origin)
    nginx = bench.serve("nginx", command, port, PACK)
    bench.notes["pack"], bench.notes["list of tips"] = f"{len(client.get(PACK).body)} bytes", f"{len(tips)} bytes"
    bare = bench.granian("bare", "tools.bench.bare:application", "/", BARE_FILE=str(tree / f"{PACK[1:]}.json"))
    servers = {"fast lane": lane, "nginx, the exported file": nginx, "a bare WSGI callable": bare}
    for group, headers in (("pack", {}), ("pack, gzip", {"Accept-Encoding": "gzip"})):
        bench.in_turns(group, {name: (server, PACK, headers) for name, server in servers.items()})
    known = {name: (server, PACK, {"If-None-Match": _etag(server.url + PACK)}) for name, server in servers.items()}
    bench.in_turns("pack, 304", known)
    slow = bench.granian("django", "config.wsgi:django", "/healthz", EDITION_DIR="")
    peer = _peer(bench)
    lists: dict[str, tuple[Server, str, dict[str, str]]] = {
        "fast lane": (lane, TIPS, {}),
        "nginx, the same bytes": (nginx, "/v1/packs/ZZ/xx", {}),
        "our own view (DRF), no lane": (slow, TIPS, {}),
        "DRF + parler": (peer, "/plain", {"Accept-Language": "hi"}),
        "DRF + parler, cache_page": (peer, "/cached", {"Accept-Language": "hi"}),
    }
    bench.in_turns("list of tips", lists)
    # As apps ask: the peer has no compression, as most have none.
    coded = {name: (server, path, {**headers, "Accept-Encoding": "gzip"}) for name, (server, path, headers) in lists.items()}
    bench.in_turns("list of tips, gzip", coded)
    bench.in_turns("feed", {"fast lane": (lane, FEED, {})})
    for name, lua in (("the same question", HELP), ("each another question", VARIED)):
        script = places.temporary / "help.lua"
        script.write_text(lua, encoding="utf-8")
        bench.in_turns(f"help, {name}", {"fast lane": (lane, "/v1/help", {})}, script)


def _peer(bench: Bench) -> Server:
    """Put django-parler into a folder of its own, fill its tables and serve it."""
    sandbox = bench.sandbox
    folder = sandbox.places.run / "peer"
    with step(f"Installing {PARLER} beside the product, for comparison"):
        sandbox.python("-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--target", str(folder), PARLER)
    path = {"PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": ""}
    _with(sandbox, path, "tools.bench.parler_peer")
    return bench.granian("parler", "tools.bench.parler_peer:application", "/plain", **path)


def _with(sandbox: Sandbox, settings: Mapping[str, str], *arguments: str) -> None:
    """Run a module or a management command with settings of its own."""
    plain, sandbox.environment = sandbox.environment, {**sandbox.environment, **settings}
    try:
        sandbox.python(*(("-m",) if "." in arguments[0] else ("manage.py",)), *arguments)
    finally:
        sandbox.environment = plain


def _beside(bench: Bench) -> None:
    """Measure the lane under load with and without a campaign beside it, and the way of a withdrawal into the manifest."""
    sandbox, lane = bench.sandbox, bench.lane
    lasts = bench.seconds * bench.rounds * PACED_ROUNDS + 20
    sandbox.ask("simulate_registrations", str(DEVICES_BEFORE + DEVICES_PER_SECOND * lasts))
    paced = sandbox.places.temporary / "paced.lua"
    paced.write_text(DELAY, encoding="utf-8")
    bench.in_turns(PACED, {ALONE: (lane, PACK, {"Accept-Encoding": "gzip"})}, paced)
    path = sandbox.places.run / "campaign.yaml"
    path.write_text(sample_campaign(), encoding="utf-8")
    number = str(sandbox.ask("campaign", "create", str(path), "--by", "amina")["id"])
    fingerprint = sandbox.ask("campaign", "submit", number, "--by", "amina")["fingerprint"]
    sandbox.ask("campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")
    phones = Client(str(sandbox.emulator_url))

    def accepted() -> int:
        return int(phones.get(f"/emulator/counts?alert={number}").json()["accepted_total"])

    with step("The campaign rises to its pace"):
        if not _reaches(bench, accepted):
            say(f"  it stays below {FULL_PACE:,} messages a second; the report tells what it sent beside the load")
    before, begun = accepted(), time.monotonic()
    bench.in_turns(PACED, {BESIDE: (lane, PACK, {"Accept-Encoding": "gzip"})}, paced)
    sent, seconds = accepted() - before, time.monotonic() - begun
    bench.notes["messages a second beside the load"] = f"{sent / seconds:,.0f}"
    begun = time.monotonic()
    sandbox.ask("release", "withdraw", "gb-shout", "--by", "grace")
    manifest = bench.until(lambda: "gb-shout" in _withdrawn(bench.client), "the withdrawal is not in the manifest", 300)
    bench.notes["from the command `release withdraw` to the manifest that a reader gets"] = f"{time.monotonic() - begun:.1f} s"
    bench.notes["of which after the command had ended"] = f"{manifest:.1f} s"


def _reaches(bench: Bench, accepted: Callable[[], int]) -> bool:
    """Wait until a campaign sends at full pace for two seconds; False when it does not within PATIENCE seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        before, since = accepted(), time.monotonic()
        bench.sandbox.wait(lambda: False, 2)
        if (accepted() - before) / (time.monotonic() - since) >= FULL_PACE:
            return True
    return False


def _growth(bench: Bench) -> None:
    """Publish larger and larger releases, with the lane under load meanwhile."""
    largest = (300, 20, 40)
    for size, ahead in (((20, 2, 1), True), ((2000, 2, 1), True), ((20, 2, 40), True), (largest, True), (largest, False)):
        tips, countries, locales = size
        name = f"{tips} tips, {countries} countries, {locales} locales{'' if ahead else ', published at once'}"
        seconds, during = _switch(bench, name, size, ahead=ahead)
        bench.rows.append(Row("while it comes", name, during))
        bench.notes[f"seen after, {name}"] = f"{seconds:.1f} s"
        begun = time.monotonic()
        first = len(bench.client.get("/v1/packs/ZZ/en").body)
        bench.notes[f"first request for a pack, {name}"] = f"{(time.monotonic() - begun) * 1000:.1f} ms, {first} bytes"
        bench.in_turns("grown", {name: (bench.lane, "/v1/packs/GB/en", {"Accept-Encoding": "gzip"})})


def _switch(bench: Bench, name: str, size: tuple[int, int, int], *, ahead: bool) -> tuple[float, Load]:
    """Return how long after its publication a release was seen, and what the load beside it met.

    With `ahead` its second person takes as long as the web process takes to fetch the packs.
    """
    found: list[Load] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            found.append(load.run(f"{bench.lane.url}/v1/packs/GB/en", bench.lane.pid, 2, clients=4))

    old = json.loads(bench.client.get("/v1/").body)["release"]
    asking = threading.Thread(target=ask, daemon=True)
    with step(f"A release of {name}"):
        # Written first: what is measured is how it is taken over.
        written = bench.sandbox.python("-m", "tools.bench.big_release", *map(str, size), "write")
        asking.start()
        if ahead:
            coming, packs = bench.sandbox.places.run / "edition" / "coming", size[1] * size[2]
            took = bench.until(lambda: len(list(coming.glob("*.json"))) == packs, "the packs are not fetched ahead", 120)
            bench.notes[f"fetched ahead, {name}"] = f"{took:.1f} s"
        published = float(bench.sandbox.python("-m", "tools.bench.big_release", written.split()[0], "publish").split()[1])
        bench.until(lambda: json.loads(bench.client.get("/v1/").body)["release"] != old, "the release is not seen", 120)
        seconds = time.time() - published
        over.set()
        asking.join()
    return seconds, max(found, key=lambda one: one.p99)


def _withdrawn(client: Client) -> str:
    payload = client.get("/v1/manifest").body.split(b".")[1]
    return base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).decode().partition('"withdrawn"')[2]


def _etag(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return str(answer.headers["ETag"])


def _median(loads: list[Load], by: str) -> Load:
    """Return the run in the middle by this figure, with every failure counted."""
    middle = sorted(loads, key=attrgetter(by))[len(loads) // 2]
    return replace(middle, failed=sum(one.failed for one in loads))
