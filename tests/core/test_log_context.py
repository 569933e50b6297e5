"""Each line of a request, a campaign and a batch says which it belongs to."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.json_log import JsonFormatter
from core.log_context import WithFields, log_fields, with_request_id
from core.text_log import TextFormatter
from notifications.delivery import claims, scheduler
from notifications.delivery.unwritten import Unwritten, UnwrittenEnds
from notifications.models import Campaign
from tests import make


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Return what the root logger writes, as the product's handler does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(WithFields())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_line_of_a_request_has_the_same_random_id(stream: io.StringIO) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        logging.getLogger("a").warning("First.")
        logging.getLogger("b").error("Second.")
        return HttpResponse()

    for _ in range(2):
        with_request_id(view)(HttpRequest())
    logging.getLogger("c").warning("Of no request.")

    *of_requests, other = lines(stream)
    ids = [line["request"] for line in of_requests]
    assert ids[0] == ids[1] != ids[2] == ids[3]
    assert all(len(one) == 16 for one in ids)
    assert "request" not in other
    assert settings.MIDDLEWARE[0] == "core.log_context.with_request_id"


def test_a_line_of_text_ends_with_its_fields() -> None:
    record = logging.LogRecord("a", logging.ERROR, __file__, 1, "Halted.", (), None)
    with log_fields(campaign=7), log_fields(batch=3):
        WithFields().filter(record)

    assert TextFormatter().format(record).endswith(" ERROR a Halted. campaign=7 batch=3")


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="no field address"), log_fields(address="x"):
        pass


def test_a_failure_of_the_scheduler_names_its_campaign(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(campaign: Campaign, **_: Any) -> None:
        logging.getLogger("within").warning("On the way.")
        raise RuntimeError

    monkeypatch.setattr(scheduler, "connection", Mock())

    scheduler._isolated(fail, Campaign(pk=7), at=make.NOON)

    first, second = lines(stream)
    assert (first["campaign"], second["campaign"]) == (7, 7)
    assert "RuntimeError" in second["traceback"]


def test_a_settlement_that_comes_too_late_names_campaign_and_batch(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    claim: Any = type("Claim", (), {"id": 3, "campaign_id": 7, "canary": False})
    settlement: Any = object()
    monkeypatch.setattr(claims, "settle", lambda *_: False)

    UnwrittenEnds().write(Unwritten("project", claim, settlement))

    (line,) = lines(stream)
    assert (line["campaign"], line["batch"], line["level"]) == (7, 3, "WARNING")


def test_a_tick_writes_no_line_and_an_error_of_a_task_does() -> None:
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)
        assert logging.getLogger(name).isEnabledFor(logging.ERROR)


def test_the_handler_of_the_product_has_the_fields_and_writes_errors_once() -> None:
    given: Any = settings.LOGGING
    handler = given["handlers"]["stderr"]

    assert (handler["class"], handler["filters"]) == ("core.repeated_errors.OnceAMinute", ["fields"])
    assert given["root"]["handlers"] == ["stderr"]
