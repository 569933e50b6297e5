"""An installation that has unregistered stays away, whatever state of the database is put back; nothing names it meanwhile."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from core.errors import Invalid
from notifications.delivery import maintenance
from notifications.models import Registration, Unregistered
from notifications.models.unregistered import UNREGISTERED_KEPT
from notifications.registrations import sealed, unregistered_file, unregistering
from notifications.registrations.unregistering import OutsideList
from tests import make

pytestmark = pytest.mark.django_db
# One instant for all, so that a run may pass midnight.
NOW = datetime.now(UTC)
TODAY = NOW.date()


@pytest.fixture
def phones() -> list[uuid.UUID]:
    make.app()
    return [one.id for one in make.installations(5)]


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutsideList:
    monkeypatch.setattr(unregistering, "INTERVAL", 0.0)
    return OutsideList(tmp_path)


def unregister(identity: uuid.UUID) -> tuple[Any, ...]:
    """Unregister a phone and return its row, as a dump of before holds it."""
    row = Registration.objects.get(pk=identity)
    columns = ", ".join(str(field.column) for field in Registration._meta.local_fields)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM notifications_registration WHERE id = %s", [identity])
        found: tuple[Any, ...] = cursor.fetchone()
    row.unregister(at=NOW)
    return found


def put_back(row: tuple[Any, ...]) -> None:
    """Do to one row what a restore of a dump does: it is there again, and that it was deleted is not known."""
    columns = ", ".join(str(field.column) for field in Registration._meta.local_fields)
    Unregistered.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO notifications_registration ({columns}) VALUES ({', '.join(['%s'] * len(row))})", row)


def test_a_digest_of_the_id_is_kept_and_nothing_else(phones: list[uuid.UUID]) -> None:
    unregister(phones[0])

    (kept,) = Unregistered.objects.values()
    assert kept == {"digest": sealed.unregistered_digest(phones[0]), "unregistered_on": TODAY}
    assert str(phones[0]) not in kept["digest"]
    assert kept["digest"] != sealed.digest("", str(phones[0]))


def test_a_worker_keeps_the_list_outside_and_removes_whom_a_restore_brought_back(
    phones: list[uuid.UUID], outside: OutsideList, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    row = unregister(phones[0])
    outside.keep(on=TODAY)
    put_back(row)
    assert Registration.objects.count() == 5

    outside.keep(on=TODAY)

    assert set(Registration.objects.values_list("pk", flat=True)) == set(phones[1:])
    assert Unregistered.objects.count() == 1
    assert "1 phones that had unregistered were in the database again" in caplog.text
    assert str(phones[0]) not in (tmp_path / unregistered_file.NAME).read_text()
    assert (tmp_path / unregistered_file.NAME).stat().st_mode & 0o777 == 0o600


def test_a_phone_that_registers_again_stays(phones: list[uuid.UUID], outside: OutsideList) -> None:
    unregister(phones[0])
    again = make.installation(0)
    outside.keep(on=TODAY)
    Unregistered.objects.all().delete()

    OutsideList(outside._path.parent).keep(on=TODAY)

    assert again.id != phones[0]
    assert Registration.objects.filter(pk=again.id).exists()


def test_an_earlier_key_still_finds_the_phone(phones: list[uuid.UUID], settings: Any) -> None:
    row = unregister(phones[0])
    days = Unregistered.objects.days(on=TODAY)
    settings.ADDRESS_KEYS = {"new": b"n" * 32, **settings.ADDRESS_KEYS}
    put_back(row)

    assert unregistering.purge(days) == 1
    assert unregistering.purge({f"lost.{'a' * 43}": TODAY}) == 0


def test_without_a_change_nothing_is_read_or_written(
    phones: list[uuid.UUID], outside: OutsideList, django_assert_num_queries: Any
) -> None:
    unregister(phones[0])
    outside.keep(on=TODAY)

    with django_assert_num_queries(1):
        outside.keep(on=TODAY)


def test_what_is_older_than_35_days_is_forgotten_in_both_places(phones: list[uuid.UUID], outside: OutsideList) -> None:
    unregister(phones[0])
    outside.keep(on=TODAY)
    later = TODAY + UNREGISTERED_KEPT

    kept_until_then = maintenance.forget_unregistered(at=datetime.combine(later - timedelta(days=1), datetime.min.time(), UTC))
    forgotten = maintenance.forget_unregistered(at=datetime.combine(later, datetime.min.time(), UTC))
    outside.keep(on=later)

    assert (kept_until_then, forgotten) == (0, 1)
    assert unregistered_file.read(outside._path) == {}


@pytest.mark.parametrize(
    "text", ["nonsense\n", f"k1.{'a' * 43} 2026-13-01\n", f"k1.{'a' * 43}\n", "\udcff".encode("utf-8", "surrogateescape")]
)
def test_a_damaged_list_is_refused_by_a_restore_and_written_anew_by_a_worker(
    text: str | bytes, phones: list[uuid.UUID], outside: OutsideList, caplog: pytest.LogCaptureFixture
) -> None:
    outside._path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Invalid, match="cannot be read as a list"):
        unregistered_file.read(outside._path)
    unregister(phones[0])

    outside.keep(on=TODAY)

    assert "It is written anew." in caplog.text
    assert len(unregistered_file.read(outside._path)) == 1


def test_a_folder_that_cannot_be_written_is_reported_once(
    phones: list[uuid.UUID], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    blocked = OutsideList(tmp_path / "file")
    unregister(phones[0])

    for _ in range(2):
        blocked._next_at = 0.0
        blocked._version = None
        blocked.keep(on=TODAY)

    assert caplog.text.count("cannot be written") == 1


def test_lists_of_one_folder_count_together(tmp_path: Path) -> None:
    one, other = f"k1.{'a' * 43}", f"k1.{'b' * 43}"
    unregistered_file.write(tmp_path / unregistered_file.NAME, {one: date(2026, 12, 1)})
    unregistered_file.write(unregistered_file.beside(tmp_path / "fingerpost-1.dump"), {other: date(2026, 12, 2)})

    assert unregistered_file.read_folder(tmp_path) == {one: date(2026, 12, 1), other: date(2026, 12, 2)}
