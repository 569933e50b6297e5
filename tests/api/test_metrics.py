"""/metrics: figures in Prometheus' format, for operators alone."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from api.metrics import METRICS, text
from core.models import Backup
from notifications.models import Brake, BrakeState
from tests import make

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-at-least-24-characters"


def figures(client: Client) -> dict[str, float]:
    lines = client.get("/metrics").content.decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


def test_the_metrics_say_what_operators_watch(api: Client) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    make.workers()
    Backup.objects.create(taken_at=datetime.now(UTC), size=1, sha256="0" * 64)

    found = figures(api)

    assert found['fingerpost_ready{part="sends"}'] == 1
    assert found['fingerpost_campaigns{state="approved"}'] == 1
    assert found['fingerpost_messages_total{outcome="accepted"}'] == 0
    assert 0 <= found['fingerpost_silence_seconds{part="delivery"}'] < 60
    assert 0 <= found["fingerpost_backup_age_seconds"] < 60
    assert found["fingerpost_sending_stopped"] == 0
    assert "fingerpost_release_age_seconds" not in found


def test_stopped_sending_is_a_figure(api: Client) -> None:
    Brake.objects.for_everything()
    Brake.objects.filter(campaign=None).update(state=BrakeState.STOPPED)

    assert figures(api)["fingerpost_sending_stopped"] == 1


def test_while_the_database_is_away_the_metrics_say_what_still_works(api: Client) -> None:
    """On a thread of its own, whose connection has to be made; the role may have none."""
    make.campaign()
    found: list[Any] = []

    def without_connection() -> None:
        connection.settings_dict = {**connection.settings_dict, "USER": "nobody_may_connect", "PASSWORD": "x"}
        found.append(api.get("/metrics"))
        connection.close()

    thread = threading.Thread(target=without_connection)
    thread.start()
    thread.join()

    assert found[0].status_code == 200
    lines = found[0].content.decode().splitlines()
    assert 'fingerpost_ready{part="writes"} 0' in lines
    assert any(line.startswith('fingerpost_ready{part="reads"}') for line in lines)
    assert not any(line.startswith("fingerpost_campaigns{") for line in lines)


def test_the_format_has_a_type_and_a_help_for_each_metric(api: Client) -> None:
    lines = api.get("/metrics").content.decode().splitlines()
    label = list(text([("fingerpost_campaigns", {"state": 'a"b\\c\nd'}, 1.0)]))[-1]

    names = {line.partition("{")[0].partition(" ")[0] for line in lines if not line.startswith("#")}
    assert names == {line.split()[2] for line in lines if line.startswith("# TYPE")} <= set(METRICS)
    assert label == 'fingerpost_campaigns{state="a\\"b\\\\c\\nd"} 1\n'


@pytest.mark.parametrize(
    ("setting", "headers", "status"),
    [
        ("", {}, 200),
        ("", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("", {"Via": "1.1 proxy"}, 404),
        (TOKEN, {}, 404),
        (TOKEN, {"Authorization": "Bearer wrong"}, 404),
        (TOKEN, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}, 200),
    ],
)
def test_only_operators_get_the_metrics(api: Client, setting: str, headers: dict[str, str], status: int, settings: Any) -> None:
    settings.METRICS_TOKEN = setting

    assert api.get("/metrics", headers=headers).status_code == status


def test_a_request_from_elsewhere_needs_the_token(api: Client) -> None:
    assert api.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert api.get("/metrics", REMOTE_ADDR="::1").status_code == 200
