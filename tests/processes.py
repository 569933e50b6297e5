"""Real processes for tests: each is started on a free port of this machine and stopped by whoever started it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EMULATOR = [sys.executable, "-m", "fcm_emulator"]


class DidNotStart(Exception):
    """The process ended, or did not answer in time."""


class Emulator:
    """A running FCM emulator: point FCM_ENDPOINT at `url` and FIREBASE_PROJECTS at `credentials_file`."""

    def __init__(
        self, process: subprocess.Popen[bytes], url: str, project: str, credentials_file: Path, ca_bundle: Path | None = None
    ) -> None:
        self.process = process
        self.url = url
        self.project = project
        self.credentials_file = credentials_file
        #: The authority to trust where the emulator speaks TLS.
        self.ca_bundle = ca_bundle
        self._opener = _opener(ca_bundle)

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings that point the backend at this emulator."""
        trust = {"FCM_CA_BUNDLE": str(self.ca_bundle)} if self.ca_bundle else {}
        return {"FCM_ENDPOINT": self.url, "FIREBASE_PROJECTS": json.dumps({self.project: str(self.credentials_file)}), **trust}

    def counts(self, tag: str | None = None, **filters: str) -> dict[str, Any]:
        """Return what reached the phones: accepted_total, addresses, messages, doubled, by_answer and more."""
        return json.loads(self.get(_with_query("/emulator/counts", tag=tag, **filters)))

    def each(self, tag: str | None = None, **filters: str) -> list[dict[str, Any]]:
        """Return one dict for each address and alert: address, kind, tag, alert, rev, accepted, received."""
        lines = self.get(_with_query("/emulator/counts", tag=tag, full="1", **filters)).splitlines()
        return [json.loads(line) for line in lines]

    def phones(self) -> list[dict[str, Any]]:
        """Return the newest phones with what each shows."""
        return json.loads(self.get("/emulator/phones"))["phones"]

    def quota(self) -> dict[str, Any]:
        """Return the project's quota: limit, messages of the last 60 seconds, highest, refused."""
        return json.loads(self.get("/emulator/quota"))["projects"][self.project]

    def plan(self, rules: list[dict[str, Any]], **options: int) -> None:
        """Replace the fault plan, with options such as quota; an empty list accepts everything again."""
        self.post("/emulator/plan", {"rules": rules, **options})

    def reset(self) -> None:
        """Forget every message, count, phone and rule; access tokens stay good."""
        self.post("/emulator/reset", {})

    def get(self, path: str) -> str:
        """Return the body of a page of the emulator."""
        with self._opener.open(self.url + path, timeout=30) as answer:
            return answer.read().decode()

    def post(self, path: str, body: object) -> str:
        """Post JSON to the emulator and return the answer's body."""
        request = urllib.request.Request(
            self.url + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
        )
        with self._opener.open(request, timeout=30) as answer:
            return answer.read().decode()

    def stop(self) -> None:
        """End the process; calling it twice is harmless."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


def start_emulator(tmp_path: Path, project: str = "fingerpost-test", *options: str, tls: bool = False) -> Emulator:
    """Start an FCM emulator with fresh credentials for `project` in tmp_path; further options go to `serve`."""
    # Another process can take the free port before the emulator does, so a failed start is tried again elsewhere.
    for _ in range(5):
        url = f"{'https' if tls else 'http'}://127.0.0.1:{free_port()}"
        folder = tmp_path / f"emulator-{url.rpartition(':')[2]}"
        _run("credentials", str(folder), "--project", project, "--url", url)
        command = [*EMULATOR, "serve", "--port", url.rpartition(":")[2], "--credentials", str(folder), *options]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        ca_bundle = folder / "ca.pem" if tls else None
        if wait_until_up(f"{url}/healthz", process, ca_bundle=ca_bundle):
            return Emulator(process, url, project, folder / f"{project}.json", ca_bundle)
        process.kill()
        process.wait(timeout=10)
    raise DidNotStart("the emulator")


def wait_until_up(url: str, process: subprocess.Popen[bytes], seconds: float = 20, ca_bundle: Path | None = None) -> bool:
    """Return True once `url` answers 200; False when the process has ended or time is up."""
    opener = _opener(ca_bundle)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with opener.open(url, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    return False


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _opener(ca_bundle: Path | None) -> urllib.request.OpenerDirector:
    """Return what opens URLs of this machine: past any proxy that the environment happens to name, trusting one authority."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if ca_bundle:
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_bundle))))
    return urllib.request.build_opener(*handlers)


def _run(*arguments: str) -> None:
    subprocess.run([*EMULATOR, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _with_query(path: str, **query: str | None) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urllib.parse.urlencode(given)}" if given else path
