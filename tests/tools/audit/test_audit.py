"""The checks of what the product is made of: they find what they are for, and the stored data is of the locked packages."""

from __future__ import annotations

import ast
import json
import re
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tools.audit import __main__ as command
from tools.audit import advisories, images, licences
from tools.audit.bill_of_materials import bill_of_materials
from tools.audit.locked import NPM, PYPI, ROOT, LockedPackage, kit_packages, locked_packages
from tools.audit.versions import is_in, next_version, sort_key

TODAY = date(2026, 12, 1)


def package(name: str, version: str, ecosystem: str = PYPI, licence: str = "") -> LockedPackage:
    return LockedPackage(name, version, "", ("0" * 64,), ecosystem=ecosystem, licence=licence)


def stored(ecosystem: str = PYPI, **packages: list[list[str | None]]) -> dict[str, Any]:
    return {
        "read_on": "2026-11-01",
        "source": "from a test",
        "accepted": {},
        "packages": {PYPI: {}, NPM: {}}
        | {
            ecosystem: {
                name: [{"id": "CVE-1", "aliases": ["GHSA-1"], "summary": "Bad", "url": "https://osv.dev/1", "ranges": ranges}]
                for name, ranges in packages.items()
            }
        },
    }


def test_every_line_of_the_lock_file_is_read_with_its_hashes() -> None:
    packages = {one.name: one for one in locked_packages()}

    lines = re.findall(r"^\S+==", (ROOT / "requirements/base.txt").read_text(), re.M)
    assert len(packages) == len(lines) > 90
    assert all(one.hashes for one in packages.values())
    assert packages["async-timeout"].marker.startswith("python_full_version")


def test_a_package_without_a_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("django==5.2.1\nsix==1.17.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")

    with pytest.raises(ValueError, match="django has no hash"):
        locked_packages(tmp_path / "base.txt")


def test_every_package_of_the_kit_is_read_with_its_hash_and_licence(tmp_path: Path) -> None:
    packages = {one.name: one for one in kit_packages()}

    assert len(packages) == (ROOT / "kit/package-lock.json").read_text().count('"node_modules/') > 30
    assert packages["@babel/code-frame"].licence == "MIT"
    assert all(one.ecosystem == NPM and one.hashes[0].startswith("sha512-") for one in packages.values())
    nested = {
        "node_modules/a/node_modules/@b/c": {"version": "1.0.0", "integrity": "sha512-x"},
        "node_modules/d": {"version": "2.0.0"},
    }
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": {"": {}, **nested}}))
    with pytest.raises(ValueError, match="d has no hash"):
        kit_packages(tmp_path / "package-lock.json")
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": dict([*nested.items()][:1])}))
    assert [(one.name, licences.licence_of(one)) for one in kit_packages(tmp_path / "package-lock.json")] == [("@b/c", "unknown")]


def test_versions_of_npm_have_the_order_of_semantic_versioning() -> None:
    """https://semver.org, item 11, with its own example."""
    ordered = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"),
        *("1.0.0", "1.0.1-0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"),
    ]

    keys = [sort_key(one, NPM) for one in ordered]
    assert all(earlier < later for earlier, later in pairwise(keys))
    assert sort_key("1.0.0+build", NPM) == sort_key("1.0.0", NPM)
    with pytest.raises(ValueError, match="not a semantic version"):
        sort_key("1.0", NPM)


@pytest.mark.parametrize(
    ("version", "found"),
    [("4.4.1", False), ("4.4.2", True), ("4.4.3-rc.1", False), ("4.4.3", False), ("1.0.0-rc.1", True), ("1.0.0-rc.2", False)],
)
def test_a_single_version_of_npm_is_affected_alone(version: str, found: bool) -> None:
    ranges: list[list[str | None]] = [[one, next_version(one, NPM)] for one in ("4.4.2", "1.0.0-rc.1")]

    assert is_in(version, ranges, NPM) is found


