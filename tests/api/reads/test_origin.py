"""A server that reads from an exported tree says what the one with the database says, takes it whole, and asks nothing."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from api.export import EDITION, export_release
from api.reads.edition_store import Library, NothingYet
from api.reads.fast_path import FastLane
from api.reads.origin import NotWhole, Origin
from content.models import Release
from content.publishing import signing
from content.publishing.withdrawal import put_back, withdraw
from tests import make
from tests.api.wsgi import Answered, Both, ask
from tests.packs import Packs, publish
from tests.signing import Signer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]

READS = (
    *(
        "/v1/",
        "/v1/manifest",
        "/.well-known/jwks.json",
        "/hsds/services?full=true",
        "/v1/packs/GB/cy",
        "/v1/packs/JP/en",
        "/v1/packs/GB/cy-GB",
        "/v1/packs/ZZ/ar",
    ),
    *("/v1/tips", "/v1/tips?country=IN&locale=hi", "/v1/tips/first-hour?locale=pt", "/v1/services?country=GB&role=helpline"),
    *("/v1/services/gb-childline", "/v1/services?country=DE&open_now=true", "/v1/services/zz-take-it-down?locale=ar"),
)
REFUSED = ("/v1/tips?x=1", "/v1/packs/XX/en", "/v1/packs/GB/xx", "/v1/services/no-such", "/v1/tips/no-such", "/v1/alerts")
HELP = {"country": "GB", "situation": "blackmail", "age": 15, "at": "2026-12-01T12:00:00Z"}


@pytest.fixture
def tree(release: Release, signer: Signer, tmp_path: Path) -> Path:
    signing.sign_if_due(at=timezone.now())
    export_release(tmp_path / "tree")
    return tmp_path / "tree"


class Reading:
    """A server over a tree: its library, and the lane with Django behind it."""

    def __init__(self, tree: Path, folder: Path) -> None:
        self.library = Library(folder, Origin(tree))
        self.lane = FastLane(get_wsgi_application(), self.library)

    def ask(self, path: str, **said: Any) -> Answered:
        return ask(self.lane, path, **said)


@pytest.fixture
def reading(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    made = Reading(tree, tmp_path / "reading")
    monkeypatch.setattr("api.reads.edition_store.library", made.library)
    made.library.look()
    return made


def change(real_packs: Packs) -> None:
    """Publish the packs of Great Britain alone, and sign."""
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    signing.sign_if_due(at=timezone.now() + timedelta(seconds=1))


def test_every_read_is_what_the_database_would_have_had_said_and_the_database_is_asked_nothing(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    both = Both(tmp_path / "edition")
    packs = [f"/v1/packs/{c}/{loc}/{name}" for (c, loc), name in both.library.current().places.items()]
    questions = [(path, {}) for path in (*READS, *REFUSED, *packs)] + [
        ("/v1/help", {"method": "POST", "body": orjson.dumps(HELP)})
    ]
    expected = [(ask(both.lane, path, **said), ask(both.slow, path, **said)) for path, said in questions]

    with django_assert_num_queries(0):
        made = Reading(tree, tmp_path / "reading")
        monkeypatch.setattr("api.reads.edition_store.library", made.library)
        made.library.look()
        answers = [(made.ask(path, **said), ask(both.slow, path, **said)) for path, said in questions]

    assert answers == expected
    assert sum(quick.status == 200 for quick, _ in answers) == len(READS) + len(packs) + 1


def test_alerts_and_whatever_the_database_alone_knows_are_503(
    reading: Reading, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answers = [
            *(
                reading.ask(path)
                for path in ("/v1/alerts?country=GB", "/v1/alerts.atom?country=GB", "/v1/alerts/1", "/v1/alerts/1/cap")
            ),
            *(reading.ask(path) for path in ("/v1/topics?app=parent", "/trust/GB", "/listed/x")),
            *(reading.ask(f"/v1/{name}", method="POST", body=b"{}") for name in ("registrations", "receipts", "corrections")),
        ]
        ready = reading.ask("/readyz")

    assert {answer.status for answer in answers} == {503}
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert (ready.status, orjson.loads(ready.body)) == (200, {"reads": True, "writes": False})


def test_a_new_export_is_taken_and_the_same_one_is_not_taken_twice(reading: Reading, tree: Path, real_packs: Packs) -> None:
    before = reading.library.current()
    assert reading.library.look() is False
    change(real_packs)
    export_release(tree)

    assert reading.library.look() is True

    after = reading.library.current()
    assert (before.number != after.number, set(after.places)) == (True, {("GB", "en"), ("ZZ", "en")})
    assert reading.ask("/v1/manifest").body == (tree / "v1/manifest.jws").read_bytes()
    assert reading.library.look() is False


def test_another_folder_in_its_place_is_noticed_too(reading: Reading, tree: Path, tmp_path: Path, real_packs: Packs) -> None:
    before = reading.library.current().number
    change(real_packs)
    export_release(tmp_path / "next")
    tree.rename(tmp_path / "old")
    tree.symlink_to(tmp_path / "next")

    assert reading.library.look() is True
    assert reading.library.current().number != before


def spoil_pack(tree: Path) -> None:
    # Those of this export alone: the others are on the reading server's own disk, where they were checked.
    for path in tree.glob("v1/packs/GB/en/*.json"):
        path.write_bytes(path.read_bytes()[:-1])


def lose_pack(tree: Path) -> None:
    for path in tree.glob("v1/packs/GB/en/*.json"):
        path.unlink()


def cut_edition(tree: Path) -> None:
    (tree / EDITION).write_bytes((tree / EDITION).read_bytes()[:-10])


def bend_manifest(tree: Path) -> None:
    plain = orjson.loads((tree / EDITION).read_bytes())
    header, payload, signature = plain["manifest"].split(".")
    plain["manifest"] = f"{header}.{payload}.{signature[:5]}{'A' if signature[5] != 'A' else 'B'}{signature[6:]}"
    (tree / EDITION).write_bytes(orjson.dumps(plain))


def mix_places(tree: Path) -> None:
    plain = orjson.loads((tree / EDITION).read_bytes())
    plain["places"][0][2] = plain["places"][1][2]
    (tree / EDITION).write_bytes(orjson.dumps(plain))


def lose_edition(tree: Path) -> None:
    (tree / EDITION).unlink()


@pytest.mark.parametrize("spoil", [spoil_pack, lose_pack, cut_edition, bend_manifest, mix_places, lose_edition])
def test_a_tree_that_is_not_whole_is_refused_and_the_one_before_goes_on(
    reading: Reading, tree: Path, tmp_path: Path, spoil: Any
) -> None:
    kept = reading.ask("/v1/packs/GB/en"), reading.ask("/v1/manifest")
    make.small_content()
    make.release()
    signing.sign_if_due(at=timezone.now() + timedelta(seconds=1))
    export_release(tmp_path / "next")
    spoil(tmp_path / "next")
    shutil.rmtree(tree)
    (tmp_path / "next").rename(tree)

    with pytest.raises(NotWhole):
        reading.library.look()

    assert (reading.ask("/v1/packs/GB/en"), reading.ask("/v1/manifest")) == kept
    export_release(tree)
    assert reading.library.look() is True
    assert reading.ask("/v1/packs/GB/en") != kept[0]


def test_what_was_taken_outlives_the_tree_and_a_restart(reading: Reading, tree: Path, tmp_path: Path) -> None:
    expected = [reading.ask(path) for path in READS]
    shutil.rmtree(tree)
    again = Reading(tree, tmp_path / "reading")

    again.library.start()
    try:
        again.library.current()
        assert [again.ask(path) for path in READS] == expected
    finally:
        again.library.stop()


def test_alerts_that_a_server_with_a_database_kept_in_the_same_folder_are_not_told(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Both(tmp_path / "edition")
    shutil.rmtree(tree)
    reading = Reading(tree, tmp_path / "edition")
    monkeypatch.setattr("api.reads.edition_store.library", reading.library)

    reading.library.load()

    assert reading.library.edition is not None
    assert reading.library.edition.feed is None


def test_without_any_tree_it_says_so_and_takes_one_as_soon_as_it_is_there(
    tree: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree.rename(tmp_path / "later")
    library = Library(tmp_path / "reading", Origin(tree))
    library.start()
    try:
        with pytest.raises(NothingYet):
            library.current()
        (tmp_path / "later").rename(tree)
        until(lambda: library.edition is not None)
    finally:
        library.stop()
    assert [record.getMessage() for record in caplog.records if record.name == "api.reads.edition_store"] == [
        f"the exported tree is not taken: {tree / EDITION} cannot be read: No such file or directory."
    ]


def until(done: Any) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        # Without a rest the thread that is waited for hardly gets its turn.
        time.sleep(0.02)


def test_older_bytes_go_on_under_their_digest_and_withdrawn_ones_are_gone_also_where_they_never_were(
    db: None, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.small_content()
    make.service("gb-wrong")
    release = make.release()
    old, _ = release.pack_body("GB", "en") or ("", "")
    ann, ben = make.person("ann", "publisher"), make.person("ben", "publisher")
    signing.sign_if_due(at=timezone.now())
    export_release(tmp_path / "tree")
    withdraw("gb-wrong", by=ann, at=timezone.now())
    signing.sign_if_due(at=timezone.now() + timedelta(seconds=1))
    export_release(tmp_path / "tree")
    export_release(tmp_path / "fresh")

    def statuses(name: str) -> list[int]:
        reading = Reading(tmp_path / name, tmp_path / f"reading-{name}")
        monkeypatch.setattr("api.reads.edition_store.library", reading.library)
        reading.library.look()
        return [reading.ask(f"/v1/packs/{place}/en/{old}").status for place in ("GB", "JP")]

    assert statuses("tree") == statuses("fresh") == [410, 404]
    put_back("gb-wrong", by=ann, second=ben, at=timezone.now())
    make.release()
    signing.sign_if_due(at=timezone.now() + timedelta(seconds=2))
    export_release(tmp_path / "tree")
    assert statuses("tree") == [200, 404]


def test_the_tree_holds_no_alert(tree: Path) -> None:
    assert orjson.loads((tree / EDITION).read_bytes())["feed"] is None
