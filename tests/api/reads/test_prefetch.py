"""Packs of a candidate release are prefetched to disk, and not served before its publication."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.reads import pack_store
from api.reads.edition_store import EditionStore
from content.models import Release
from content.publishing.publish import publish
from tests.api.wsgi import BothPaths, ask
from tests.make import NOON, person
from tests.packs import Packs, candidate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]

PLACES = [("GB", "en"), ("GB", "cy"), ("ZZ", "en")]


@pytest.fixture
def both(release: Release, tmp_path: Path) -> BothPaths:
    return BothPaths(tmp_path / "edition")


def waiting(real_packs: Packs) -> tuple[Release, list[str]]:
    """Create a candidate with other packs than the published ones; return it with their digests."""
    changed = {place: {**real_packs[place], "tips": []} for place in PLACES}
    release = candidate(changed, PLACES)
    return release, list(release.release_packs.values_list("pack_id", flat=True))


def files(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()} if folder.is_dir() else set()


def test_a_published_release_finds_its_packs_on_disk(both: BothPaths, real_packs: Packs, tmp_path: Path) -> None:
    release, digests = waiting(real_packs)
    both.store.refresh()
    both.store.prefetch()
    assert files(tmp_path / "edition" / "prefetched") == set(digests)

    publish(release, by=person("publisher", "publisher"), at=NOON)
    with CaptureQueriesContext(connection) as queries:
        both.store.refresh()

    assert not any('"content_pack"."body"' in query["sql"] for query in queries.captured_queries)
    assert both.store.current().number == release.number
    assert set(digests) <= files(tmp_path / "edition" / "packs")
    assert ask(both.fast, "/v1/packs/GB/en").status == 200
    both.store.prefetch()
    assert files(tmp_path / "edition" / "prefetched") == set()


def test_prefetched_packs_are_not_served_before_publication(both: BothPaths, real_packs: Packs) -> None:
    release, _ = waiting(real_packs)
    digest = release.release_packs.get(country="GB", locale="en").pack_id
    both.store.refresh()
    both.store.prefetch()

    assert ask(both.fast, f"/v1/packs/GB/en/{digest}").status == 404
    assert both.store.current().number != release.number


def test_prefetching_continues_where_it_stopped(
    both: BothPaths, real_packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_store, "_CHUNK", 1)
    monkeypatch.setattr("api.reads.edition_store._PREFETCH_SECONDS", 0.0)
    _, digests = waiting(real_packs)
    both.store.refresh()

    seen = []
    for _ in range(4):
        both.store.prefetch()
        seen.append(len(files(tmp_path / "edition" / "prefetched")))

    assert seen == [1, 2, 3, 3]
    with CaptureQueriesContext(connection) as queries:
        both.store.prefetch()
    assert not queries.captured_queries, "packs on disk are not queried at every refresh"
    assert len(digests) == 3


def test_packs_of_a_discarded_candidate_are_deleted(both: BothPaths, real_packs: Packs, tmp_path: Path) -> None:
    release, _ = waiting(real_packs)
    both.store.refresh()
    both.store.prefetch()

    release.discard(by=release.compiled_by, at=NOON)
    both.store.refresh()
    both.store.prefetch()

    assert files(tmp_path / "edition" / "prefetched") == set()


def test_two_processes_may_share_the_folder(both: BothPaths, real_packs: Packs, tmp_path: Path) -> None:
    other = EditionStore(tmp_path / "edition")
    release, digests = waiting(real_packs)
    for store in (both.store, other):
        store.refresh()
        store.prefetch()
    publish(release, by=person("publisher", "publisher"), at=NOON)

    both.store.refresh()
    other.refresh()

    assert both.store.current().pack_digests == other.current().pack_digests
    assert set(digests) <= files(tmp_path / "edition" / "packs")


def test_an_unwritable_folder_does_not_delay_a_release(both: BothPaths, real_packs: Packs, tmp_path: Path) -> None:
    release, _ = waiting(real_packs)
    (tmp_path / "edition" / "prefetched").write_text("in the way")
    both.store.refresh()
    both.store.prefetch()
    publish(release, by=person("publisher", "publisher"), at=NOON)

    both.store.refresh()

    assert both.store.current().number == release.number
    assert ask(both.fast, "/v1/packs/GB/en").status == 200
