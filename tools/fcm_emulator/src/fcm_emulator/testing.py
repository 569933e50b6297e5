"""Start an emulator as a process of its own, for tests and measurements of a sender, and query it."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import BaseHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

COMMAND = [sys.executable, "-m", "fcm_emulator"]


class DidNotStart(Exception):
    """The process exited, or did not answer in time."""


class EmulatorProcess:
    """A running emulator. A sender needs its `url`, its `credentials_file` and, for TLS, its `ca_bundle`."""

    def __init__(
        self, process: subprocess.Popen[bytes], url: str, project: str, credentials_file: Path, ca_bundle: Path | None = None
    ) -> None:
        self.process = process
        self.url = url
        self.project = project
        self.credentials_file = credentials_file
        #: The certificate authority to trust; None without TLS.
        self.ca_bundle = ca_bundle
        self._opener = opener(ca_bundle)

    @property
    def environment(self) -> dict[str, str]:
        """Return the settings of Fingerpost for this emulator."""
        trust = {"FCM_CA_BUNDLE": str(self.ca_bundle)} if self.ca_bundle else {}
        return {"FCM_ENDPOINT": self.url, "FIREBASE_PROJECTS": json.dumps({self.project: str(self.credentials_file)}), **trust}

    def counts(self, tag: str | None = None, **filters: str) -> dict[str, Any]:
        """Return the totals of GET /emulator/counts, for one tag, alert or revision if given."""
        counts: dict[str, Any] = json.loads(self.get(_with_query("/emulator/counts", tag=tag, **filters)))
        return counts

    def each(self, tag: str | None = None, **filters: str) -> list[dict[str, Any]]:
        """Return one dict per address and alert: kind, address, tag, alert, rev, accepted, received."""
        lines = self.get(_with_query("/emulator/counts", tag=tag, full="1", **filters)).splitlines()
        return [json.loads(line) for line in lines]

    def phones(self) -> list[dict[str, Any]]:
        """Return the most recent phones with the notifications that each shows."""
        phones: list[dict[str, Any]] = json.loads(self.get("/emulator/phones"))["phones"]
        return phones

    def quota(self) -> dict[str, Any]:
        """Return the project's quota: limit, messages in the last 60 seconds, highest, refused."""
        quota: dict[str, Any] = json.loads(self.get("/emulator/quota"))["projects"][self.project]
        return quota

    def app_check_token(self, firebase_app: str, *, limited_use: bool = False) -> str:
        """Return an App Check token of a Firebase app such as 1:123:android:ab."""
        path = f"/v1/projects/{firebase_app.split(':')[1]}/apps/{firebase_app}:exchangeDebugToken"
        return str(json.loads(self.post(path, {"debugToken": "any", "limitedUse": limited_use}))["token"])

    def app_check_key_requests(self) -> int:
        """Return how often App Check's public keys were fetched."""
        return int(json.loads(self.get("/emulator/app-check"))["key_requests"])

    def plan(self, rules: list[dict[str, Any]], **options: int) -> None:
        """Replace the fault plan; `options` are its other fields, such as quota. An empty list accepts everything."""
        self.post("/emulator/plan", {"rules": rules, **options})

    def reset(self) -> None:
        """Forget all messages, counts, phones and rules; access tokens stay valid."""
        self.post("/emulator/reset", {})

    def get(self, path: str) -> str:
        """Return the body of one of the emulator's pages."""
        with self._opener.open(self.url + path, timeout=30) as response:
            return str(response.read(), "utf-8")

    def post(self, path: str, body: object) -> str:
        """Post JSON to the emulator; return the body of the response."""
        headers = {"Content-Type": "application/json"}
        request = Request(self.url + path, data=json.dumps(body).encode(), headers=headers, method="POST")
        with self._opener.open(request, timeout=30) as response:
            return str(response.read(), "utf-8")

    def stop(self) -> None:
        """Stop the process; a second call does nothing."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


def start_emulator(
    folder: Path,
    project: str = "fcm-emulator-test",
    *options: str,
    tls: bool = False,
    environment: Mapping[str, str] | None = None,
) -> EmulatorProcess:
    """Start an emulator on a free port, with new credentials for `project` in `folder`. `options` are passed on to `serve`."""
    # Another process can take the free port before the emulator does; then another one is tried.
    for _ in range(5):
        port = free_port()
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        own = folder / f"emulator-{port}"
        credentials = [*COMMAND, "credentials", str(own), "--project", project, "--url", url]
        subprocess.run(credentials, check=True, stdout=subprocess.DEVNULL, env=environment)
        serve = [*COMMAND, "serve", "--port", str(port), "--credentials", str(own), *options]
        process = subprocess.Popen(serve, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
        ca_bundle = own / "ca.pem" if tls else None
        if wait_until_up(f"{url}/healthz", process, ca_bundle=ca_bundle):
            return EmulatorProcess(process, url, project, own / f"{project}.json", ca_bundle)
        process.kill()
        process.wait(timeout=10)
    raise DidNotStart("the emulator")


def wait_until_up(url: str, process: subprocess.Popen[bytes], seconds: float = 60, ca_bundle: Path | None = None) -> bool:
    """Return True once `url` is answered with 200, or False when the process exits or the time is over."""
    client = opener(ca_bundle)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with client.open(url, timeout=2) as response:
                if response.status == 200:
                    return True
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    return False


def free_port() -> int:
    """Return a port of 127.0.0.1 that no process listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def opener(ca_bundle: Path | None) -> OpenerDirector:
    """Return an opener that uses no proxy and, for TLS, trusts only this certificate authority."""
    handlers: list[BaseHandler] = [ProxyHandler({})]
    if ca_bundle:
        handlers.append(HTTPSHandler(context=ssl.create_default_context(cafile=str(ca_bundle))))
    return build_opener(*handlers)


def _with_query(path: str, **query: str | None) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
