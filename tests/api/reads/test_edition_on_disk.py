"""Editions and packs on disk: read without the database, ignored when damaged, deleted after a week."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import OperationalError

from api.reads import edition, fast_path
from api.reads.edition_store import EditionStore
from tests import make
from tests.api.reads.test_fast_path import opened
from tests.api.wsgi import BothPaths, ask, with_fast_path
from tests.packs import Packs, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]


def test_promise_7_an_edition_on_disk_answers_without_the_database(
    both: BothPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = opened()
    both.store.refresh()
    reads = ["/v1/manifest", "/v1/packs/GB/cy", "/v1/tips?country=IN&locale=hi", "/v1/services/gb-childline", "/v1/"]
    reads += [f"/v1/alerts/{campaign.pk}/cap", "/v1/alerts?country=GB&locale=en", "/.well-known/jwks.json"]
    before = {path: ask(both.fast, path) for path in reads}
    monkeypatch.setattr(edition, "read_change_marker", _away)
    monkeypatch.setattr("api.reads.pack_store.Pack.objects.filter", _away)

    store = EditionStore(tmp_path / "edition")
    fast = fast_path.FastPath(_away, store)
    fast._middleware_headers = both.memory._middleware_headers
    store.load_from_disk()

    assert {path: ask(with_fast_path(fast, _away), path) for path in reads} == before
    assert store.edition == both.store.edition


def test_a_damaged_pack_file_is_not_served(both: BothPaths) -> None:
    name = both.store.current().pack_digests["GB", "en"]
    both.store.packs.clear()
    both.store.packs._path(name).write_bytes(b'{"dial": "0900 1234"}')

    answer = ask(both.fast, "/v1/packs/GB/en")

    assert answer == ask(both.django, "/v1/packs/GB/en")
    assert b"0900 1234" not in answer.body


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"number": 1}', b"\xff"])
def test_a_damaged_edition_on_disk_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "edition.json").write_bytes(content)
    store = EditionStore(tmp_path)

    store.load_from_disk()

    assert store.edition is None


def test_an_edition_survives_being_written_to_disk(both: BothPaths) -> None:
    opened(messages={"en": make.definition()["messages"]["en"]})
    both.store.refresh()
    current = both.store.current()

    plain = orjson.loads(orjson.dumps(edition.to_plain(current)))

    assert edition.from_plain(plain, current.packs) == current


def test_an_edition_written_by_an_older_version_is_loaded(both: BothPaths) -> None:
    current = both.store.current()
    plain = edition.to_plain(current)
    assert plain.pop("changed")

    kept = edition.from_plain(plain, current.packs)

    assert (kept.number, kept.last_modified) == (current.number, {})


def test_packs_of_no_current_release_are_deleted_after_a_week(both: BothPaths, real_packs: Packs) -> None:
    import os

    old = both.store.current().pack_digests["GB", "cy"]
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    both.store.refresh()
    path = both.store.packs._path(old)
    assert path.exists()

    os.utime(path, (0, 0))
    publish(real_packs, [("GB", "en"), ("ZZ", "en"), ("ZZ", "cy")])
    both.store.refresh()

    assert not path.exists()


def _away(*_args: Any, **_kwargs: Any) -> Any:
    raise OperationalError("there is no database")
