"""Replacing the key of addresses: everything moves to the new key in batches, while registrations and sending go on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from core import factor_secrets
from core.audit_verbs import Verb
from core.models import AuditEntry
from notifications.campaigns.progress import progress_of
from notifications.delivery import batch_rows
from notifications.models import Registration
from notifications.registrations import resealing, sealed
from notifications.registrations.resealing import Resealed, count_by_key, reseal_addresses
from tests import make
from tests.notifications.steps import tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db
OLD, NEW = {"t1": b"t" * 32}, {"t2": b"2" * 32}


@pytest.fixture(autouse=True)
def _both_keys(settings: Any) -> None:
    settings.ADDRESS_KEYS = OLD
    make.app()


def addresses() -> set[str | None]:
    return set(sealed.unseal_all(Registration.objects.values_list("address_sealed", "address_digest")))


def test_every_address_moves_to_the_new_key_and_nothing_else_changes(settings: Any) -> None:
    registered = make.installations(5)
    kept = ("pk", "ticket", "segment_id", "secret_digest", "seen_on")
    before, known = list(Registration.objects.order_by("pk").values_list(*kept)), addresses()
    settings.ADDRESS_KEYS = NEW | OLD

    assert reseal_addresses(batch=2) == Resealed(moved=5)

    # From here on the old key is gone.
    settings.ADDRESS_KEYS = NEW
    assert count_by_key() == {"t2": 5}
    assert addresses() == known == {make.fid(number) for number in range(5)}
    assert list(Registration.objects.order_by("pk").values_list(*kept)) == before
    assert {make.installation(number).id for number in range(5)} == {one.id for one in registered}
    assert reseal_addresses() == Resealed()


def test_a_run_that_breaks_off_is_continued_by_the_next_one(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make.installations(5)
    settings.ADDRESS_KEYS = NEW | OLD
    batches, one_batch = [], resealing._one_batch

    def broken(*arguments: Any) -> Any:
        batches.append(arguments)
        if len(batches) == 3:
            raise ConnectionError
        return one_batch(*arguments)

    monkeypatch.setattr(resealing, "_one_batch", broken)
    with pytest.raises(ConnectionError):
        reseal_addresses(batch=2)
    assert count_by_key() == {"t1": 1, "t2": 4}

    assert reseal_addresses(batch=2) == Resealed(moved=1)
    assert count_by_key() == {"t2": 5}


def test_an_address_that_registered_again_under_the_new_key_is_one_row(settings: Any) -> None:
    first = make.installation(1)
    # A process that has only the new key does not find the row.
    settings.ADDRESS_KEYS = NEW
    second = make.installation(1)
    assert first.id != second.id
    settings.ADDRESS_KEYS = NEW | OLD

    assert reseal_addresses() == Resealed(merged=1)

    assert Registration.objects.get().pk == second.id
    assert Registration.objects.authenticated(second.id, second.secret)


def test_a_damaged_address_is_reported_and_keeps_nobody_waiting(settings: Any) -> None:
    make.installations(3)
    row = Registration.objects.order_by("pk").first()
    assert row is not None
    Registration.objects.filter(pk=row.pk).update(address_sealed="t1.AAAA")
    settings.ADDRESS_KEYS = NEW | OLD

    assert reseal_addresses(batch=1) == Resealed(moved=2, damaged=1)
    with pytest.raises(CommandError, match="1 addresses are damaged"):
        call_command("reseal")


def test_a_key_that_is_missing_is_named_and_removes_nobody(settings: Any) -> None:
    make.installations(2)
    settings.ADDRESS_KEYS = NEW

    with pytest.raises(CommandError, match="ADDRESS_KEYS lacks the key t1"):
        call_command("reseal")

    assert Registration.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_campaign_is_sent_while_the_addresses_move(
    settings: Any, fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.installations(30)
    campaign = make.campaign()
    settings.ADDRESS_KEYS = NEW | OLD
    read = batch_rows.read

    def read_then_reseal(*arguments: Any) -> Any:
        # A worker holds rows under the old key and sends while they move.
        rows = read(*arguments)
        reseal_addresses(batch=7)
        return rows

    monkeypatch.setattr(batch_rows, "read", read_then_reseal)
    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], fcm_emulator.counts()["doubled"]) == ("done", 30, 0)
    assert count_by_key() == {"t2": 30}


def test_the_command_seals_addresses_and_second_factors_and_is_on_record(
    settings: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make.person("ada")
    make.installations(2)
    settings.SECRET_KEY = "earlier"
    for kind, name in (("totp", "secret"), ("recovery_codes", "seed")):
        Authenticator.objects.create(user=person, type=kind, data={name: factor_secrets.cipher().encrypt(b"kept").decode()})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "current", ["earlier"]
    settings.ADDRESS_KEYS = NEW | OLD

    call_command("reseal", "--status", "--json")
    call_command("reseal", "--json")
    call_command("reseal", "--json")

    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"addresses": {"t1": 2}},
        {"addresses": 2, "merged": 0, "factors": 2},
        {"addresses": 0, "merged": 0, "factors": 0},
    ]
    settings.SECRET_KEY_FALLBACKS = []
    stored = [next(iter(factor.data.values())) for factor in Authenticator.objects.all()]
    assert [factor_secrets.cipher().decrypt(one.encode()) for one in stored] == [b"kept"] * 2
    assert AuditEntry.objects.get(verb=Verb.SECRETS_RESEALED).details == {"addresses": 2, "factors": 2}


def test_a_second_factor_under_an_unknown_key_is_reported(settings: Any) -> None:
    settings.SECRET_KEY = "earlier"
    Authenticator.objects.create(
        user=make.person("ada"), type="totp", data={"secret": factor_secrets.cipher().encrypt(b"x").decode()}
    )
    settings.SECRET_KEY = "current"

    with pytest.raises(CommandError, match="not in SECRET_KEY_FALLBACKS"):
        call_command("reseal")
