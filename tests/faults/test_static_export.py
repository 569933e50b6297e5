"""Debian's nginx with docker/nginx.conf serves the exported tree as the API serves the same release."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api import library
from config.sandbox.ports import any_free
from content import signing
from content.export import export_release
from content.models import Release
from content.verify import verify_manifest, verify_pack
from content.withdrawal import withdraw
from tests import make
from tests.signing import Signer

pytestmark = pytest.mark.services

CONFIGURATION = Path(__file__).resolve().parents[2] / "docker" / "nginx.conf"
#: What a client relies on; ETag and Date are each server's own.
HEADERS = (
    *("Content-Type", "Cache-Control", "Content-Language", "Access-Control-Allow-Origin", "X-Content-Type-Options"),
    *("Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options"),
)


@dataclass
class Answer:
    status: int
    headers: Message
    body: bytes


class Site:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        request = urllib.request.Request(
            self.url + path, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


@pytest.fixture
def published(transactional_db: None, signer: Signer) -> Iterator[Release]:
    library.forget()
    make.small_content()
    make.service("gb-wrong")
    release = make.release()
    signing.sign_if_due(at=timezone.now())
    yield release
    library.forget()


@pytest.fixture
def tree(published: Release, tmp_path: Path) -> Path:
    export_release(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def site(tree: Path, live_server: Any, tmp_path: Path, settings: Any) -> Iterator[Site]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert program, "the package nginx-light is one of ./run test --all"
    settings.ALLOWED_HOSTS = ["*"]
    port, origin = any_free(), live_server.url.removeprefix("http://")
    own = CONFIGURATION.read_text()
    for ours, here in (("listen 8080", f"listen 127.0.0.1:{port}"), ("/srv/fingerpost", str(tree)), ("127.0.0.1:8000", origin)):
        assert ours in own
        own = own.replace(ours, here)
    temporary = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    main = tmp_path / "nginx.conf"
    main.write_text(f"daemon off; {user} pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ {temporary}\n{own} }}\n")
    log = (tmp_path / "nginx.log").open("wb")
    process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(main), "-e", "stderr"], stdout=log, stderr=log)
    made = Site(port)
    try:
        _until_up(made, process, tmp_path / "nginx.log")
        yield made
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _until_up(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            site.get("/v1/manifest")
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_every_file_is_answered_as_the_api_answers_it(site: Site, published: Release, signer: Signer, api_client: Client) -> None:
    served = site.get("/v1/manifest")
    manifest = verify_manifest(served.body, signer.root.public, last_number=None, now=timezone.now())
    paths = ["/v1/manifest", "/.well-known/jwks.json", "/v1/packs/JP/cy"]
    for (country, locale), listed in manifest.packs.items():
        paths += [f"/v1/packs/{country}/{locale}", f"/v1/packs/{country}/{locale}/{listed.digest}"]

    for path in paths:
        ours, theirs = api_client.get(path), site.get(path)
        assert theirs.status == ours.status_code == 200, path
        assert {name: theirs.headers.get(name) for name in HEADERS} == {name: ours.headers.get(name) for name in HEADERS}, path
        if path == "/.well-known/jwks.json":
            assert sorted(theirs.body) == sorted(ours.content)
        else:
            assert theirs.body == ours.content, path
    for country, locale in manifest.packs:
        verify_pack(site.get(f"/v1/packs/{country}/{locale}").body, manifest, country, locale)


def test_what_is_compressed_holds_the_same_bytes(site: Site) -> None:
    plain, packed = site.get("/v1/packs/GB/en"), site.get("/v1/packs/GB/en", Accept_Encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


def test_asking_again_costs_nothing(site: Site) -> None:
    first = site.get("/v1/packs/GB/en")

    again = site.get("/v1/packs/GB/en", If_None_Match=first.headers["ETag"])

    assert (again.status, again.body) == (304, b"")
    assert site.get("/v1/packs/GB/en", method="HEAD").headers["Content-Length"] == str(len(first.body))


def test_what_is_not_there_is_a_problem_and_what_was_withdrawn_is_gone(site: Site, published: Release, tree: Path) -> None:
    old, _ = published.pack_body("GB", "en") or ("", "")
    assert site.get(f"/v1/packs/GB/en/{old}").status == 200
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now())
    signing.sign_if_due(at=timezone.now())
    export_release(tree)

    gone, never = site.get(f"/v1/packs/GB/en/{old}"), site.get(f"/v1/packs/GB/en/{'0' * 64}")

    for answer, status in ((gone, 410), (never, 404), (site.get("/v1/packs/GB/xx"), 404)):
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert f'"status":{status}'.encode() in answer.body
    now = json.loads(site.get("/v1/packs/GB/en").body)
    assert "gb-wrong" not in {service["id"] for service in now["services"]}


def test_everything_else_is_the_origins(site: Site) -> None:
    first, options = site.get("/v1/"), site.get("/v1/packs/GB/en", method="OPTIONS")

    assert (first.status, first.headers.get_all("Access-Control-Allow-Origin")) == (200, ["*"])
    assert options.status == 204
    assert options.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("path", ["/v1/packs/../../etc/passwd", "/v1/packs/GB/..%2f..%2fmanifest.jws", "/v1/packs/GB/en%00"])
def test_no_path_leads_out_of_the_tree(site: Site, path: str) -> None:
    assert site.get(path).status in {400, 404}


@pytest.fixture
def api_client(settings: Any) -> Client:
    settings.ALLOWED_HOSTS = ["*"]
    return Client()
