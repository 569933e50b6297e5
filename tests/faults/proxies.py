"""nginx and Caddy with the configuration of docker/, for tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

#: What readers and staff are passed to.
UPSTREAMS = ("127.0.0.1:8000", "127.0.0.1:8001")
DOCKER = Path(__file__).resolve().parents[2] / "docker"


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


class Site:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        return self.get(path, "POST", json.dumps(body).encode(), Content_Type="application/json")

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, body, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@contextmanager
def running_proxy(name: str, folder: Path, port: int, tree: Path, origin: str) -> Iterator[Site]:
    """Start nginx or Caddy on this port, without files of a system service."""
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert program, f"{name} is not installed; ./run test --all installs it"
    command = (_nginx if name == "nginx" else _caddy)(folder, port, tree, origin)
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [program, *command], env={"HOME": str(folder), "PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    made = Site(port)
    try:
        _until_up(made, process, log)
        yield made
    finally:
        process.terminate()
        process.wait(10)


def _nginx(folder: Path, port: int, tree: Path, origin: str) -> list[str]:
    here = {
        "listen 8080": f"listen 127.0.0.1:{port}",
        "/srv/fingerpost": str(tree),
        "127.0.0.1:8000": origin,
        "127.0.0.1:8001": origin,
    }
    own = _changed("nginx.conf", here)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    main = folder / "nginx.conf"
    main.write_text(f"daemon off; {user} pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ {temporary}\n{own} }}\n")
    return ["-p", str(folder), "-c", str(main), "-e", "stderr"]


def _caddy(folder: Path, port: int, tree: Path, origin: str) -> list[str]:
    here = {":8080": f"http://:{port}", "/srv/fingerpost": str(tree), **dict.fromkeys(UPSTREAMS, origin)}
    own = _changed("Caddyfile", here)
    main = folder / "Caddyfile"
    first = "\n{\n"
    assert first in own
    main.write_text(own.replace(first, f"{first}\tadmin off\n\tdefault_bind 127.0.0.1\n", 1))
    return ["run", "--config", str(main), "--adapter", "caddyfile"]


def _changed(name: str, here: Mapping[str, str]) -> str:
    own = (DOCKER / name).read_text()
    for ours, instead in here.items():
        assert ours in own
        own = own.replace(ours, instead)
    return own


def _until_up(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            site.get("/v1/manifest")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
