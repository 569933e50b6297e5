"""The error sandbox: every state by name, as a real one looks, and only in a sandbox."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils.http import parse_http_date

from api.http.errors import KINDS
from api.sandbox import states
from content.models import Release
from content.publishing.verify import decode, verify_manifest
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX = True
    settings.THROTTLES = {**settings.THROTTLES, "sandbox-limited": (5, 60)}


def test_every_problem_can_be_met_by_its_name(api: Client) -> None:
    index = api.get("/v1/sandbox/").json()["states"]

    for code, kind in KINDS.items():
        response = api.get(index[code]["url"], headers={"accept": "application/json"})
        problem = response.json()
        assert (response.status_code, problem["type"], problem["status"]) == (kind.status, f"/v1/problems/{code}", kind.status)
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        assert ("Retry-After" in response) == (kind.status in {429, 503})
        assert ("WWW-Authenticate" in response) == (kind.status == 401)


def test_retry_after_has_both_forms(api: Client) -> None:
    for code in ("too-many-requests", "unavailable"):
        assert int(api.get(f"/v1/sandbox/{code}")["Retry-After"]) > 0
        assert parse_http_date(api.get(f"/v1/sandbox/{code}-by-date")["Retry-After"]) > 0


def test_a_retired_service_has_a_successor_or_none(api: Client) -> None:
    assert api.get("/v1/sandbox/gone").json()["successor"] == "gb-childline"
    assert api.get("/v1/sandbox/gone-without-successor").json()["successor"] is None


def test_manifests_are_those_of_the_vectors(api: Client) -> None:
    index = api.get("/v1/sandbox/").json()
    good = api.get(index["states"]["manifest-good-on-a-fresh-install"]["url"])

    assert good["Content-Type"] == "application/jose"
    assert verify_manifest(good.content, decode(index["root_key"]), last_number=None, now=NOON).release == 7
    forged = index["states"]["manifest-one-bit-of-the-signature-changed"]
    assert forged["about"].endswith("(forged)")


def test_the_pack_of_next_year_has_new_steps(api: Client, release: Release) -> None:
    pack = api.get("/v1/sandbox/pack-of-next-year").json()

    assert pack["plan_order"]["default"]["teen"][-1] == "of-next-year"


def test_the_slow_answer_takes_its_time(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("api.sandbox.states.time.sleep", waited.append)

    assert api.get("/v1/sandbox/slow").status_code == 200
    assert waited == [states.SLOW]


def test_the_limit_can_be_met(api: Client) -> None:
    statuses = [api.get("/v1/sandbox/limited").status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]
    assert int(api.get("/v1/sandbox/limited")["Retry-After"]) > 0


def test_an_installation_that_serves_readers_has_no_such_paths(api: Client, settings: Any) -> None:
    settings.SANDBOX = False

    for path in ("/v1/sandbox/", "/v1/sandbox/gone", "/v1/sandbox/limited", "/v1/sandbox/slow"):
        response = api.get(path)
        assert (response.status_code, response.json()["type"]) == (404, "/v1/problems/not-found")
    assert api.get("/v1/sandbox/nothing").status_code == 404
