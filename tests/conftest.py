"""What several parts' tests share: the packs of the real facts, a second connection, and threads with their own."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import psycopg
import pytest
from django.conf import settings as product
from django.db import connection, connections, transaction

from content.models.stored_terms import forget_terms
from notifications.delivery import restores
from tests import kept_packs, kept_yaml, longest_files, made_once
from tests.examples import examples, mark_cases
from tests.kept_packs import Bodies
from tests.make import NOON
from tests.packs import RealPacks
from tests.processes import Emulator, start_emulator
from tests.signing import Signer
from tools.sandbox.pytest_plugins.flushing import allow_flush
from tools.sandbox.pytest_plugins.kept_sessions import keep_sessions
from tools.sandbox.pytest_plugins.migrating import migrate_quickly
from tools.sandbox.pytest_plugins.quick_flush import flush_quickly
from tools.sandbox.pytest_plugins.static_files import find_static_files_once
from tools.sandbox.pytest_plugins.summary import SECONDS, Summary, kind_of

#: Python's default of 700 takes a tenth of the tests' processor time, and 10,000 still a twentieth. To look at the oldest objects
#: takes longer than at all others, and what a test leaves is found among the younger ones.
_OBJECTS_BEFORE_COLLECTION = (100_000, 50, 1_000)
# From here on, because importing all tests makes millions of objects that stay.
gc.set_threshold(*_OBJECTS_BEFORE_COLLECTION)

allow_flush()
flush_quickly()
keep_sessions()
migrate_quickly()
find_static_files_once()
# Whether inventing cases is slow depends on what else the machine does.
hypothesis.settings.register_profile(
    "tier", max_examples=examples(100), suppress_health_check=[hypothesis.HealthCheck.too_slow], deadline=None
)
hypothesis.settings.load_profile("tier")
product.PASSWORD_HASHERS = ["tests.hashers.OneIteration"]


@pytest.fixture(scope="session", autouse=True)
def _static_files_as_in_production() -> Iterator[None]:
    """Let the live server leave static files to the middleware of the product, with its headers."""
    with mock.patch("django.contrib.staticfiles.handlers.StaticFilesHandler", lambda app: app):
        yield


@pytest.fixture(scope="session", autouse=True)
def _heartbeats_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the heartbeats and locks of this run's processes apart from those of others on the machine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HEARTBEAT_DIR", str(tmp_path_factory.mktemp("heartbeats")))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --screenshots and --database-only."""
    parser.addoption("--screenshots", action="store_true", help="write the pictures of the documentation to docs/screenshots")
    parser.addoption("--database-only", action="store_true", help="leave out tests that use no database, on a second PostgreSQL")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what YAML files hold; print the slowest files and the number of tests that were left out at the end of a run."""
    config.pluginmanager.register(Summary(config), "fingerpost-summary")
    cache = getattr(config, "cache", None)
    if cache is not None:
        kept_yaml.remove_unused(cache.mkdir("yaml"))
        kept_yaml.keep_yaml(cache.mkdir("yaml"))


def pytest_collection_finish() -> None:
    """Keep what stays until the end, such as modules and tests, out of every collection of garbage."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take longest where files are spread over processes, so that these end together.

    Those are the files of slow tests, and among them and among the others those that took longest in an earlier run, or in any
    (tests/longest_files.py).

    With --database-only, leave out the tests that give the same result on every PostgreSQL, because they use none.
    """
    mark_cases(items)
    if config.getoption("database_only"):
        left_out = [item for item in items if not uses_database(item)]
        items[:] = [item for item in items if uses_database(item)]
        config.hook.pytest_deselected(items=left_out)
    # The option for the number of processes is None in these processes themselves.
    if "PYTEST_XDIST_WORKER" in os.environ:
        slow = {item.path for item in items if kind_of(item)}
        cache = getattr(config, "cache", None)
        seconds = longest_files.SECONDS | (cache.get(SECONDS, {}) if cache is not None else {})
        items.sort(key=lambda item: (item.path not in slow, -seconds.get(item.nodeid.partition("::")[0], 0.0)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let rows be kept for later tests only where this test leaves the product as it is (tests/made_once.py)."""
    made_once.begin_test(getattr(item, "funcargs", {}))


