"""The attacks of ./run bench abuse and ./run bench stampede: connections that are held, and floods of requests.

A process of its own runs each attack of `abuse`, because the reader must not wait for the attackers' interpreter:
`python -m tools.bench.attacks NAME WEB_PORT CONSOLE_PORT` writes a line once the attack runs, and ends it when its standard input
ends.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

#: Connections that are held, and requests per second of a flood.
HELD, FLOOD = 1000, 50
PACK = "/v1/packs/GB/en"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_REGISTRATION = (
    b'{"app":"parent","address_kind":"fid","address":"AAAAAAAAAAAAAAAAA%05d","platform":"android","locale":"en","country":"GB",'
    b'"time_zone":"Europe/London","audience":"parent","app_version":"1.0.0"}'
)


@contextmanager
def running(name: str, web: int, console: int, *, root: Path) -> Iterator[None]:
    """Run an attack of ATTACKS in a process of its own."""
    command = [sys.executable, "-m", "tools.bench.attacks", name, str(web), str(console)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        if not process.stdout.readline():
            raise ChildProcessError(f"the attack of {name} did not start")
        yield
        process.stdin.close()
    if process.returncode:
        raise ChildProcessError(f"the attack of {name} failed")


def hold(port: int, request: bytes) -> Iterator[None]:
    """Hold connections, and open another for each that the server closes."""
    ended = threading.Event()
    opened = threading.Semaphore(0)

    def keep_open(stack: ExitStack) -> None:
        held = [stack.enter_context(_open(port, request)) for _ in range(HELD // 4)]
        opened.release()
        while not ended.wait(0.5):
            for index, connection in enumerate(held):
                if _is_closed(connection):
                    connection.close()
                    held[index] = stack.enter_context(_open(port, request))

    with ExitStack() as stack:
        threads = [threading.Thread(target=keep_open, args=(stack,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in threads:
            opened.acquire()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()


def _open(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request)
    connection.setblocking(False)
    return connection


def _is_closed(connection: socket.socket) -> bool:
    try:
        # What the server has sent stays unread.
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def flood(port: int, request: Callable[[int], tuple[str, str, bytes, dict[str, str]]]) -> Iterator[None]:
    """Send requests at the pace of FLOOD over ten connections, each waiting for its own responses alone."""
    ended = threading.Event()

    def send(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in count(first, 10):
            if ended.wait(10 / FLOOD):
                return
            method, path, body, headers = request(number)
            try:
                connection.request(method, path, body or None, headers)
                connection.getresponse().read()
            except OSError:
                connection.close()

    threads = [threading.Thread(target=send, args=(first,)) for first in range(10)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def wrong_password(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    return "POST", "/console/login/", f"username=asta&password=wrong-{number}".encode(), {"Content-Type": _FORM}


def invented_locale(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    """Return a request for a pack in a locale that does not exist, for `flood`."""
    return "GET", f"{PACK}-a{number:07}", b"", {"Accept-Encoding": "br"}


def invented_page(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    """Return a request for a page that is not in memory yet: in turn of full services, and of many short ones."""
    turn = number // 2
    of_full = f"full=true&per_page={26 + turn % 25}&page={1 + turn // 25}"
    path = "/hsds/services?" + (of_full if number % 2 else f"per_page={100 + turn}")
    return "GET", path, b"", {"Accept-Encoding": "br"}


def invented_search(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    """Return a request for all services that changed after an instant that nobody has asked for yet, for `flood`."""
    instant = f"2020-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
    path = f"/hsds/services?format=ndjson&modified_after={instant}&search=e"
    return "GET", path, b"", {"Accept-Encoding": "br"}


def registration(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    return "POST", "/v1/registrations", _REGISTRATION % number, {"Content-Type": _JSON}


def head(method: str, path: str, kind: str, length: int = 0) -> bytes:
    """Return the head of a request; with `kind`, of one with a body of `length` bytes."""
    body = [f"Content-Type: {kind}", f"Content-Length: {length}"] if kind else []
    return ("\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *body]) + "\r\n\r\n").encode()


#: Name → what to run with the ports of the web and the console.
ATTACKS: dict[str, Callable[[int, int], Iterator[None]]] = {
    f"{HELD} connections that stop in the head": lambda web, _: hold(web, head("GET", "/v1/", "")[:-2] + b"X-Slow: "),
    f"{HELD} bodies of /v1/help that never arrive": lambda web, _: hold(web, head("POST", "/v1/help", _JSON, 50) + b"{"),
    f"{HELD} console forms that never arrive": lambda _, staff: hold(staff, head("POST", "/console/login/", _FORM, 50) + b"u"),
    f"{HELD} packs that the client does not read": lambda web, _: hold(web, head("GET", PACK, "")),
    f"{FLOOD} wrong passwords a second": lambda _, staff: flood(staff, wrong_password),
    f"{FLOOD} invented locales of a pack a second, br": lambda web, _: flood(web, invented_locale),
    f"{FLOOD} invented pages of /hsds/services a second": lambda web, _: flood(web, invented_page),
    f"{FLOOD} invented searches of /hsds/services a second": lambda web, _: flood(web, invented_search),
    f"{FLOOD} registrations a second": lambda web, _: flood(web, registration),
}


def main() -> None:
    """Run one attack until standard input ends."""
    name, web, console = sys.argv[1:]
    with contextmanager(ATTACKS[name])(int(web), int(console)):
        sys.stdout.write("runs\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
