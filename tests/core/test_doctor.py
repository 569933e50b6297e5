"""manage.py doctor says in sentences what is wrong, and its exit status says whether something is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from content.assurance.check_dates import check_dates
from content.inspections import inspect_checks, inspect_release
from core import doctor, inspections
from core.doctor import Symptom
from notifications.inspections import inspect_apps, inspect_campaigns, inspect_service_accounts, inspect_workers
from notifications.models import Brake, BrakeState, Heartbeat, HeartbeatPart, SchedulerRun
from tests import make
from tests.make import NOON
from tests.processes import Emulator

pytestmark = pytest.mark.django_db


def now() -> datetime:
    return datetime.now(UTC)


def sentences(inspection: doctor.Inspection, at: datetime | None = None) -> str:
    return " ".join(symptom.detail for symptom in inspection(at or now()))


def test_an_empty_installation_has_problems_in_sentences_and_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()

    with pytest.raises(CommandError, match=r"\d+ problems found"):
        call_command("doctor", stdout=out)

    text = out.getvalue()
    assert "Problem: No release is published: apps get no tips and no services.\n  release compile, then" in text
    assert "Problem: There is no app" in text
    assert "Problem: Campaigns need two people" in text
    assert "Warning: PUBLIC_URL" not in text.splitlines()[0]


def test_the_same_is_there_as_json() -> None:
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("doctor", "--json", stdout=out)

    found = json.loads(out.getvalue())["findings"]
    assert {entry["severity"] for entry in found} == {"problem", "warning"}
    assert all(entry["detail"].endswith((".", ")")) for entry in found)


def test_without_anything_wrong_the_status_is_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "_INSPECTIONS", {})
    monkeypatch.setattr("django.core.checks.run_checks", lambda **_: [])

    call_command("doctor")

    assert capsys.readouterr().out == "Nothing is wrong.\n"


def test_a_database_that_is_away_is_one_sentence_for_each_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(at: datetime) -> list[Symptom]:
        raise OperationalError()

    monkeypatch.setattr(doctor, "_INSPECTIONS", {"the staff": away})
    monkeypatch.setattr("django.core.checks.run_checks", lambda **_: [])
    monkeypatch.setattr("core.doctor.connection.close", lambda: None)

    assert doctor.symptoms(at=now())[0].detail == "The staff could not be inspected: the database fails (OperationalError)."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"PUBLIC_URL": "https://fp.example", "ALLOWED_HOSTS": ["fp.example"], "TRUSTED_PROXIES": 0}, "one rate limit"),
        ({"PUBLIC_URL": "http://fp.example", "ALLOWED_HOSTS": ["localhost"]}, "which ALLOWED_HOSTS does not name"),
        ({"BROKER_URL": "memory://"}, "BROKER_URL is not set"),
        ({"MAIL": {}, "STAFF_WEBHOOK_URL": ""}, "No message reaches staff"),
        ({"EDITION_DIR": ""}, "EDITION_DIR is not set"),
        ({"SANDBOX": False}, "each process counts rate limits for itself"),
    ],
)
def test_settings_that_do_not_fit_are_named(changes: dict[str, Any], expected: str, settings: Any) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert expected in sentences(inspections.inspect_settings)


def test_each_pair_of_eyes_needs_two_people() -> None:
    make.person("amina", "campaign-author", "campaign-approver")
    one = sentences(inspections.inspect_staff)
    make.person("david", "campaign-author")
    two = sentences(inspections.inspect_staff)

    assert "Campaigns need two people, one of whom approves: 1 of these roles, 1 of whom may approve." in one
    assert "Campaigns" not in two
    assert "Releases need two people" in two


def test_a_person_without_a_second_factor_is_named_outside_a_demo(settings: Any) -> None:
    make.person("amina", "campaign-author")
    settings.FACTOR_REQUIRED = True

    assert "have no second factor, and open only the page that sets it up: amina." in sentences(inspections.inspect_staff)


def test_the_first_missing_migration_is_named() -> None:
    def forget(*names: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' AND name = ANY(%s)", [list(names)])
        return sentences(inspections.inspect_database)

    assert "One migration is missing: notifications.0035_heartbeats." in forget("0035_heartbeats")
    both = forget("0034_validate_templates_and_handouts")
    assert "2 migrations are missing, the first is notifications.0034_validate_templates_and_handouts." in both


def test_workers_and_beat_are_seen_by_their_heartbeats() -> None:
    nobody = sentences(inspect_workers)
    SchedulerRun.objects.take_turn()
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="one")
    without_beat = sentences(inspect_workers)
    Heartbeat.objects.give(HeartbeatPart.BEAT, host="one")

    assert "none has looked for something to send so far" in nobody
    assert without_beat.startswith("No wake-up of the beat has arrived")
    assert sentences(inspect_workers) == ""


def test_an_app_without_a_service_account_and_stopped_sending_are_named(settings: Any) -> None:
    settings.FIREBASE_PROJECTS = {}
    none = sentences(inspect_apps)
    app = make.app()
    Brake.objects.for_everything()
    Brake.objects.filter(campaign=None).update(state=BrakeState.STOPPED, reason="Wrong text.")

    assert none.startswith("There is no app")
    assert sentences(inspect_apps) == (
        f"FIREBASE_PROJECTS names no service account for the project {app.project}, to which an app belongs."
    )
    assert sentences(inspect_campaigns) == "All sending is stopped: Wrong text."


def test_each_service_account_is_tried(fcm_emulator: Emulator, settings: Any) -> None:
    good = sentences(inspect_service_accounts)
    settings.FIREBASE_PROJECTS = {**settings.FIREBASE_PROJECTS, "missing-project": "/nowhere.json"}

    assert good == ""
    assert sentences(inspect_service_accounts) == (
        "The service account of missing-project does not work: The service-account file of missing-project cannot be used."
    )


def test_checks_that_ran_out_are_counted() -> None:
    make.world()
    make.service()

    empty = check_dates(at=NOON)

    assert (empty.overdue_emergency, empty.expired, empty.soon, empty.days) == (0, 1, 0, 14)
    assert "have no valid check, so no release includes them" in sentences(inspect_checks, NOON)
    assert sentences(inspect_release).startswith("No release is published")
