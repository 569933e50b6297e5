"""Registering, changing and deleting an installation."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from core.errors import Invalid
from notifications.delivery import maintenance
from notifications.models import App, Registration, Segment
from notifications.models.registration import NoSuchRegistration
from notifications.models.registration_row import StoresNoAddress
from tests import make
from tests.make import NOON


@pytest.fixture
def parent_app(db: None) -> App:
    return make.app()


def held(registered: Any) -> Registration:
    return Registration.objects.authenticated(registered.id, registered.secret)


def test_a_known_address_keeps_its_row_and_gets_a_new_secret(parent_app: App) -> None:
    first = make.installation(1)

    second = make.installation(1, locale="cy", at=NOON + timedelta(days=20))

    assert second.id == first.id
    assert Registration.objects.count() == 1
    assert held(second).segment.locale == "cy"
    with pytest.raises(NoSuchRegistration):
        held(first)


@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_registrations_of_an_address_make_one_row(at_once: Callable[..., list[Any]]) -> None:
    make.app()

    answers = at_once(*[lambda: make.installation(1)] * 20)

    assert {answer.id for answer in answers} == {Registration.objects.get().pk}


def test_an_unknown_id_and_a_wrong_secret_get_the_same_response(parent_app: App) -> None:
    registered = make.installation()

    answers = set()
    pairs: list[tuple[uuid.UUID | str, str]] = [
        (registered.id, "wrong"),
        (uuid.uuid4(), registered.secret),
        ("nonsense", "x"),
        (registered.id, "\ud800"),
    ]
    for identity, secret in pairs:
        with pytest.raises(NoSuchRegistration) as refused:
            Registration.objects.authenticated(identity, secret)
        answers.add((refused.value.detail, refused.value.code_name))

    assert len(answers) == 1


def test_a_legacy_token_becomes_an_installation_id_in_the_same_row(parent_app: App) -> None:
    registered = make.installation(address_kind="token", address=make.token())

    held(registered).amend(at=NOON, address_kind="fid", address=make.fid(7))

    row = held(registered)
    assert (row.address_kind, Registration.objects.count()) == ("fid", 1)
    assert make.installation(7).id == registered.id


def test_an_address_that_registered_separately_is_merged_into_one_row(parent_app: App) -> None:
    old = make.installation(address_kind="token", address=make.token())
    make.installation(7)

    held(old).amend(at=NOON, address_kind="fid", address=make.fid(7))

    assert [row.pk for row in Registration.objects.all()] == [old.id]


def test_changes_are_merged_and_a_new_country_drops_the_old_region(parent_app: App) -> None:
    registered = make.installation(region="GB-WLS", platform="ios")

    held(registered).amend(at=NOON, country="NZ", time_zone="Pacific/Auckland")

    segment = held(registered).segment
    assert (segment.country, segment.region, segment.zone, segment.platform) == ("NZ", "", "Pacific/Auckland", "ios")


@pytest.mark.parametrize(
    "change", [{"address_kind": "fid"}, {"app": "teen"}, {"ticket": 1}, {"country": "ZZ"}, {"audience": "all"}]
)
def test_an_unknown_field_of_a_change_is_refused(parent_app: App, change: dict[str, Any]) -> None:
    registered = make.installation(address_kind="token", address=make.token())

    with pytest.raises(Invalid):
        held(registered).amend(at=NOON, **change)


def test_an_installation_that_was_deleted_meanwhile_does_not_return(parent_app: App) -> None:
    row = held(make.installation())
    Registration.objects.get().delete()

    with pytest.raises(NoSuchRegistration):
        row.amend(at=NOON, locale="cy")

    assert not Registration.objects.exists()


def test_an_app_that_stores_no_addresses_refuses_by_its_mode(db: None) -> None:
    modes = {"NZ": "topics", "FR": "registrations"}
    make.app("teen", push_mode="feed", mode_by_country=modes, basis_for_teens={"FR": "impact assessment 7"})

    for country, mode in [("GB", "feed"), ("NZ", "topics")]:
        with pytest.raises(StoresNoAddress) as refused:
            make.installation(app="teen", country=country, audience="teen")
        assert refused.value.extra == {"push_mode": mode}
    make.installation(app="teen", country="FR", audience="teen")

    assert Registration.objects.count() == 1
    with pytest.raises(Invalid):
        make.installation(app="nobody's")


def test_nothing_is_stored_of_a_refused_registration(parent_app: App) -> None:
    wrongs: list[dict[str, Any]] = [
        {"locale": "!!"},
        {"country": "XX"},
        {"address": "x"},
        {"platform": "tv"},
        {"app_version": "free text"},
    ]
    for wrong in wrongs:
        with pytest.raises(Invalid):
            make.installation(**wrong)

    assert not Registration.objects.exists()


def test_a_gone_installation_is_reachable_again_once_it_registers(parent_app: App) -> None:
    make.installation()
    Registration.objects.update(gone_at=NOON)
    assert not Registration.objects.reachable().exists()

    make.installation()

    assert Registration.objects.reachable().count() == 1


def test_a_row_under_an_older_key_is_found_and_resealed(parent_app: App, settings: Any) -> None:
    first = make.installation(1)
    settings.ADDRESS_KEYS = {"t2": b"2" * 32, **settings.ADDRESS_KEYS}

    second = make.installation(1)

    row = Registration.objects.get()
    assert second.id == first.id
    assert row.address_digest.startswith("t2.")
    assert row.address_sealed.startswith("t2.")


def test_registrations_that_were_not_refreshed_are_purged(parent_app: App) -> None:
    for number, (platform, days) in enumerate([("ios", 61), ("web", 61), ("android", 61), ("android", 271), ("ios", 59)]):
        make.installation(number, platform=platform, at=NOON - timedelta(days=days))

    assert maintenance.purge_stale_registrations(at=NOON) == 3

    assert sorted(Registration.objects.values_list("segment__platform", flat=True)) == ["android", "ios"]
    make.installation(9, platform="ios", at=NOON - timedelta(days=90))
    assert maintenance.purge_stale_registrations(at=NOON) == 0
    assert maintenance.purge_stale_registrations(at=NOON + timedelta(days=1)) == 1


def test_a_gone_registration_is_erased_after_30_days_and_not_before(parent_app: App) -> None:
    for number, days in enumerate([31, 30, 29]):
        make.installation(number)
        row = Registration.objects.filter(gone_at=None).get()
        gone_at = NOON - timedelta(days=days)
        Registration.objects.filter(pk=row.pk).update(gone_at=gone_at, gone_because="unregistered", app_version=f"{days}")
    make.installation(9)

    erased = maintenance.purge_gone_registrations(at=NOON)

    left = Registration.objects.order_by("app_version")
    assert erased == 2
    assert [row.app_version for row in left] == ["1.2.0", "29"]
    assert Registration.objects.put_back(since=NOON - timedelta(days=40)) == 1
    assert Registration.objects.reachable().count() == 2


def test_an_installation_that_comes_back_within_30_days_is_not_erased(parent_app: App) -> None:
    row = held(make.installation())
    Registration.objects.update(gone_at=NOON - timedelta(days=29))

    row.amend(at=NOON)

    assert maintenance.purge_gone_registrations(at=NOON + timedelta(days=2)) == 0
    assert Registration.objects.get().gone_at is None


def test_gone_registrations_are_erased_in_passes_once_a_day(parent_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "PURGE_LIMIT", 2)
    make.installations(3)
    Registration.objects.update(gone_at=NOON - timedelta(days=31))

    left = []
    for _ in range(3):
        maintenance.run_due_jobs(at=NOON)
        left.append(Registration.objects.count())
    Registration.objects.all().delete()
    make.installation()
    Registration.objects.update(gone_at=NOON - timedelta(days=31))
    maintenance.run_due_jobs(at=NOON)

    assert left == [1, 0, 0]
    assert Registration.objects.count() == 1
    maintenance.run_due_jobs(at=NOON + timedelta(days=1))
    assert not Registration.objects.exists()


def test_a_ticket_is_given_by_the_database_alone(parent_app: App) -> None:
    make.installation(1)
    row = Registration.objects.get()

    Registration.objects.update(ticket=1_000_000, app_version="9.9")
    row.refresh_from_db()
    kept = make.ticket(row)
    make.installation(1, locale="cy")
    row.refresh_from_db()
    moved = make.ticket(row)
    Registration.objects.update(gone_at=NOON)
    Registration.objects.update(gone_at=None)
    row.refresh_from_db()

    assert kept < moved < make.ticket(row) < 1_000_000
    assert Segment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_new_segment_that_maintenance_deletes_at_once_is_made_again(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    make.app()
    made: list[str] = []
    deleted: list[int] = []

    def delete_once(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        # The first statement after the one that has made the segment, once that is committed.
        if made and not deleted and not connection.in_atomic_block:
            deleted.append(raw_sql.execute("DELETE FROM notifications_segment").rowcount)
        if str(sql).startswith('INSERT INTO "notifications_segment"'):
            made.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_once):
        registered = make.installation()

    assert deleted == [1]
    assert Registration.objects.get(pk=registered.id).segment.country == "GB"
