"""No request gets a server error or a status that the schema does not name, by any of four senders.

`./run contract` runs this with many requests and writes down what it saw.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, seed, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from content.models import Release
from notifications.models import Registration
from notifications.models.registration_row import Registered
from tests import make
from tests.api.contract import OPERATIONS, WITHOUT_INPUT, application, load_schema, plain, with_real_values
from tests.signing import Signer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served", "without_pdf_maker")]

#: Requests of the whole run, about; the first seed of its random values, and how many seeds take turns.
CASES = int(os.environ.get("CONTRACT_CASES", "600"))
SEED, SEEDS = int(os.environ.get("CONTRACT_SEED", "0")), int(os.environ.get("CONTRACT_SEEDS", "1"))
#: Seconds after which no operation's requests begin; how many each operation gets in one round, at most.
SECONDS, EACH = float(os.environ.get("CONTRACT_SECONDS", "600")), 60
_OWN_PATH = "registration_id"


class Senders:
    """Four who send requests: nobody in particular, a phone, a phone that names another one, and a member of staff."""

    NAMES = ("nobody", "an installation", "another installation", "staff")

    def __init__(self) -> None:
        """Register two phones, and sign a member of staff in."""
        browser = Client()
        browser.force_login(make.person("nora", "administrator", "publisher", "campaign-approver"))
        self._session = f"sessionid={browser.cookies['sessionid'].value}"
        self._other = make.installation(2, at=timezone.now())
        self._own: Registered | None = None

    def own(self) -> Registered:
        """Return the installation of the first phone; a new one, if a request has deleted it."""
        if self._own is None or not Registration.objects.filter(pk=self._own.id).exists():
            self._own = make.installation(1, at=timezone.now())
        return self._own

    def headers(self, name: str, case: Any, *, own: bool) -> dict[str, str]:
        """Return the credentials of a sender; with `own`, make a request about an installation one about the first phone."""
        if own and _OWN_PATH in (case.path_parameters or {}):
            case.path_parameters[_OWN_PATH] = str(self.own().id)
        match name:
            case "an installation":
                return {"Authorization": f"Bearer {self.own().secret}"}
            case "another installation":
                return {"Authorization": f"Bearer {self._other.secret}"}
            case "staff":
                return {"Cookie": self._session}
        return {}


class Verdicts:
    """What is wrong with a response: it depends on operation, status and media type alone, so each of these is looked at once."""

    def __init__(self) -> None:
        """Start without any."""
        self._known: dict[tuple[str, int, tuple[str, ...]], str] = {}

    def of(self, case: Any, response: Any) -> str:
        """Return the fault as text; "" for none."""
        key = (case.operation.label, response.status_code, tuple(response.headers.get("content-type", ())))
        if key not in self._known:
            self._known[key] = self._look(case, response)
        return self._known[key]

    @staticmethod
    def _look(case: Any, response: Any) -> str:
        try:
            case.validate_response(response, checks=[status_code_conformance, content_type_conformance])
            assert response.status_code < 500, response.status_code
        except (AssertionError, BaseExceptionGroup) as error:
            return str(error) or type(error).__name__
        return ""


@pytest.fixture
def schemas(release: Release, signer: Signer, settings: Any) -> dict[GenerationMode, Any]:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, (10**9, 60))
    served = application()
    return {
        GenerationMode.POSITIVE: with_real_values(load_schema(served, settings, GenerationMode.POSITIVE)),
        GenerationMode.NEGATIVE: load_schema(served, settings, GenerationMode.NEGATIVE),
    }


@pytest.fixture
def strategies(schemas: dict[GenerationMode, Any]) -> list[SearchStrategy[Any]]:
    """Return, for each operation, the values that match its schema, and those that do not.

    Each is made once: making one from a schema takes as long as hundreds of requests.
    """
    return [
        schema[path][method].as_strategy(generation_mode=mode)
        for mode, schema in schemas.items()
        for method, path in OPERATIONS
        if mode is not GenerationMode.NEGATIVE or (method, path) not in WITHOUT_INPUT
    ]


def ask(strategy: SearchStrategy[Any], *, examples: int, number: int, send: Callable[[Any], None]) -> None:
    """Send requests with these values; `number` is the seed."""

    @seed(number)
    @settings(plain, max_examples=examples)
    @given(case=strategy)
    def run(case: Any) -> None:
        send(case)

    run()


def test_a_fault_in_a_response_is_found(small_release: Release, signer: Signer, settings: Any) -> None:
    case = load_schema(application(), settings, GenerationMode.POSITIVE)["/hsds/profile"]["GET"].Case()
    changes: list[tuple[dict[str, Any], str]] = [
        ({}, ""),
        ({"status_code": 500}, "500"),
        ({"status_code": 418}, "418"),
        ({"headers": {"content-type": ["text/html"]}}, "text/html"),
    ]

    for change, fault in changes:
        response = case.call()
        for name, value in change.items():
            setattr(response, name, value)
        found = Verdicts().of(case, response)

        assert fault in found, change
        assert bool(found) is bool(fault), change


@pytest.mark.slow
def test_every_sender_gets_a_documented_status(strategies: list[SearchStrategy[Any]]) -> None:
    senders, turns, verdicts = Senders(), count(), Verdicts()
    seen: Counter[tuple[str, str, int]] = Counter()
    of_seed: Counter[int] = Counter()
    faults: dict[tuple[str, str, int], str] = {}

    def send(case: Any) -> None:
        turn = next(turns)
        name = Senders.NAMES[turn % 4]
        response = case.call(headers=senders.headers(name, case, own=turn // 4 % 3 > 0))
        key = (name, case.operation.label, response.status_code)
        seen[key] += 1
        if fault := verdicts.of(case, response):
            faults.setdefault(key, fault)

    begun = time.monotonic()
    each = min(EACH, max(1, CASES // (len(strategies) * SEEDS)))
    for turn in range(max(SEEDS, round(CASES / (len(strategies) * each)))):
        number, before = SEED + turn % SEEDS, seen.total()
        for strategy in strategies:
            if time.monotonic() - begun < SECONDS:
                ask(strategy, examples=each, number=number * 1000 + turn // SEEDS, send=send)
        of_seed[number] += seen.total() - before
        # After each round, so that a run that is ended leaves what it has seen.
        _write_down(seen, of_seed, faults)

    assert faults == {}
    assert {name for name, _, _ in seen} == set(Senders.NAMES)
    # The phone with its own secret reads, changes and deletes what it registered; nobody else does.
    about_one = {(name, status) for name, label, status in seen if "{registration_id}" in label and status < 300}
    assert {name for name, _ in about_one} <= {"an installation"}
    assert CASES < 5000 or {status for _, status in about_one} >= {200, 204}


def _write_down(seen: Counter[tuple[str, str, int]], of_seed: Counter[int], faults: dict[tuple[str, str, int], str]) -> None:
    if report := os.environ.get("CONTRACT_REPORT"):
        rows: Iterator[list[Any]] = ([*key, number] for key, number in sorted(seen.items()))
        found = [[*key, text] for key, text in sorted(faults.items())]
        written = {"seen": list(rows), "seeds": sorted(of_seed.items()), "faults": found}
        Path(report).write_text(json.dumps(written), encoding="utf-8")
