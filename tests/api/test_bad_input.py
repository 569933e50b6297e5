"""Malformed bodies, paths and headers: each gets a 4xx problem, nothing is stored, and none gets a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from content.models import Release
from notifications.models import Registration
from tests import make
from tests.api.v1.test_registrations import BODY

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
POSTS = ("/v1/help", "/v1/registrations", "/v1/receipts", "/v1/corrections")


@pytest.fixture(autouse=True)
def _ready(small_release: Release) -> None:
    make.app()


def refused(response: Any) -> None:
    """Check that the response is a 4xx problem document with all its members."""
    problem = response.json()
    assert 400 <= response.status_code < 500, problem
    assert response["Content-Type"] == "application/problem+json"
    assert problem["status"] == response.status_code
    assert problem["type"].startswith("/v1/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert len(response.content) < 4000
    assert not Registration.objects.exists()


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("image/png", PNG, 415),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n' + PNG,
            415,
        ),
        ("application/x-www-form-urlencoded", b"country=GB", 415),
        ("text/plain", b'{"country": "GB"}', 415),
        ("", b"{}", 415),
        ("application/json; charset=utf-16", '{"country": "GB"}'.encode("utf-16"), 415),
        ("application/xml", b"<a/>", 415),
        ("application/json", PNG, 400),
        ("application/json", b"[" * 60_000, 400),
        ("application/json", b'{"a":' * 10_000, 400),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"country": "GB", "country": "GB"}', 400),
        ("application/json", b'{"country": NaN}', 400),
        ("application/json", b'{"country": "\\u0000"}', 400),
        ("application/json", b'{"country": "\\ud800"}', 400),
        ("application/json", b'{"country": "' + b"A" * 70_000 + b'"}', 413),
        ("application/json", b" " * 1_000_000, 413),
        ("application/json", b"{}", 422),
        ("application/json", b'{"picture": "data:image/png;base64,iVBORw0KGgo="}', 422),
    ],
)
def test_a_body_that_is_not_a_small_json_object_is_refused(
    api: Client, path: str, content_type: str, body: bytes, status: int
) -> None:
    response = api.generic("POST", path, body, content_type=content_type)

    assert response.status_code == status
    refused(response)


def test_a_compressed_body_is_refused(api: Client) -> None:
    refused(api.post("/v1/help", b"\x1f\x8b", content_type="application/json", headers={"content-encoding": "gzip"}))


def test_a_chunked_body_is_411(api: Client) -> None:
    response = api.generic("POST", "/v1/help", b"", content_type="application/json", headers={"transfer-encoding": "chunked"})

    assert response.status_code == 411
    refused(response)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "a" * 10_000},
        {"address": "data:image/png;base64," + "A" * 300},
        {"address": ""},
        {"address": None},
        {"address": ["a"]},
        {"address": {"a": 1}},
        {"address": "f" * 22 + "\n"},
        {"app": "parent\n"},
        {"country": "G\u0042\u0301"},
        {"locale": "en\u202e"},
        {"extra": 1},
        {"a" * 10_000: 1},
        {"__proto__": {}},
        {"app": {"$ne": None}},
        {"app": "parent' OR 1=1 --"},
    ],
)
def test_a_registration_with_invalid_fields_is_refused(api: Client, changed: dict[str, Any]) -> None:
    response = api.post("/v1/registrations", {**BODY, **changed}, content_type="application/json")

    assert response.status_code == 422
    refused(response)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tips?lang=en",
        "/v1/tips?country=GB&country=FR",
        "/v1/tips?country=",
        "/v1/tips?audience=child",
        "/v1/tips?situation=blackmail",
        "/v1/services?age=15",
        "/v1/services?situation=blackmail",
        "/v1/services?open_now=1",
        "/v1/services?page=2",
        "/v1/services?language=%F0%9F%98%80",
        "/v1/services?region=gb-wls",
        "/v1/packs/GB/en?x",
        "/v1/?format=api",
        "/v1/tips?" + "&".join(f"a{n}=1" for n in range(1200)),
        "/v1/tips?" + "x" * 8000 + "=1",
        "/v1/tips?locale=%00",
        "/v1/tips?locale=" + "a" * 8000,
        "/healthz?x=1",
    ],
)
def test_an_invalid_query_is_refused(api: Client, path: str) -> None:
    response = api.get(path)

    assert response.status_code == 400
    refused(response)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/v1/nothing",
        "/v1/packs",
        "/v1/packs/GB/en/more",
        "/v1/packs/GB/en/" + "f" * 63,
        "/v1/packs/GB/en/" + "F" * 64,
        "/v1/packs/../../etc/passwd",
        "/v1/packs/GB/..%2f..%2fetc",
        "/v1/packs/%00/en",
        "/v1/packs/G%20/en",
        "/v1/tips/" + "a" * 5000,
        "/v1/tips/%F0%9F%98%80",
        "/v1/tips/%00",
        "/v1/services/%27%20OR%201=1",
        "/v1/problems/nothing",
        "/favicon.ico",
        "/wp-login.php",
    ],
)
def test_an_unknown_path_is_404(api: Client, path: str) -> None:
    response = api.get(path)

    assert response.status_code == 404
    refused(response)


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/xml", "nonsense", "text/plain;q=0.1"])
def test_a_media_type_that_is_not_served_is_406(api: Client, accept: str) -> None:
    response = api.get("/v1/tips?country=GB", headers={"accept": accept})

    assert response.status_code == 406
    refused(response)


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/*", "application/json", "text/html, application/json;q=0.1", "application/json; v=1, */*"]
)
def test_json_is_served_to_clients_that_accept_it(api: Client, accept: str) -> None:
    assert api.get("/v1/tips?country=GB", headers={"accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "x" * 8192},
        {"accept-language": ",".join(f"x{n}-Latn;q=0.{n % 10}" for n in range(900))},
        {"if-none-match": "x" * 8192},
        {"if-none-match": '"' * 8192},
        {"if-none-match": "*, *"},
        {"if-modified-since": "yesterday"},
        {"range": "bytes=0-1"},
        {"range": "bytes=9999999-"},
        {"accept-encoding": "zstd, br;q=x"},
        {"x-http-method-override": "DELETE"},
        {"x-forwarded-for": "not an address"},
        {"cookie": "sessionid=abc; " + "x" * 4000},
        {"authorization": "Bearer x"},
        {"origin": "https://evil.example"},
    ],
)
def test_odd_headers_do_not_prevent_reading(api: Client, headers: dict[str, str]) -> None:
    for path in ("/v1/packs/GB/en", "/v1/tips?country=GB"):
        response = api.get(path, headers=headers)
        assert response.status_code == 200
        assert response.json()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST", "TRACE", "BREW"])
def test_an_unsupported_method_is_405_with_allow(api: Client, method: str) -> None:
    for path in ("/v1/packs/GB/en", "/v1/tips", "/v1/alerts/1", "/v1/", "/healthz", "/v1/schema"):
        response = api.generic(method, path, b"{}", content_type="application/json")
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, OPTIONS"
        refused(response)


def test_an_unknown_host_is_refused(api: Client) -> None:
    refused(api.get("/v1/tips", headers={"host": "evil.example"}))


def test_an_unexpected_error_reveals_nothing(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("situation=blackmail age=15")

    monkeypatch.setattr("api.v1.help.resolve", fail)

    response = api.post("/v1/help", {"country": "GB", "situation": "blackmail"}, content_type="application/json")

    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "/v1/problems/internal-error",
        "title": "Internal error",
        "status": 500,
        "detail": "The server failed to process the request. Try again later.",
    }


def test_without_a_database_a_write_is_503_with_retry_after(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection to server at 10.0.0.7 failed")

    monkeypatch.setattr("api.v1.registrations.Registration.objects.register", down)

    response = api.post("/v1/registrations", BODY, content_type="application/json")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "10.0.0.7" not in response.content.decode()