def test_a_weakness_of_a_package_of_the_kit_is_a_finding_and_its_namesake_is_none() -> None:
    known = stored(NPM, jose=[["0", "5.11.0"]])

    found = list(
        advisories.affected([package("jose", "5.10.0", NPM), package("jose", "3.5.0"), package("jose", "5.11.0", NPM)], known)
    )

    assert [(one.package.ecosystem, one.package.version) for one in found] == [(NPM, "5.10.0")]


@pytest.mark.parametrize(
    ("version", "ranges", "found"),
    [
        ("2.6.2", [["1.22", "2.6.3"]], True),
        ("2.6.3", [["1.22", "2.6.3"]], False),
        ("1.21", [["1.22", "2.6.3"]], False),
        ("1.0", [["0", "1.0.1"]], True),
        ("9.9", [["0", None]], True),
        ("5.2.17", [["4.2", "4.2.30"], ["5.2", "5.2.17"]], False),
        ("5.2.9", [["4.2", "4.2.30"], ["5.2", "5.2.17"]], True),
        ("2.10.0", [["2.9", "2.9.post999999"]], False),
        ("2.9", [["2.9", "2.9.post999999"]], True),
    ],
)
def test_an_affected_version_is_found(version: str, ranges: list[list[str | None]], found: bool) -> None:
    known = stored(urllib3=ranges)

    assert bool(list(advisories.affected([package("urllib3", version)], known))) is found
    # Under any of its names, an advisory may be accepted with a reason.
    accepted = {**known, "accepted": {"GHSA-1": "We do not follow redirects."}}
    assert not list(advisories.affected([package("urllib3", version)], accepted))


def test_the_age_of_the_stored_advisories_is_said() -> None:
    assert advisories.age_text(stored(), today=date(2026, 11, 20)) == "Advisories of 2026-11-01 (19 days old), from a test."
    assert "older than 30 days: run ./run audit --refresh" in advisories.age_text(stored(), today=date(2026, 12, 2))


def test_a_weakness_of_the_lock_file_is_a_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 0
    assert capsys.readouterr().out.endswith("0 findings\n")

    monkeypatch.setattr(advisories, "load", lambda: stored(django=[["0", None]]))

    assert command.main([]) == 1
    assert "CVE-1 (Bad), fixed in no version yet. https://osv.dev/1" in capsys.readouterr().out


