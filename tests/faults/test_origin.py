"""A real web process over an exported tree: no database, the same bytes, and a new export within two seconds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.utils import timezone

from api.export import export_release
from content.models import Manifest
from content.publishing import signing
from content.publishing.verify import verify_manifest, verify_pack
from content.publishing.withdrawal import withdraw
from tests import make
from tests.faults.web import Web
from tests.faults.workers import end_connections
from tests.processes import ROOT
from tests.signing import Signer

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

HELP = {"country": "GB", "situation": "blackmail", "age": 15, "at": "2026-12-01T12:00:00Z"}
READS = (
    *("/v1/", "/v1/manifest", "/.well-known/jwks.json", "/v1/packs/GB/cy", "/v1/packs/JP/en", "/v1/tips?country=GB&locale=cy"),
    *("/v1/services?country=GB", "/v1/services/gb-line", "/v1/docs", "/v1/schema", "/hsds/", "/hsds/services?full=true"),
)
REFUSED = ("/v1/tips?x=1", "/v1/packs/XX/en", f"/v1/packs/GB/en/{'0' * 64}", "/v1/services/no-such")
#: Where a connection is a failed test: nobody listens there, and psycopg itself is out of reach.
NO_DATABASE = {"DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:9/nowhere"}


@pytest.fixture
def tree(tmp_path: Path, signer: Signer) -> Path:
    make.small_content()
    make.service("gb-wrong")
    make.release()
    signing.sign_if_due(at=timezone.now())
    export_release(tmp_path / "tree")
    return tmp_path / "tree"


@pytest.fixture
def web(tmp_path: Path, tree: Path) -> Iterator[Web]:
    made = Web(tmp_path)
    yield made
    made.stop()
    end_connections()


@pytest.fixture
def reading(tmp_path: Path, tree: Path) -> Iterator[Web]:
    traced = tmp_path / "traced"
    traced.mkdir()
    # A process that asked for a connection would end there and then.
    (traced / "sitecustomize.py").write_text(
        "import os, psycopg\n"
        f"def connect(*args, **kwargs):\n    open({str(tmp_path / 'asked')!r}, 'w').close()\n    os._exit(9)\n"
        "psycopg.connect = psycopg.Connection.connect = connect\n"
    )
    paths = os.pathsep.join([str(traced), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    made = Web(tmp_path, 2, **NO_DATABASE, EDITION_ORIGIN=str(tree), EDITION_DIR=str(tmp_path / "reading"), PYTHONPATH=paths)
    yield made
    made.stop()
    assert not (tmp_path / "asked").exists(), "a connection to a database was asked for"


def answers(web: Web) -> dict[str, Any]:
    """Ask everything that must be the same."""
    headers = ("content-type", "cache-control", "etag", "content-language", "vary")
    found = {}
    for path in (*READS, *REFUSED):
        for coding in ("identity", "gzip"):
            status, said, body = web.answer(path, headers={"Accept-Encoding": coding})
            found[path, coding] = status, {name: said.get(name) for name in headers}, body
    return found | {("/v1/help", ""): web.ask("/v1/help", HELP)}


def test_all_reads_are_those_of_the_server_with_the_database_and_nothing_is_asked_of_one(web: Web, reading: Web) -> None:
    web.start()
    expected = answers(web)
    web.stop()

    reading.start()

    assert answers(reading) == expected
    assert {expected[path, "gzip"][0] for path in READS} == {expected["/v1/help", ""][0]} == {200}
    assert reading.ask("/readyz") == (200, b'{"reads":true,"writes":false}')
    for path, body in (
        *(
            ("/v1/registrations", {"app": "parent"}),
            ("/v1/receipts", {}),
            ("/v1/corrections", {}),
            ("/v1/alerts?country=GB", None),
        ),
        *(("/v1/topics?app=parent", None), ("/trust/GB", None)),
    ):
        status, said, _ = reading.answer(path, body)
        assert (status, said["content-type"], said["retry-after"]) == (503, "application/problem+json", "5"), path
    # A session's cookie would be looked up.
    assert reading.answer("/console/", headers={"Cookie": "sessionid=a; messages=b"})[0] == 404


def test_a_new_export_is_told_within_two_seconds_and_a_broken_one_never(reading: Web, tree: Path, tmp_path: Path) -> None:
    reading.start()
    before = reading.ask("/v1/packs/GB/en")
    assert before[0] == 200
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now(), successor="gb-line")
    signed = signing.sign_if_due(at=timezone.now())
    assert signed
    broken = tmp_path / "broken"
    export_release(broken)
    for path in broken.glob("v1/packs/*/*/*.json"):
        path.write_bytes(path.read_bytes().replace(b"gb-line", b"gb-lime"))
    link = tmp_path / "link"
    link.symlink_to(broken)
    tree.rename(tmp_path / "good")
    link.rename(tree)

    time.sleep(2.5)
    assert reading.ask("/v1/packs/GB/en") == before

    export_release(tmp_path / "good")
    link.symlink_to(tmp_path / "good")
    link.rename(tree)
    reading.seconds_until(lambda: reading.ask("/v1/packs/GB/en") != before, at_most=2.5)
    reading.seconds_until(lambda: reading.ask("/v1/manifest") == (200, signed.body.encode()), at_most=2.5)

    expected = answers(reading)
    shutil.rmtree(tmp_path / "good")
    reading.stop()
    reading.start()
    assert answers(reading) == expected


def export(tree: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    """Run the command itself against this test's database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "export_release", str(tree)], cwd=ROOT, env=os.environ | settings,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_killed_anywhere_an_export_leaves_a_tree_that_fits_its_manifest_and_the_next_one_ends_it(
    web: Web, tree: Path, signer: Signer, tmp_path: Path
) -> None:
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=timezone.now(), successor="gb-line")
    signing.sign_if_due(at=timezone.now())
    killed = 0
    for wait in (0, 1, 5, 20, 60):
        fresh = tmp_path / f"tree-{wait}"
        shutil.copytree(tree, fresh)
        process = export(fresh, web.settings)
        start = sum(1 for _ in fresh.rglob("*"))
        deadline = time.monotonic() + 30
        while sum(1 for _ in fresh.rglob("*")) < start + wait + 1 and process.poll() is None:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGKILL)
        killed += process.wait(10) == -signal.SIGKILL
        process.communicate()
        check(fresh, signer)

        ended = export(fresh, web.settings)
        assert "Release" in ended.communicate(timeout=60)[0]
        check(fresh, signer)
        assert (fresh / "v1/manifest.jws").read_text() == Manifest.objects.newest().body
        assert not list(fresh.rglob("*.new"))
    assert killed >= 3


def check(tree: Path, signer: Signer) -> None:
    manifest = verify_manifest((tree / "v1/manifest.jws").read_bytes(), signer.root.public, last_number=None, now=timezone.now())
    for (country, locale), listed in manifest.packs.items():
        verify_pack((tree / f"v1/packs/{country}/{locale}/{listed.digest}.json").read_bytes(), manifest, country, locale)
    plain = json.loads((tree / "edition.json").read_bytes())
    for country, locale, name in plain["places"]:
        assert orjson.loads((tree / f"v1/packs/{country}/{locale}/{name}.json").read_bytes())["locale"] == locale
