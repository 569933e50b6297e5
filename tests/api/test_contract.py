"""The server against its OpenAPI schema: valid requests get the documented responses, invalid ones are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from schemathesis.generation import GenerationMode

from content.models import Release
from tests.api.contract import OPERATIONS, WITHOUT_INPUT, application, load_schema, plain, with_real_values
from tests.examples import examples
from tests.signing import Signer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served", "without_pdf_maker")]

#: Examples per operation; `tests/api/test_contract_identities.py` tries many more of other kinds.
few = settings(plain, max_examples=examples(20, least=4), derandomize=True)
enough = settings(few, max_examples=examples(20))


@pytest.fixture
def valid(release: Release, signer: Signer, settings: Any) -> Any:
    return with_real_values(load_schema(application(), settings, GenerationMode.POSITIVE))


@pytest.fixture
def invalid(release: Release, signer: Signer, settings: Any) -> Any:
    return load_schema(application(), settings, GenerationMode.NEGATIVE)


def ask(operation: Any, mode: GenerationMode, check: Callable[[Any], object], *, tried: settings = few) -> None:
    """Call the operation with values that match its schema, or that do not."""

    @tried
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        check(case)

    run()


def test_every_operation_is_tried(invalid: Any) -> None:
    found = [(result.ok().method.upper(), result.ok().path) for result in invalid.get_all_operations()]

    assert sorted(found) == sorted(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_valid_requests_get_the_responses_in_the_schema(valid: Any, method: str, path: str) -> None:
    ask(valid[path][method], GenerationMode.POSITIVE, lambda case: case.call_and_validate())


@pytest.mark.parametrize(("method", "path"), [pair for pair in OPERATIONS if pair not in WITHOUT_INPUT])
def test_invalid_requests_are_refused(invalid: Any, method: str, path: str) -> None:
    ask(invalid[path][method], GenerationMode.NEGATIVE, lambda case: case.call_and_validate())


def test_real_values_reach_successful_responses(valid: Any) -> None:
    wanted = {"GET /v1/packs/{country}/{locale}", "GET /v1/tips", "GET /v1/services", "GET /v1/alerts", "POST /v1/help"}
    reached = set()

    def note(case: Any) -> None:
        if case.call().status_code < 300:
            reached.add(case.operation.label)

    for result in valid.get_all_operations():
        if result.ok().label in wanted:
            ask(result.ok(), GenerationMode.POSITIVE, note, tried=enough)

    assert reached == wanted