@pytest.fixture
def osv() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Answer like https://google.github.io/osv.dev/post-v1-query/, in two pages for one package."""
    queries: list[dict[str, Any]] = []
    events = [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"last_affected": "2.4"}, {"introduced": "3.0"}]
    affected = [
        {"package": {"name": "Six", "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]},
        {"package": {"name": "other", "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]},
        {"package": {"name": "six", "ecosystem": "npm"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]},
        {"package": {"name": "six", "ecosystem": "PyPI"}, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
    ]
    malicious = [
        {"package": {"name": "debug", "ecosystem": "npm"}, "versions": ["4.4.2"]},
        {"package": {"name": "debug", "ecosystem": "npm"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "9.0.0"}]}]},
    ]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            queries.append(query)
            answer: dict[str, Any] = {}
            if query["package"]["name"] == "six" and "page_token" not in query:
                answer = {"vulns": [{"id": "PYSEC-1", "summary": "Bad", "affected": affected}], "next_page_token": "two"}
            elif query["package"]["name"] == "debug":
                answer = {"vulns": [{"id": "MAL-1", "summary": "Malicious", "affected": malicious}]}
            elif "page_token" in query:
                answer = {"vulns": [{"id": "PYSEC-2", "withdrawn": "2026-01-01T00:00:00Z"}]}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", queries
    server.shutdown()
    server.server_close()


def test_refreshing_reads_every_page_and_keeps_what_was_accepted(osv: tuple[str, list[dict[str, Any]]]) -> None:
    service, queries = osv
    before = {**stored(django=[["0", None]]), "accepted": {"CVE-9": "Not used."}}

    locked = [package("six", "1.17"), package("vine", "5.1"), package("debug", "4.4.3", NPM), package("debug", "3.0.0", NPM)]
    after = advisories.refresh(locked, before, today=TODAY, service=service)

    assert queries == [
        {"package": {"name": "six", "ecosystem": "PyPI"}},
        {"package": {"name": "six", "ecosystem": "PyPI"}, "page_token": "two"},
        {"package": {"name": "vine", "ecosystem": "PyPI"}},
        {"package": {"name": "debug", "ecosystem": "npm"}},
    ]
    (advisory,), (malicious,) = after["packages"][PYPI].pop("six"), after["packages"][NPM].pop("debug")
    assert advisory["ranges"] == [["0", "1.0"], ["2.0", "2.4.post999999"], ["3.0", None]]
    assert malicious["ranges"] == [["4.4.2", "4.4.3-0"], ["9.0.0", None]]
    empty: dict[str, dict[str, str]] = {PYPI: {}, NPM: {}}
    assert after == {"read_on": "2026-12-01", "source": f"from {service}", "accepted": {"CVE-9": "Not used."}, "packages": empty}


def test_a_service_that_does_not_answer_leaves_the_stored_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = advisories.FILE.read_bytes()

    def away(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(advisories, "refresh", away)

    assert command.main(["--refresh"]) == 2
    assert "does not answer (ConnectionRefusedError)" in capsys.readouterr().out
    assert advisories.FILE.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "licence", "fitting"),
    [
        ("a", "MIT", True),
        ("a", "MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("a", "GPL-3.0-only OR MIT", True),
        ("a", "(MIT OR CC0-1.0)", True),
        ("a", "Python-2.0", True),
        ("a", "GPL-3.0-only", False),
        ("a", "MIT AND AGPL-3.0-only", False),
        ("a", "LGPL-3.0-only", False),
        ("a", "unknown", False),
        ("a", "not installed", False),
        ("psycopg", "LGPL-3.0-only", True),
        ("psycopg", "GPL-3.0-only", False),
    ],
)
def test_only_permissive_licences_and_the_listed_lgpl_packages_fit(name: str, licence: str, fitting: bool) -> None:
    assert licences.fits(name, licence) is fitting


def test_the_bill_of_materials_is_the_lock_file_and_always_the_same() -> None:
    packages = locked_packages()

    bill = json.loads(bill_of_materials(packages))

    assert bill_of_materials(packages) == bill_of_materials(packages)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert [(one["name"], one["version"]) for one in bill["components"]] == [(one.name, one.version) for one in packages]
    refs = {"fingerpost", *(one["bom-ref"] for one in bill["components"])}
    depends = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert depends.keys() == refs
    assert {ref for found in depends.values() for ref in found} < refs
    celery = next(one["bom-ref"] for one in bill["components"] if one["name"] == "celery")
    assert celery in depends["fingerpost"]
    assert any(ref.startswith("pkg:pypi/kombu@") for ref in depends[celery])


def test_an_image_without_a_digest_is_found() -> None:
    digest = "python@sha256:" + "a" * 64

    assert set(images.images({})) == {"PYTHON_IMAGE", "POSTGRES_IMAGE", "VALKEY_IMAGE", "NGINX_IMAGE"}
    assert set(images.by_tag({"PYTHON_IMAGE": digest})) == {"POSTGRES_IMAGE", "VALKEY_IMAGE", "NGINX_IMAGE"}


DIGEST = f"sha256:{'b' * 64}"


@pytest.mark.parametrize(
    ("program", "printed"),
    [("docker", {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": DIGEST}), ("skopeo", {"Digest": DIGEST})],
)
def test_each_image_is_printed_by_the_digest_of_its_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], program: str, printed: dict[str, str]
) -> None:
    script = tmp_path / program
    script.write_text(f"#!/bin/sh\necho \"$*\" >>{tmp_path}/calls\necho '{json.dumps(printed)}'\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("NGINX_IMAGE", f"mirror.example/nginx@sha256:{'c' * 64}")

    assert command.main(["--digests", "-"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"NGINX_IMAGE=mirror.example/nginx@sha256:{'c' * 64}",
        f"POSTGRES_IMAGE=postgres@{DIGEST}",
        f"PYTHON_IMAGE=python@{DIGEST}",
        f"VALKEY_IMAGE=valkey/valkey@{DIGEST}",
    ]
    calls = (tmp_path / "calls").read_text()
    assert "docker.io/library/python:3.11-slim-trixie" in calls
    assert "docker.io/valkey/valkey:8-bookworm" in calls
    # One that is pinned already is not asked for again.
    assert "nginx" not in calls


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'ERROR: no such host' >&2; exit 1", "docker did not get nginx:1.28-bookworm: ERROR: no such host\n"),
        ("echo", "docker named no digest of nginx:1.28-bookworm.\n"),
        ("echo '{}'", "docker named no digest of nginx:1.28-bookworm.\n"),
        (None, "Install docker (with buildx) or skopeo, which ask the registry of an image for its digest.\n"),
    ],
)
def test_a_digest_that_cannot_be_had_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: str | None, said: str
) -> None:
    if script is not None:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert command.main(["--digests", str(tmp_path / ".env")]) == 2

    assert capsys.readouterr() == ("", said)
    assert not (tmp_path / ".env").exists()


def test_digests_replace_the_earlier_ones_in_a_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SECRET_KEY=a=b\nNGINX_IMAGE=nginx@sha256:1\n# POSTGRES_IMAGE=old\n")
    file.chmod(0o640)

    images.put_into(file, {"NGINX_IMAGE": "nginx@sha256:2", "POSTGRES_IMAGE": "postgres@sha256:3"})

    assert file.read_text() == (
        "SECRET_KEY=a=b\n# POSTGRES_IMAGE=old\nNGINX_IMAGE=nginx@sha256:2\nPOSTGRES_IMAGE=postgres@sha256:3\n"
    )
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_images_are_read_from_the_file_that_compose_reads_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"# comment\nPYTHON_IMAGE=python@sha256:{'a' * 64}\nNGINX_IMAGE=nginx:1\n")

    given = images.settings({"NGINX_IMAGE": f"nginx@sha256:{'a' * 64}"}, tmp_path / ".env")

    assert set(images.by_tag(given)) == {"POSTGRES_IMAGE", "VALKEY_IMAGE"}
    assert images.settings({}, tmp_path / "none") == {}


#: Packages that belong to one that is listed, which could not work without them; and one that type checkers alone import.
PARTS = {"google": "firebase-admin", "kombu": "celery", "pydantic_core": "pydantic", "django_stubs_ext": ""}


def test_every_package_that_the_product_imports_is_listed_by_name() -> None:
    """What another package happens to bring may be gone, or unchecked, with that package's next version."""
    lines = (ROOT / "requirements/base.in").read_text().splitlines()
    listed = {canonicalize_name(re.split(r"[\[<>=~! ]", line)[0]) for line in lines if line and not line.startswith("#")}
    product = {"api", "config", "content", "core", "notifications"}
    imported = {name for folder in product for name in _imports(ROOT / folder)} - product - set(sys.stdlib_module_names)
    brought_by = packages_distributions()

    assert {"jwt", "requests", "psycopg"} <= imported
    missing = {name for name in imported - PARTS.keys() if listed.isdisjoint(map(canonicalize_name, brought_by[name]))}
    assert missing == set()
    assert imported > PARTS.keys()
    assert listed >= {owner for owner in PARTS.values() if owner}


def _imports(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]
