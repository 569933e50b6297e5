"""An operation that will be removed announces it at least a year ahead, on both ways to its responses and in the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from api.http.deprecation import Deprecation
from api.v1.tips import TipsView
from content.models import Release
from tests.api.wsgi import BothPaths, ask

SINCE = datetime(2026, 12, 1, tzinfo=UTC)
ANNOUNCED = Deprecation(SINCE, SINCE + timedelta(days=400), "https://api.example/docs/changes")
HEADERS = {
    "Deprecation": "@1796083200",
    "Sunset": "Wed, 05 Jan 2028 00:00:00 GMT",
    "Link": '<https://api.example/docs/changes>; rel="deprecation"; type="text/html"',
}


def test_an_operation_works_for_a_year_after_its_removal_was_announced() -> None:
    with pytest.raises(ValueError, match="at least 365 days"):
        Deprecation(SINCE, SINCE + timedelta(days=364), "https://api.example/docs/changes")


@pytest.mark.django_db
@pytest.mark.usefixtures("as_served")
def test_a_deprecated_operation_says_so_in_every_response(
    both: BothPaths, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TipsView, "deprecation", ANNOUNCED)

    for path in ("/v1/tips?country=GB&locale=en", "/v1/tips?country=XX"):
        for way in (both.fast, both.django):
            found = ask(way, path).headers
            assert {name: found[name] for name in HEADERS} == HEADERS, path
    assert not set(HEADERS) & set(ask(both.fast, "/v1/services?country=GB&locale=en").headers)


def test_the_contract_marks_a_deprecated_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TipsView, "deprecation", ANNOUNCED)

    document: Any = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]

    assert document["paths"]["/v1/tips"]["get"]["deprecated"] is True
    assert "deprecated" not in document["paths"]["/v1/services"]["get"]
