"""A 204 has no content, and so neither Content-Type nor Content-Length (RFC 9110, section 8.6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests import make
from tests.api.reads.test_fast_path import opened
from tests.api.v1.test_registrations import BODY, bearer

pytestmark = pytest.mark.django_db


def responses_without_content(api: Client) -> dict[str, Any]:
    """Return the response to each request that answers 204."""
    make.world()
    make.service("gb-line")
    alert = opened()
    made = make.app("staffed", push_mode="registrations")
    phone = api.post("/v1/registrations", {**BODY, "app": made.name}, content_type="application/json").json()

    def post(path: str, body: dict[str, Any]) -> Any:
        return api.post(path, body, content_type="application/json")

    return {
        "correction": post("/v1/corrections", {"service": "gb-line", "channel": 1, "problem": "no-answer"}),
        "receipt": post("/v1/receipts", {"app": made.name, "alert": str(alert.pk), "event": "opened"}),
        "forget": api.delete(f"/v1/registrations/{phone['id']}", headers=bearer(phone["secret"])),
        "preflight": api.options("/v1/tips", headers={"origin": "https://app.example"}),
    }


def test_a_response_without_content_has_no_headers_about_content(api: Client) -> None:
    for name, response in responses_without_content(api).items():
        assert (response.status_code, response.content) == (204, b""), name
        assert not {"Content-Type", "Content-Length"} & set(response.headers), name


def test_a_web_page_may_send_both_conditional_headers(api: Client) -> None:
    response = api.options("/v1/packs/GB/en", headers={"origin": "https://app.example"})

    assert {"If-Match", "If-None-Match"} <= set(response["Access-Control-Allow-Headers"].split(", "))
