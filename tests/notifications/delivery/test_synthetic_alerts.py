"""The synthetic alert: a rehearsal to one device of operators, whose age shows whether alerts get through."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from notifications import feed_query
from notifications.delivery import synthetic_alerts
from notifications.inspections import inspect_synthetic_alert
from notifications.models import Brake, BrakeState, Campaign, Registration, SyntheticAlert
from notifications.models.synthetic_alert import EVERY
from tests import make
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = make.fid(900)
AGE = "fingerpost_synthetic_alert_age_seconds"


@pytest.fixture
def device(fcm_emulator: Emulator, settings: Any) -> Emulator:
    """Switch the synthetic alert on; return the emulator that the device belongs to."""
    settings.SYNTHETIC_APP, settings.SYNTHETIC_ADDRESS = "parent-test", DEVICE
    make.app("parent-test", test=True)
    return fcm_emulator


def send() -> bool:
    return synthetic_alerts.send_if_due(at=timezone.now())


def later(seconds: float) -> None:
    """Let time pass since the last one."""
    passed = timedelta(seconds=seconds)
    SyntheticAlert.objects.update(
        first_at=F("first_at") - passed, started_at=F("started_at") - passed, accepted_at=F("accepted_at") - passed
    )


def age(client: Client) -> float | None:
    lines = client.get("/metrics").content.decode().splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{AGE} ")), None)


def said() -> str:
    return " ".join(symptom.detail for symptom in inspect_synthetic_alert(timezone.now()))


def test_it_reaches_the_device_alone_as_a_rehearsal_and_no_reader(device: Emulator, client: Client) -> None:
    make.app()
    make.installations(30)

    assert send()

    (reached,) = device.each()
    assert (reached["address"], reached["accepted"], reached["alert"], reached["tag"]) == (DEVICE, 1, "0", "0")
    sent = json.loads(synthetic_alerts.message(at=timezone.now()))
    assert sent["data"]["status"] == "Exercise"
    assert sent["android"]["notification"]["title"].startswith("Rehearsal: ")
    assert "default_sound" not in sent["android"]["notification"]
    assert feed_query.read(at=timezone.now()).alerts(country="GB", audience="parent", locale="en", at=timezone.now()) == []
    assert not Campaign.objects.exists()
    assert DEVICE not in str(list(SyntheticAlert.objects.values()))
    assert Registration.objects.count() == 30
    assert age(client) is not None
    assert said() == ""


def test_one_worker_of_all_sends_one_every_five_minutes(device: Emulator, at_once: Callable[..., list[Any]]) -> None:
    assert sorted(at_once(*[send] * 4)) == [False, False, False, True]
    later(EVERY - 1)
    assert not send()
    later(2)
    assert send()

    assert device.counts()["messages"] == 2


def test_a_failure_ages_the_last_one_and_is_named(device: Emulator, client: Client) -> None:
    send()
    later(1_000)
    device.plan([{"match": {"any": True}, "answer": "UNREGISTERED"}])

    send()

    assert (age(client) or 0) >= 1_000
    assert said() == "The last synthetic alert did not get through: FCM refused the address in SYNTHETIC_ADDRESS."


def test_one_that_never_got_through_has_an_age_too(device: Emulator, client: Client) -> None:
    assert said() == "No synthetic alert has been sent yet."
    device.plan([{"match": {"any": True}, "answer": "UNREGISTERED"}])
    send()
    later(2_000)

    assert (age(client) or 0) >= 2_000


def test_nothing_is_sent_while_everything_is_stopped(device: Emulator) -> None:
    Brake.objects.for_everything()
    Brake.objects.filter(campaign=None).update(state=BrakeState.STOPPED)

    assert send()

    assert device.counts()["messages"] == 0
    assert "everything is stopped" in said()


def test_only_a_test_app_gets_it(device: Emulator, settings: Any) -> None:
    make.app()
    settings.SYNTHETIC_APP = "parent"

    send()

    assert device.counts()["messages"] == 0
    assert "SYNTHETIC_APP does not name a test app." in said()


def test_it_is_off_without_its_setting(device: Emulator, settings: Any, client: Client) -> None:
    send()
    settings.SYNTHETIC_APP = ""
    later(10_000)

    assert not send()
    assert age(client) is None
    assert said() == ""
