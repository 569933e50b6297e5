"""What waits for its second person is brought to the disk meanwhile, and nobody is answered from it before it is published."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.reads import pack_store as api_packs
from api.reads.edition_store import Library
from content.models import Release
from tests.api.wsgi import Both, ask
from tests.make import NOON, person
from tests.packs import Packs, candidate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]

PLACES = [("GB", "en"), ("GB", "cy"), ("ZZ", "en")]


@pytest.fixture
def both(release: Release, tmp_path: Path) -> Both:
    return Both(tmp_path / "edition")


def waiting(real_packs: Packs) -> tuple[Release, list[str]]:
    """Make a candidate with other packs than the published ones, and return it with their digests."""
    changed = {place: {**real_packs[place], "tips": []} for place in PLACES}
    release = candidate(changed, PLACES)
    return release, list(release.release_packs.values_list("pack_id", flat=True))


def files(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()} if folder.is_dir() else set()


def test_a_published_release_finds_its_packs_on_the_disk(both: Both, real_packs: Packs, tmp_path: Path) -> None:
    release, digests = waiting(real_packs)
    both.library.look()
    both.library.fetch_ahead()
    assert files(tmp_path / "edition" / "coming") == set(digests)

    release.publish(by=person("publisher", "publisher"), at=NOON)
    with CaptureQueriesContext(connection) as asked:
        both.library.look()

    assert not any('"content_pack"."body"' in query["sql"] for query in asked.captured_queries)
    assert both.library.current().number == release.number
    assert set(digests) <= files(tmp_path / "edition" / "packs")
    assert ask(both.lane, "/v1/packs/GB/en").status == 200
    both.library.fetch_ahead()
    assert files(tmp_path / "edition" / "coming") == set()


def test_nobody_is_answered_from_a_release_that_was_not_published(both: Both, real_packs: Packs) -> None:
    release, _ = waiting(real_packs)
    digest = release.release_packs.get(country="GB", locale="en").pack_id
    both.library.look()
    both.library.fetch_ahead()

    assert ask(both.lane, f"/v1/packs/GB/en/{digest}").status == 404
    assert both.library.current().number != release.number


def test_it_is_fetched_a_piece_at_a_time_and_goes_on_where_it_was(
    both: Both, real_packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_packs, "_CHUNK", 1)
    monkeypatch.setattr("api.reads.edition_store._AHEAD", 0.0)
    _, digests = waiting(real_packs)
    both.library.look()

    seen = []
    for _ in range(4):
        both.library.fetch_ahead()
        seen.append(len(files(tmp_path / "edition" / "coming")))

    assert seen == [1, 2, 3, 3]
    with CaptureQueriesContext(connection) as asked:
        both.library.fetch_ahead()
    assert not asked.captured_queries, "what is there is not asked for at every look"
    assert len(digests) == 3


def test_what_was_discarded_leaves_the_disk(both: Both, real_packs: Packs, tmp_path: Path) -> None:
    release, _ = waiting(real_packs)
    both.library.look()
    both.library.fetch_ahead()

    release.discard(by=release.compiled_by, at=NOON)
    both.library.look()
    both.library.fetch_ahead()

    assert files(tmp_path / "edition" / "coming") == set()


def test_two_processes_may_share_the_folder(both: Both, real_packs: Packs, tmp_path: Path) -> None:
    other = Library(tmp_path / "edition")
    release, digests = waiting(real_packs)
    for library in (both.library, other):
        library.look()
        library.fetch_ahead()
    release.publish(by=person("publisher", "publisher"), at=NOON)

    both.library.look()
    other.look()

    assert both.library.current().places == other.current().places
    assert set(digests) <= files(tmp_path / "edition" / "packs")


def test_a_folder_that_cannot_be_written_keeps_nothing_back(both: Both, real_packs: Packs, tmp_path: Path) -> None:
    release, _ = waiting(real_packs)
    (tmp_path / "edition" / "coming").write_text("in the way")
    both.library.look()
    both.library.fetch_ahead()
    release.publish(by=person("publisher", "publisher"), at=NOON)

    both.library.look()

    assert both.library.current().number == release.number
    assert ask(both.lane, "/v1/packs/GB/en").status == 200
