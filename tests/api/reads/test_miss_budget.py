"""What strangers invent costs readers nothing: packs are compressed once, and a network has a budget for the rest."""

from __future__ import annotations

import gzip
import runpy
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest

import config
from api.hsds import catalogue
from api.hsds.views import MAX_FULL_PAGE_SIZE
from api.http import encoding
from api.reads import edition_store, response_cache
from api.reads.edition import Edition
from api.reads.edition_store import EditionStore
from api.reads.fast_path import FastPath
from api.reads.miss_budget import MAX_NETWORKS, MissBudget
from tests.api.wsgi import BothPaths, ask, with_fast_path
from tests.packs import Packs, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(real_packs: Packs, tmp_path: Path) -> BothPaths:
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    return BothPaths(tmp_path)


def test_a_pack_is_compressed_once_whatever_locales_are_requested(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed = []

    def compress(body: bytes) -> bytes:
        compressed.append(len(body))
        return b"packed"

    monkeypatch.setattr(encoding, "ENCODERS", {"br": compress, "gzip": compress})
    before = ask(both.fast, "/v1/packs/GB/en", accept_encoding="br")
    held = both.store.packs.published.weight

    for number in range(200):
        answer = ask(both.fast, f"/v1/packs/GB/en-abc{number:03}", accept_encoding="br")
        assert (answer.body, answer["Content-Location"]) == (before.body, "/v1/packs/GB/en")

    assert len(compressed) == 1
    assert both.store.packs.published.weight == held


def test_invented_responses_do_not_replace_packs(both: BothPaths) -> None:
    ask(both.fast, "/v1/packs/GB/en", accept_encoding="br")
    held = both.store.packs.published.weight

    for number in range(60, 120):
        assert ask(both.fast, f"/hsds/services?per_page={number}").status == 200

    assert both.store.packs.published.weight == held


def test_a_page_of_services_is_made_once_and_bounded_whatever_size_is_requested(both: BothPaths) -> None:
    first = ask(both.fast, "/hsds/services?full=true&per_page=50")
    held = both.store.packs.responses.weight

    for size in range(51, 80):
        answer = ask(both.fast, f"/hsds/services?per_page={size}&full=true")
        assert answer.body == first.body

    assert orjson.loads(first.body)["size"] <= MAX_FULL_PAGE_SIZE
    assert both.store.packs.responses.weight == held


def test_large_bodies_that_clients_can_invent_do_not_empty_the_memory(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_cache, "MAX_INVENTED_BYTES", 20_000)
    pack = ask(both.fast, "/v1/packs/GB/en").body
    before = both.memory._cache.bytes
    paths = (
        *("/hsds/services?format=ndjson&full=true", "/hsds/services?full=true&per_page=50"),
        *(f"/hsds/services?format=ndjson&modified_after=2020-01-01T00:00:0{second}Z" for second in range(3)),
    )

    for path in paths:
        answer = ask(both.fast, path)
        assert answer.status == 200
        assert len(answer.body) > 20_000

    assert len(pack) > 20_000
    assert both.memory._cache.bytes == before
    compressed = ask(both.fast, paths[0], accept_encoding="gzip")
    assert gzip.decompress(compressed.body) == ask(both.fast, paths[0]).body
    assert both.memory._cache.bytes in (before, before + len(compressed.body))


@pytest.mark.parametrize("coding", ["br", "gzip"])
@pytest.mark.parametrize(
    "path",
    [
        *("/hsds/services?full=true&per_page=29", "/hsds/services?search=the", "/hsds/taxonomy_terms?per_page=40"),
        *("/hsds/services?format=ndjson&full=true", "/hsds/services?format=ndjson&modified_after=2020-01-01T00:00:00Z"),
    ],
)
def test_a_page_that_clients_can_invent_is_compressed_quickly(
    both: BothPaths, monkeypatch: pytest.MonkeyPatch, coding: str, path: str
) -> None:
    unused = {"br": lambda body: 1 // 0, "gzip": lambda body: 1 // 0}
    monkeypatch.setattr(encoding, "ENCODERS", unused)
    monkeypatch.setattr(encoding, "FAST_ENCODERS", unused)

    answer = ask(both.fast, path, accept_encoding=coding)

    assert (answer.status, answer["Content-Encoding"]) == (200, coding)
    whole = gzip.decompress(answer.body) if coding == "gzip" else brotli.decompress(answer.body)
    assert whole == ask(both.fast, path).body


@pytest.mark.usefixtures("as_served")
def test_the_catalogue_of_an_edition_is_built_before_readers_get_the_edition(
    real_packs: Packs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, seen = EditionStore(tmp_path), []
    switch = FastPath.warm_up

    def warm_up(memory: FastPath, edition: Edition) -> None:
        built = catalogue._build.cache_info().misses
        switch(memory, edition)
        seen.append((built, ask(with_fast_path(memory, memory._django), "/hsds/services").status))

    monkeypatch.setattr(FastPath, "warm_up", warm_up)
    monkeypatch.setattr(edition_store, "store", store)
    monkeypatch.setattr(store, "start", lambda: None)
    publish(real_packs, [("GB", "en"), ("ZZ", "en")])
    catalogue._build.cache_clear()

    # The application as granian loads it.
    runpy.run_path(str(Path(config.__file__).with_name("rsgi.py")))
    store.refresh()

    assert seen == [(1, 200)]
    assert catalogue._build.cache_info().misses == 1


@pytest.mark.usefixtures("as_served")
def test_a_catalogue_that_cannot_be_built_is_logged_and_keeps_no_pack_from_readers(
    both: BothPaths, real_packs: Packs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    both.store.before_change.append(catalogue.prepare)

    value = "secret"

    def build(edition: Edition) -> None:
        raise ValueError(value)

    monkeypatch.setattr(catalogue, "catalogue_of", build)
    number = publish(real_packs, [("GB", "en"), ("DE", "en"), ("ZZ", "en")]).number

    both.store.refresh()

    assert both.store.current().number == number
    assert ask(both.fast, "/v1/packs/DE/en").status == 200
    (record,) = [record for record in caplog.records if record.name == "api.hsds.catalogue"]
    assert record.levelname == "ERROR"
    assert f"release {number} (ValueError)" in record.getMessage()
    assert "secret" not in caplog.text


def test_before_the_first_release_there_is_no_catalogue_to_build(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = EditionStore(tmp_path)
    store.before_change.append(catalogue.prepare)

    store.refresh()

    assert [record for record in caplog.records if record.name == "api.hsds.catalogue"] == []


def test_a_network_over_its_budget_gets_429_and_packs(both: BothPaths) -> None:
    both.memory._budget = MissBudget(0.0)
    paths = ("/v1/tips?country=GB&locale=en", "/v1/packs/GB/en", "/v1/services?country=GB&locale=en", "/hsds/services?page=2")

    tips, pack, services, hsds = (ask(both.fast, path) for path in paths)

    assert (tips.status, pack.status, services.status, hsds.status) == (429, 200, 429, 429)
    assert tips["Content-Type"] == "application/problem+json"
    assert int(tips["Retry-After"]) == 10
    assert ask(both.fast, "/healthz").status == 200


def test_what_is_in_memory_needs_no_budget(both: BothPaths) -> None:
    path = "/v1/tips?country=GB&locale=en"
    assert ask(both.fast, path).status == 200
    both.memory._budget = MissBudget(0.0)

    assert ask(both.fast, path).status == 200


def test_a_budget_is_by_network_and_window() -> None:
    budget = MissBudget(1.0)

    budget.charge("a", 0.6, now=100)
    assert not budget.is_spent("a", now=101)
    budget.charge("a", 0.6, now=102)

    assert budget.is_spent("a", now=109)
    assert not budget.is_spent("b", now=109)
    assert not budget.is_spent("a", now=110)


def test_a_budget_forgets_every_network_with_its_window() -> None:
    budget = MissBudget(1.0)
    budget.charge("192.0.2.1", 0.6, now=100)
    assert "192.0.2.1" in repr(vars(budget))

    budget.is_spent("198.51.100.1", now=110)

    assert "192.0.2.1" not in repr(vars(budget))


def test_the_memory_of_a_budget_is_bounded() -> None:
    budget = MissBudget(1.0)

    for number in range(MAX_NETWORKS + 100):
        budget.charge(str(number), 2.0, now=0)

    assert len(budget._spent) == MAX_NETWORKS
    assert budget.is_spent("0", now=1)


def test_a_sandbox_has_no_budget(settings: Any) -> None:
    budget = MissBudget(float("inf"))
    budget.charge("a", 1e9, now=0)

    assert not budget.is_spent("a", now=1)
