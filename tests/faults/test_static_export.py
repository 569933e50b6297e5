"""nginx and Caddy, configured as in docker/, serve the exported tree as the API serves the release."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.export import export_release
from api.pages.companion import MAIN, companion
from api.reads import edition_store
from content.models import Release
from content.publishing import signing
from content.publishing.verify import verify_country_manifest, verify_manifest, verify_pack
from content.publishing.withdrawal import withdraw
from tests import make
from tests.faults.proxies import Site, running_proxy
from tests.signing import Signer
from tools.sandbox.ports import any_free_port

pytestmark = pytest.mark.services

#: Headers that clients rely on; ETag and Date differ between servers.
HEADERS = (
    *("Content-Type", "Cache-Control", "Content-Language", "Access-Control-Allow-Origin", "X-Content-Type-Options"),
    *("Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options", "Access-Control-Expose-Headers"),
    *("Cross-Origin-Resource-Policy", "Permissions-Policy"),
)


@pytest.fixture
def published(transactional_db: None, signer: Signer) -> Iterator[Release]:
    edition_store.store.clear()
    make.small_content()
    make.service("gb-wrong")
    release = make.release()
    signing.sign_if_due(at=timezone.now())
    yield release
    edition_store.store.clear()


@pytest.fixture
def tree(published: Release, tmp_path: Path) -> Path:
    export_release(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture(params=["nginx", "caddy"])
def site(request: pytest.FixtureRequest, tree: Path, live_server: Any, tmp_path: Path, settings: Any) -> Iterator[Site]:
    settings.ALLOWED_HOSTS = ["*"]
    port, origin = any_free_port(), live_server.url.removeprefix("http://")
    with running_proxy(request.param, tmp_path, port, tree, origin) as made:
        yield made


def test_every_file_is_answered_as_the_api_answers_it(site: Site, published: Release, signer: Signer, api_client: Client) -> None:
    served = site.get("/v1/manifest")
    manifest = verify_manifest(served.body, signer.root.public, last_number=None, now=timezone.now())
    # NO has no packs of its own.
    paths = ["/v1/manifest", "/v1/manifest/GB", "/v1/manifest/NO", "/.well-known/jwks.json", "/v1/packs/NO/cy"]
    paths += ["/v1/manifest/GB/cy", "/v1/manifest/NO/en"]
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
    for country in ("GB", "NO"):
        body = site.get(f"/v1/manifest/{country}").body
        verify_country_manifest(body, signer.root.public, country=country, last_number=None, now=timezone.now())


def test_the_companion_is_answered_as_the_api_answers_it(site: Site, api_client: Client) -> None:
    app = companion()
    paths = ["/companion/", "/companion/sw.js", *(f"/companion/{app.version}/{name}" for name in app.files)]

    for path in paths:
        ours, theirs = api_client.get(path, headers={"accept": "*/*"}), site.get(path)
        assert (theirs.status, theirs.body) == (ours.status_code, ours.content) == (200, ours.content), path
        assert {name: theirs.headers.get(name) for name in HEADERS} == {name: ours.headers.get(name) for name in HEADERS}, path
        policies = [sorted(value.split("; ")) for value in theirs.headers.get_all("Content-Security-Policy", [])]
        assert policies == [sorted(ours["Content-Security-Policy"].split("; "))], path
        assert site.get(path, If_None_Match=theirs.headers["ETag"]).status == 304, path
    assert site.get("/companion/", method="POST").status == 405
    # A page of an earlier version, which an origin answers.
    assert site.get(f"/companion/{'0' * 16}/{MAIN}").body == app.files[MAIN]


def test_compressed_files_hold_the_same_bytes(site: Site) -> None:
    plain, packed = site.get("/v1/packs/GB/en"), site.get("/v1/packs/GB/en", Accept_Encoding="gzip")

    assert plain.headers.get_all("Vary") == packed.headers.get_all("Vary") == ["Accept-Encoding"]
    assert (plain.headers["Content-Encoding"], packed.headers["Content-Encoding"]) == (None, "gzip")
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2


@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("path", ["/v1/packs/GB/en", "/v1/manifest"])
def test_an_unchanged_file_is_304(site: Site, path: str, coding: str) -> None:
    first = site.get(path, Accept_Encoding=coding)

    again = site.get(path, Accept_Encoding=coding, If_None_Match=first.headers["ETag"])
    head = site.get(path, method="HEAD", Accept_Encoding=coding)

    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    for name in ("Cache-Control", "Content-Language", "Access-Control-Allow-Origin", "Vary"):
        assert again.headers[name] == first.headers[name], name
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", first.headers["Content-Length"])
    # Caddy 2.6 sends compressed files in chunks.
    assert first.headers["Content-Length"] in ({None, str(len(first.body))} if coding == "gzip" else {str(len(first.body))})
    assert {name: head.headers.get(name) for name in HEADERS} == {name: first.headers.get(name) for name in HEADERS}
    assert site.get(path, Accept_Encoding=coding, If_None_Match='"another"').body == first.body


def test_each_coding_has_an_etag_that_changes_with_the_bytes(site: Site, tree: Path) -> None:
    path = "/v1/packs/GB/en"
    plain, packed = site.get(path).headers["ETag"], site.get(path, Accept_Encoding="gzip").headers["ETag"]
    for name in ("en.json", "en.json.gz"):
        file = tree / "v1/packs/GB" / name
        file.write_bytes(file.read_bytes() + b"\n")

    assert plain != packed
    assert site.get(path, If_None_Match=plain).status == 200
    assert site.get(path, Accept_Encoding="gzip", If_None_Match=packed).status == 200


def test_range_requests_work(site: Site) -> None:
    whole = site.get("/v1/packs/GB/en")

    part = site.get("/v1/packs/GB/en", Range="bytes=10-19")

    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.body)}"
    assert site.get("/v1/packs/GB/en", Range="bytes=99999999-").status == 416


def test_missing_packs_are_404_and_withdrawn_ones_410(site: Site, published: Release, tree: Path) -> None:
    old, _ = make.pack_body(published, "GB", "en") or ("", "")
    assert site.get(f"/v1/packs/GB/en/{old}").status == 200
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now())
    signing.sign_if_due(at=timezone.now())
    export_release(tree)

    gone, never = site.get(f"/v1/packs/GB/en/{old}"), site.get(f"/v1/packs/GB/en/{'0' * 64}")

    for answer, status in ((gone, 410), (never, 404), (site.get("/v1/packs/GB/xx"), 404)):
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Language"] is None
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert f'"status":{status}'.encode() in answer.body
    now = json.loads(site.get("/v1/packs/GB/en").body)
    assert "gb-wrong" not in {service["id"] for service in now["services"]}


def test_everything_else_is_passed_to_the_origin(site: Site) -> None:
    first, options = site.get("/v1/"), site.get("/v1/packs/GB/en", method="OPTIONS")

    for name in HEADERS:
        assert len(first.headers.get_all(name, [])) <= 1, name
    assert (first.status, first.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert options.status == 204
    assert options.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/packs/GB/en",
        "/v1/manifest",
        "/v1/manifest/GB",
        "/v1/manifest/GB/en",
        "/.well-known/jwks.json",
        f"/v1/packs/GB/en/{'0' * 64}",
    ],
)
def test_other_methods_are_refused_by_the_origin(site: Site, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        refused = site.get(path, method=method)
        assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS"), method
        assert refused.headers["Content-Type"] == "application/problem+json"


def test_bodies_reach_the_origin_and_large_ones_are_413(site: Site) -> None:
    plan = site.post("/v1/help", {"country": "GB", "situation": "blackmail", "age": 15})
    large = site.post("/v1/help", {"country": "x" * 70_000})

    assert (plan.status, json.loads(plan.body)["country"]["served"]) == (200, "GB")
    assert (large.status, large.headers["Content-Type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_files_are_served_without_the_origin_and_the_rest_is_503(name: str, tree: Path, tmp_path: Path) -> None:
    with running_proxy(name, tmp_path, any_free_port(), tree, "127.0.0.1:9") as site:
        pack, page, away = site.get("/v1/packs/GB/en"), site.get("/companion/"), site.get("/v1/tips")

    assert (pack.status, pack.body) == (200, (tree / "v1/packs/GB/en.json").read_bytes())
    assert (page.status, page.body) == (200, (tree / "companion/index.html").read_bytes())
    assert (away.status, away.headers["Content-Type"]) == (503, "application/problem+json")
    assert (away.headers["Cache-Control"], away.headers["Retry-After"]) == ("no-store", "5")
    assert json.loads(away.body)["type"] == "/v1/problems/unavailable"


@pytest.mark.parametrize("path", ["/v1/packs/../../etc/passwd", "/v1/packs/GB/..%2f..%2fmanifest.jws", "/v1/packs/GB/en%00"])
def test_no_path_leads_out_of_the_tree(site: Site, path: str) -> None:
    assert site.get(path).status in {400, 404}


@pytest.fixture
def api_client(settings: Any) -> Client:
    settings.ALLOWED_HOSTS = ["*"]
    return Client()
