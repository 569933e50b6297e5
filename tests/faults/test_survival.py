"""Promise 7: reading and signposting work without database, broker and cache, and survive a restart without them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.utils import timezone

from content.publishing import signing
from content.publishing.withdrawal import withdraw
from notifications.campaigns import lifecycle
from notifications.delivery import planner
from tests import make
from tests.faults.web import Web
from tests.faults.workers import end_connections
from tests.processes import ROOT
from tests.signing import Signer
from tests.tools.sandbox.runs import plain_environment, shared_release, usual_signals
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.published import begin_with_copy, publish_all
from tools.sandbox.run_folders import remove_run
from tools.sandbox.supervisor import Sandbox

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

HELP = {"country": "GB", "situation": "blackmail", "age": 15, "at": "2026-12-01T12:00:00Z"}
READS = (
    *("/v1/", "/v1/manifest", "/.well-known/jwks.json", "/v1/packs/GB/cy", "/v1/packs/NO/en", "/v1/tips?country=IN&locale=hi"),
    *("/v1/services?country=GB&role=helpline", "/v1/services/gb-childline", "/v1/alerts?country=GB&locale=en&audience=parent"),
    *("/v1/alerts.atom?country=GB&locale=cy", "/hsds/", "/hsds/services?full=true", "/hsds/services/gb-childline"),
    *("/hsds/profile", "/hsds/taxonomies", "/hsds/taxonomy_terms"),
)
#: Requests that are refused, with the same status throughout.
REFUSED = (
    *(("/v1/tips?x=1", 400), ("/v1/packs/XX/en", 404), ("/v1/services/platform-skype", 410)),
    *(("/hsds/services?x=1", 400), ("/hsds/services/nothing", 404), ("/hsds/services/platform-skype", 410)),
)


@pytest.fixture
def signals() -> Iterator[None]:
    with usual_signals():
        yield


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    made = Web(tmp_path, workers=2)
    yield made
    made.stop()
    end_connections()


def end(sandbox: Sandbox, name: str) -> None:
    """Stop one process of the sandbox for good."""
    child = next(one for one in sandbox.processes.running if one.name == name)
    sandbox.processes.running.remove(child)
    child.request_stop()
    child.wait_or_kill(time.monotonic() + 10)


def answers(client: Client) -> dict[str, tuple[int, bytes]]:
    """Return status and body of every path that must keep working."""
    found = {path: client.get(path) for path in (*READS, *(path for path, _ in REFUSED))}
    return {path: (answer.status, answer.data) for path, answer in found.items()}


# The commands of the demo take a minute on a quiet machine, and eight beside a whole run of the tests.
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("signals")
def test_promise_7_reads_and_help_survive_without_database_broker_and_cache(tmp_path: Path) -> None:
    paths = Paths(root=ROOT, run=tmp_path / "run")
    paths.create()
    begin_with_copy(paths, {**plain_environment(), **shared_release()})
    sandbox = Sandbox(paths, Interrupts(), plain_environment())
    try:
        sandbox.start(any_free_port(), console=False)
        publish_all(sandbox)
        client = Client(sandbox.web)
        demo.register_devices(client, sandbox)
        demo.send_campaign(client, sandbox)
        _until(lambda: orjson.loads(client.get("/readyz").data) == {"reads": True, "writes": True, "sends": True})
        before, plan = answers(client), client.post("/v1/help", HELP)
        assert {status for path, (status, _) in before.items() if path in READS} == {200}
        assert all(before[path][0] == status for path, status in REFUSED)
        # How long it takes here and now: other processes may use the machine.
        usual = _seconds(lambda: answers(client))

        for name in ("beat", "worker", "postgres"):
            end(sandbox, name)
        _until(lambda: orjson.loads(client.get("/readyz").data)["writes"] is False)
        assert answers(client) == before
        assert client.post("/v1/help", HELP).data == plan.data
        # /readyz tries a write at once; the store that the views ask looks for the database a few seconds apart.
        _until(lambda: client.post("/v1/registrations", {}).status == client.get("/trust/GB").status == 503)
        without = _seconds(lambda: answers(client))

        client.close()
        end(sandbox, "web")
        # The cache for rate limits is unreachable, too.
        sandbox.environment["CACHE_URL"] = "redis://127.0.0.1:9/0"
        sandbox.start_web()
        sandbox._wait_until_up("web", sandbox.web, "/healthz")
        client = Client(sandbox.web)
        again: dict[str, tuple[int, bytes]] = {}
        restarted = _seconds(lambda: again.update(answers(client)))

        assert again == before
        assert client.post("/v1/help", HELP).data == plan.data
        assert (client.get("/readyz").status, orjson.loads(client.get("/readyz").data)["writes"]) == (200, False)
        # A single read that waits for the database or the cache takes seconds more. After the start each is made anew.
        assert without < 2 * usual + 1, f"{len(again)} reads took {without:.1f} s, and {usual:.1f} s before"
        assert restarted < 10 * usual + 4, f"{len(again)} reads took {restarted:.1f} s, and {usual:.1f} s before"
        client.close()
    finally:
        sandbox.stop()
        remove_run(paths)


def _until(done: Callable[[], bool]) -> None:
    """Wait for what happens within six seconds where nothing else runs."""
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline, "not within 60 s"
        time.sleep(0.05)


def _seconds(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


def test_a_new_release_a_new_alert_and_a_stop_reach_every_process_in_time(web: Web, signer: Signer) -> None:
    make.small_content()
    make.service("gb-wrong")
    make.release()
    signing.sign_if_due(at=timezone.now())
    make.app(push_mode="feed")
    web.start()

    def pack() -> dict[str, Any]:
        return dict(orjson.loads(web.ask("/v1/packs/GB/en")[1]))

    def alerts() -> list[str]:
        return [alert["id"] for alert in orjson.loads(web.ask("/v1/alerts?country=GB&locale=en")[1])["alerts"]]

    assert "gb-wrong" in {service["id"] for service in pack()["services"]}
    assert alerts() == []

    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now(), successor="gb-line")
    signed = signing.sign_if_due(at=timezone.now())
    assert signed
    web.seconds_until(lambda: "gb-wrong" not in {service["id"] for service in pack()["services"]}, at_most=2.5)
    web.seconds_until(lambda: web.ask("/v1/manifest") == (200, signed.body.encode()), at_most=2.5)

    campaign = make.campaign()
    assert planner.plan_audience(campaign, at=datetime.now(UTC))
    web.seconds_until(lambda: alerts() == [str(campaign.pk)], at_most=2.5)

    update = make.campaign(kind="update", references=campaign.pk)
    assert planner.plan_audience(update, at=datetime.now(UTC))
    web.seconds_until(lambda: alerts() == [str(update.pk)], at_most=2.5)
    assert orjson.loads(web.ask(f"/v1/alerts/{campaign.pk}")[1])["alert"]["superseded_by"] == str(update.pk)

    lifecycle.stop(update, by=make.campaign_staff()[1], at=datetime.now(UTC), reason="It was wrong.")
    removed = [f"/v1/alerts/{alert.pk}" for alert in (campaign, update)]
    web.seconds_until(lambda: alerts() == [] and [web.ask(path)[0] for path in removed] == [410, 410], at_most=5)


def test_a_process_without_an_edition_is_503_until_the_database_is_up(web: Web, tmp_path: Path) -> None:
    make.small_content()
    make.release()
    there = web.settings["DATABASE_URL"]
    web.start(DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:9/nowhere")
    assert web.ask("/v1/packs/GB/en")[0] == 503
    assert web.ask("/readyz") == (503, b'{"reads":false,"writes":false,"sends":false}')
    web.stop()

    web.start(DATABASE_URL=there)

    assert web.ask("/v1/packs/GB/en")[0] == 200


def test_a_database_that_does_not_answer_blocks_no_reader(web: Web) -> None:
    make.small_content()
    make.release()
    web.start()
    expected, listed = web.ask("/v1/packs/GB/en"), web.ask("/hsds/services")
    assert expected[0] == listed[0] == web.ask("/trust/GB")[0] == 200
    web.stop()
    with socket.socket() as deaf:
        # Accepts connections and never answers.
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(50)
        web.start(DATABASE_URL=f"postgresql://a:b@127.0.0.1:{deaf.getsockname()[1]}/c")
        # The first refresh of a process may wait two seconds for a connection.
        web.ask("/v1/packs/GB/en")

        begun = time.monotonic()
        for _ in range(20):
            assert web.ask("/v1/packs/GB/en") == expected

        assert time.monotonic() - begun < 1
        web.seconds_until(lambda: web.ask("/readyz") == (200, b'{"reads":true,"writes":false,"sends":false}'), at_most=6)
        begun = time.monotonic()
        # Requests that need the database are refused at once, so that no reader waits behind them.
        assert web.ask("/v1/registrations", {"app": "parent"})[0] == 503
        status, headers, body = web.answer("/trust/GB", headers={"Accept": "text/html"})
        assert (status, headers["content-type"]) == (503, "application/problem+json")
        assert orjson.loads(body)["type"] == "/v1/problems/unavailable"
        assert web.ask("/hsds/services") == listed
        assert web.ask("/v1/packs/GB/en") == expected
        assert time.monotonic() - begun < 1


#: Malformed requests as bytes on the wire, with the allowed statuses.
RAW = [
    (b"GET /v1/packs/GB/en HTTP/1.0\r\n\r\n", {400}),
    (b"GET /v1/packs/GB/en HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", {200}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: " + b"x" * 8192 + b"\r\n\r\n", {200}),
    (b"GET /v1/packs/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {404}),
    (b"GET /v1/packs/GB/..%2f..%2fetc HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {404}),
    (b"GET /v1/packs/GB%2Fen HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {200, 404}),
    (b"GET /v1/tips/%F0%9F%98%80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {404}),
    (b"GET /v1/tips/%FF%FE%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {404}),
    (b"GET /v1/tips?%FF=%FE HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {400}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: zstd, x;q=9, \xff\r\n\r\n", {200, 400}),
    (b'GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: \xff"\r\n\r\n', {200, 400}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-None-Match: *\r\nIf-Match: *\r\n\r\n", {304}),
    (b'GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-Match: "x"\r\n\r\n', {412}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nRange: bytes=0-1\r\nIf-Range: x\r\n\r\n", {200}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nIf-Modified-Since: never\r\nIf-Unmodified-Since: 0\r\n\r\n", {200}),
    (b"HEAD /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", {200}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
    (b"GET http://127.0.0.1/v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {200}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {200, 411}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n{}", {200}),
    (b"POST /v1/help HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{", {400}),
    # Two proxies that disagree about where a request ends could be made to mix two clients' requests.
    (
        b"POST /v1/help HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400, 411},
    ),
    (b"POST /v1/help HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", {400}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", {400}),
    (b"GET /v1/packs/GB/en HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(500)) + b"\r\n", {431}),
    (b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {414, 431}),
]


def test_malformed_requests_get_the_right_status_and_never_500(web: Web) -> None:
    make.small_content()
    make.release()
    web.start()
    assert web.ask("/v1/packs/GB/en")[0] == 200

    for request, statuses in RAW * 2:
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as raw:
            raw.sendall(request)
            line = raw.recv(200).split(b"\r\n")[0]
        assert int(line.split()[1]) in statuses, (request[:120], line)
