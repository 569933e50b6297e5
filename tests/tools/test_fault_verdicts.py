"""A verdict of a fault run names everything that differs from what is expected, and a run that breaks off is a fault."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
import threading
import time
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tools.faults import combination, crash_points, launch, page
from tools.faults.doubling import EachPublishTwice, EachPushTwice
from tools.faults.proxy import DelayingProxy
from tools.faults.rig import QUICK_DEVICES, until
from tools.faults.runs import RUNS, Run
from tools.faults.runs.processes import kill_one
from tools.faults.verdict import Verdict, judge
from tools.faults.watch import Sample, longest_silence
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import UserError


def verdict(seen: dict[str, Any] | None = None, tags: frozenset[str] = frozenset({"7"}), **changed: Any) -> Verdict:
    counts = {"addresses": 100, "repeats": 0, "last_at": 1_010.0} | (seen or {})
    given: dict[str, Any] = {"tag": "7", "devices": 100, "erased": 0, "halted": "", "approved_at": 1_000.0, "within": 30}
    return judge(counts, set(tags), **(given | changed))


def test_a_campaign_without_a_fault_passes() -> None:
    found = verdict()

    assert (found.faults, found.missed, found.doubled, found.seconds) == ([], 0, 0, 10.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seen": {"addresses": 99}}, "1 of 100 devices missed"),
        ({"seen": {"repeats": 3}, "may_double": 2}, "3 repeats, and 2 were under way"),
        ({"erased": 5, "may_erase": 4, "seen": {"addresses": 96}}, "1 devices taken off the list"),
        ({"halted": "FCM refused it."}, "halted: FCM refused it."),
        ({"expects_halt": True}, "the campaign was not held"),
        ({"tags": frozenset({"7", "8"})}, "a message had another tag"),
        ({"seen": {"last_at": 1_031.0}}, "the last message came 31 s after the approval, later than 30 s"),
    ],
)
def test_each_difference_is_a_fault(changed: dict[str, Any], said: str) -> None:
    assert verdict(**changed).faults == [said]


def test_a_run_that_breaks_off_is_reported_and_the_next_one_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenRig:
        devices = 10

        def __getattr__(self, name: str) -> Any:
            return self

        def __call__(self, *_: Any) -> Any:
            return ""

    def break_off(_: Any) -> Verdict:
        raise RuntimeError("it did not end")

    monkeypatch.setitem(RUNS, "breaks-off", Run("breaks off", break_off))
    monkeypatch.setattr(BrokenRig, "log", lambda self: "", raising=False)

    found = combination.carry_out(BrokenRig(), "breaks-off")  # type: ignore[arg-type]

    assert found.faults == ["RuntimeError: it did not end"]


def test_an_unknown_run_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no run called made-up"):
        launch.run(Paths(root=tmp_path, run=tmp_path), ["made-up"])


def test_a_proxy_delays_both_ways() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.sendall(line.recv(10))

        threading.Thread(target=answer, daemon=True).start()
        proxy = DelayingProxy(server.getsockname()[1], delay=0.1)
        with socket.create_connection(("127.0.0.1", proxy.port)) as line:
            began = time.monotonic()
            line.sendall(b"hello")
            assert line.recv(10) == b"hello"
            took = time.monotonic() - began
        proxy.stop()

    assert took >= 0.2


def test_a_process_is_killed_once_there_is_one() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    # The shell waits for its child, and ends with it.
    with subprocess.Popen(["sh", "-c", "read _; sleep 60 & wait"], stdin=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        before = kill_one(random.Random(1), [ended, worker])
        worker.stdin.write(b"\n")
        worker.stdin.flush()

        until(lambda: kill_one(random.Random(1), [ended, worker]), 30, "no process was there")

        worker.wait(30)
    assert not before


@pytest.mark.parametrize("name", crash_points.POINTS)
def test_each_crash_point_is_a_function_of_the_product(name: str) -> None:
    point = crash_points.POINTS[name]

    assert callable(attrgetter(point.function)(import_module(point.module)))


def test_a_worker_dies_where_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(crash_points, "_crash", lambda: steps.append("crash"))

    def step(result: bool) -> bool:
        steps.append("step")
        return result

    after, before, done = (
        crash_points._dying(step, crash_points.CrashPoint("", "", after=after, done=done))
        for after, done in ((True, False), (False, False), (True, True))
    )
    for function, result in ((after, False), (before, True), (done, True), (done, False)):
        function(result)
        steps.append("end")

    assert steps == ["step", "crash", "end", "crash", "step", "crash", "end", "step", "crash", "end", "step", "end"]


def test_each_push_reaches_redis_twice_however_its_bytes_arrive() -> None:
    push = b"*3\r\n$5\r\nLPUSH\r\n$8\r\ndelivery\r\n$6\r\nab\r\ncd\r\n"
    other = b"*2\r\n$5\r\nBRPOP\r\n$8\r\ndelivery\r\n"
    twice = push.replace(b"*3", b"*4") + b"$6\r\nab\r\ncd\r\n"

    at_once, byte_by_byte = EachPushTwice(), EachPushTwice()

    assert at_once(push + other + push) == twice + other + twice
    assert b"".join(byte_by_byte(bytes([byte])) for byte in other + push) == other + twice


def amqp_frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def test_each_message_reaches_rabbitmq_twice_however_its_bytes_arrive() -> None:
    other = amqp_frame(1, 2, b"\x00\x3c\x00\x50" + bytes(9))
    method = amqp_frame(1, 1, b"\x00\x3c\x00\x28" + b"publish")
    header = amqp_frame(2, 1, b"\x00\x3c\x00\x00" + (5).to_bytes(8, "big") + b"\x00\x00")
    body = amqp_frame(3, 1, b"abc") + amqp_frame(3, 1, b"de")
    empty = method + amqp_frame(2, 1, b"\x00\x3c\x00\x00" + bytes(8) + b"\x00\x00")

    at_once, byte_by_byte = EachPublishTwice(), EachPublishTwice()
    sent = b"AMQP\x00\x00\x09\x01" + method + other + header + body + empty

    # A frame of another channel does not wait for the end of the message.
    expected = b"AMQP\x00\x00\x09\x01" + other + 2 * (method + header + body) + 2 * empty
    assert at_once(sent) == expected
    assert b"".join(byte_by_byte(bytes([byte])) for byte in sent) == expected


EMPTY_PAGE = "# Faults\n\n## What did not work at first, and what is only calculated\n\nNothing.\n"


def measured(**changed: Any) -> dict[str, Any]:
    return verdict(may_double=2).as_json() | {"devices": 10_000, "said": "It is read-only.", "said_after": 2.4} | changed


def test_a_run_replaces_its_own_row_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "faults.md"
    path.write_text(EMPTY_PAGE)
    before = {"worker-killed": measured(doubled=46, said=""), "read-only": measured(said="")}
    page.update({"postgresql": "15", "runs": before}, "redis", load=5.0, path=path)

    runs = {"read-only": measured(), "beat-killed": measured(), "pgbouncer": measured(faults=["1 of 100 devices missed"])}
    page.update({"postgresql": "15", "runs": runs}, "redis", load=1.5, path=path)

    written = path.read_text()
    rows = [[cell.strip() for cell in line.split("|")] for line in written.splitlines() if line.startswith("| `")]
    found = [(row[1], row[3], row[8], row[10].split(", ")[1]) for row in rows]
    assert found == [
        ("`worker-killed`", "46", "", "load 5.0"),
        ("`beat-killed`", "0", "It is read-only. (2)", "load 1.5"),
        ("`read-only`", "0", "It is read-only. (2)", "load 1.5"),
    ]
    assert written.endswith("Nothing.\n")


def test_another_pair_of_servers_gets_a_section_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "faults.md"
    path.write_text(EMPTY_PAGE)

    page.update({"postgresql": "15", "runs": {"read-only": measured()}}, "redis", load=1.5, path=path)
    page.update({"postgresql": "18", "runs": {"read-only": measured(devices=QUICK_DEVICES)}}, "rabbitmq", load=1.5, path=path)

    headings = [line for line in path.read_text().splitlines() if line.startswith("## ")]
    assert headings[:2] == [
        "## PostgreSQL 15 with Redis, 10,000 devices",
        "## PostgreSQL 18 with RabbitMQ, 3,000 devices, in the short form",
    ]


def test_rows_measured_with_other_code_that_sends_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "faults.md"
    path.write_text(EMPTY_PAGE)
    runs = {"read-only": measured(), "beat-killed": measured(), "pgbouncer": measured()}
    page.update({"postgresql": "15", "runs": runs}, "redis", load=1.5, path=path)
    assert page.older(path) == {}

    monkeypatch.setattr(page, "code", lambda: "0123456")
    page.update({"postgresql": "15", "runs": {"pgbouncer": measured()}}, "redis", load=1.5, path=path)

    assert page.older(path) == {"PostgreSQL 15 with Redis, 10,000 devices": ["beat-killed", "read-only"]}


def test_each_module_that_sends_changes_the_code_of_the_rows(tmp_path: Path) -> None:
    for name in (
        "notifications/delivery/fcm.py",
        "notifications/models/batch.py",
        "notifications/tasks.py",
        "notifications/feed.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    before = page.code(tmp_path)

    codes = set()
    for name in ("notifications/delivery/fcm.py", "notifications/models/batch.py", "notifications/tasks.py"):
        (tmp_path / name).write_text("two")
        codes.add(page.code(tmp_path))
    (tmp_path / "notifications/feed.py").write_text("two")

    assert len(codes - {before}) == 3
    assert page.code(tmp_path) in codes


def sample(at: float, messages: int, words: str = "", *, pending: bool = True) -> Sample:
    return Sample(at, messages, words, pending)


@pytest.mark.parametrize(
    ("samples", "silence"),
    [
        ([sample(0, 0), sample(20, 5), sample(40, 9)], 0),
        ([sample(0, 5), sample(10, 5), sample(31, 5), sample(40, 9)], 31),
        ([sample(0, 5), sample(29, 5, "It is read-only."), sample(60, 5, "It is read-only."), sample(70, 9)], 0),
        ([sample(0, 5), sample(29, 5, "It is read-only."), sample(60, 5)], 31),
        ([sample(0, 5), sample(40, 5, pending=False)], 0),
    ],
)
def test_a_run_in_which_nothing_is_sent_and_nothing_said_is_noticed(samples: list[Sample], silence: float) -> None:
    assert longest_silence(samples) == silence