def uses_database(item: pytest.Item) -> bool:
    """Return whether a test has a connection to the database of the tests."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return item.get_closest_marker("django_db") is not None or not {"db", "transactional_db", "django_db_setup"}.isdisjoint(
        fixtures
    )


@pytest.fixture(autouse=True)
def nothing_seen_of_the_database() -> Iterator[None]:
    """Forget what this process has seen of the database: emptied tables look like an earlier state of it."""
    yield
    restores._seen_by.cache_clear()
    forget_terms()


@pytest.fixture(scope="session")
def real_packs(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Any]:
    """Return packs of every country and every locale, compiled as the sandbox does from the real facts and words.

    `tests.packs.SAMPLED_LOCALES` says which. They are compiled once, and again after a change of what they depend on
    (tests/kept_packs.py).
    """

    def build() -> Bodies:
        with django_db_blocker.unblock(), transaction.atomic():
            packs = _compile_real_packs()
            transaction.set_rollback(True)
        return packs

    cache = getattr(request.config, "cache", None)
    folder = cache.mkdir("real-packs") if cache is not None else tmp_path_factory.mktemp("real-packs")
    bodies = kept_packs.kept(folder, kept_packs.key(request.config.rootpath), build)
    # Millions of objects that stay: the collection of garbage would go through all of them again and again.
    gc.disable()
    packs = RealPacks({place: json.loads(body) for place, body in bodies.items()})
    gc.freeze()
    gc.enable()
    return packs


def _compile_real_packs() -> Bodies:
    from content.compiling.facts import Policy
    from content.compiling.snapshot import read_snapshot
    from content.importing.facts import EMERGENCY_FILE, FIGURES_FILE, SERVICES_FILE, load_facts
    from content.importing.words import load_words
    from content.models import ChannelRevision, Figure
    from core.models import User
    from tests.make import approve_services, approve_tips, checker
    from tests.packs import build_sample

    assert connection.settings_dict["NAME"].startswith("test_"), "tests that take this fixture are marked django_db"
    system = User.objects.system()
    load_facts(SERVICES_FILE.read_bytes(), EMERGENCY_FILE.read_bytes(), FIGURES_FILE.read_bytes(), by=system, at=NOON)
    load_words(by=system, at=NOON)
    second = checker()
    approve_services()
    for revision in ChannelRevision.objects.proposed():
        revision.approve(by=second, at=NOON)
    approve_tips()
    for figure in Figure.objects.proposed():
        figure.approve(by=second, at=NOON)
    policy = Policy(NOON.astimezone(UTC).date(), serve_unreviewed=True, sandbox=True)
    return build_sample(read_snapshot(policy))


@pytest.fixture
def raw_sql(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection that Django knows nothing of: whatever it is refused, the database itself refuses."""
    settings = connection.get_connection_params()
    wanted = {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if settings.get(name)}
    with psycopg.connect(**wanted, autocommit=True) as second:
        yield second


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Return a function that runs calls at the same time, each on a connection of its own, and returns answers or errors."""

    def run(*calls: Callable[[], Any]) -> list[Any]:
        def one(call: Callable[[], Any]) -> Any:
            try:
                return call()
            except Exception as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return run


@pytest.fixture
def signer(tmp_path: Path, settings: Any) -> Signer:
    """Return the keys that PACK_SIGNING_KEY now names."""
    made = Signer.make(tmp_path)
    settings.PACK_SIGNING_KEY = str(made.path)
    return made


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Return an FCM emulator that runs as long as the tests."""
    from google.auth.crypt import RSASigner

    emulator = start_emulator(tmp_path_factory.mktemp("fcm"))
    # To read a key is to check that its factors are prime, for each test that sends.
    with mock.patch.object(RSASigner, "from_string", lru_cache(RSASigner.from_string)):
        yield emulator
    emulator.stop()


@pytest.fixture
def fcm_emulator(running_emulator: Emulator, settings: Any) -> Emulator:
    """Return an empty emulator that the sender of this process sends to."""
    from notifications.delivery import fcm

    running_emulator.reset()
    settings.FCM_ENDPOINT = running_emulator.url
    settings.FIREBASE_PROJECTS = {running_emulator.project: str(running_emulator.credentials_file)}
    fcm._sender_of.cache_clear()
    return running_emulator
