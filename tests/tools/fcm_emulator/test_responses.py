"""Every response has Google's status, error code and details."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator import responses
from fcm_emulator.oauth import Grant

from tests.tools.fcm_emulator.in_process import (
    AT,
    PROJECT,
    TARGET,
    error_of,
    get,
    make_handler,
    make_message,
    post,
    send,
    send_bytes,
)

FCM = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


def kinds(error: dict[str, Any]) -> list[str]:
    return [detail["@type"].rpartition(".")[2] for detail in error.get("details", [])]


def test_unregistered_is_answered_as_google_documents_it() -> None:
    handler = make_handler()
    post(handler, "/emulator/plan", {"rules": [{"match": {"any": True}, "answer": "UNREGISTERED"}]})

    reply = send(handler)

    assert reply.status == 404
    assert orjson.loads(reply.body) == {
        "error": {
            "code": 404,
            "message": "Requested entity was not found.",
            "status": "NOT_FOUND",
            "details": [{"@type": FCM, "errorCode": "UNREGISTERED"}],
        }
    }


def test_invalid_argument_differs_for_address_and_payload() -> None:
    address = error_of(responses.PLANNED["INVALID_ADDRESS"])
    payload = error_of(responses.PLANNED["INVALID_PAYLOAD"])

    assert (address["code"], address["status"]) == (payload["code"], payload["status"]) == (400, "INVALID_ARGUMENT")
    assert address["message"] == "The registration token is not a valid FCM registration token"
    assert address["details"] == [{"@type": FCM, "errorCode": "INVALID_ARGUMENT"}]
    assert payload["details"] == [
        {
            "@type": BAD_REQUEST,
            "fieldViolations": [
                {"field": "message.data[0].value", "description": "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"}
            ],
        }
    ]


@pytest.mark.parametrize(
    ("name", "status", "code", "details"),
    [
        ("QUOTA", 429, "RESOURCE_EXHAUSTED", ["FcmError", "QuotaFailure"]),
        ("QUOTA_DEVICE", 429, "RESOURCE_EXHAUSTED", ["FcmError", "QuotaFailure"]),
        ("QUOTA_TOPIC", 429, "RESOURCE_EXHAUSTED", ["FcmError", "QuotaFailure"]),
        ("QUOTA_PROJECT", 429, "RESOURCE_EXHAUSTED", ["ErrorInfo", "Help"]),
        ("UNAVAILABLE", 503, "UNAVAILABLE", ["FcmError"]),
        ("INTERNAL", 500, "INTERNAL", ["FcmError"]),
        ("UNAUTHENTICATED", 401, "UNAUTHENTICATED", ["ErrorInfo"]),
        ("THIRD_PARTY_AUTH", 401, "UNAUTHENTICATED", ["FcmError"]),
        ("SENDER_ID_MISMATCH", 403, "PERMISSION_DENIED", ["FcmError"]),
        ("TOO_BIG", 400, "INVALID_ARGUMENT", ["BadRequest", "FcmError"]),
    ],
)
def test_every_planned_error_has_its_status_and_details(name: str, status: int, code: str, details: list[str]) -> None:
    reply = responses.PLANNED[name]
    error = error_of(reply)

    assert (reply.status, error["code"], error["status"], kinds(error)) == (status, status, code, details)


def test_an_html_404_has_no_json_and_no_fcm_error() -> None:
    reply = responses.PLANNED["HTML_404"]

    assert (reply.status, reply.content_type) == (404, b"text/html; charset=UTF-8")
    assert b"FcmError" not in reply.body
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(reply.body)


@pytest.mark.parametrize("retry_after", [30, "30", "Wed, 02 Dec 2026 12:00:00 GMT", "soonish", "-1"])
def test_a_429_has_retry_after_in_any_form_or_none(retry_after: int | str) -> None:
    handler = make_handler()
    with_header = {"match": {"any": True}, "answer": "QUOTA", "retry_after": retry_after, "times": 1}
    post(handler, "/emulator/plan", {"rules": [with_header, {"match": {"any": True}, "answer": "QUOTA"}]})

    first, second = send(handler), send(handler)

    assert first.headers == ((b"Retry-After", str(retry_after).encode()),)
    assert (second.status, second.headers) == (429, ())


def test_a_request_without_a_token_is_401_with_a_challenge() -> None:
    reply = send_bytes(make_handler(), b"{}", token=None)

    assert reply.status == 401
    assert dict(reply.headers)[b"WWW-Authenticate"].startswith(b"Bearer realm=")
    assert error_of(reply)["details"][0]["reason"] == "CREDENTIALS_MISSING"


def test_an_unknown_token_is_401() -> None:
    reply = send_bytes(make_handler(), b"{}", token=b"Bearer guessed")

    assert (reply.status, error_of(reply)["details"][0]["reason"]) == (401, "ACCESS_TOKEN_TYPE_UNSUPPORTED")


def test_a_token_is_rejected_from_the_second_it_expires() -> None:
    handler = make_handler()

    assert send(handler, at=AT + 3599.9).status == 200
    late = send(handler, at=AT + 3600)
    assert (late.status, error_of(late)["details"][0]["reason"]) == (401, "ACCESS_TOKEN_EXPIRED")


def test_a_token_of_another_project_is_403_without_fcm_error() -> None:
    handler = make_handler()
    handler.tokens.grants[b"Bearer other"] = Grant("other-project", handler.tokens.grants[b"Bearer good"].scopes, AT + 3600)

    reply = send_bytes(handler, orjson.dumps({"message": make_message()}), token=b"Bearer other")

    assert (reply.status, error_of(reply)["status"], kinds(error_of(reply))) == (403, "PERMISSION_DENIED", ["ErrorInfo"])
    assert handler.send_endpoint.counts.summary()["by_answer"] == {"PERMISSION_DENIED": 1}


def test_a_token_without_a_sending_scope_is_403() -> None:
    handler = make_handler()
    scopes = frozenset({"https://www.googleapis.com/auth/userinfo.email"})
    handler.tokens.grants[b"Bearer narrow"] = Grant(PROJECT, scopes, AT + 3600)

    reply = send_bytes(handler, b"{}", token=b"Bearer narrow")

    assert (reply.status, error_of(reply)["details"][0]["reason"]) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


@pytest.mark.parametrize(
    "path", ["/v1/projects/x/messages", "/v2/projects/x/messages:send", "/v1/projects//messages:send", "/fcm/send"]
)
def test_an_unknown_method_is_404_without_fcm_error(path: str) -> None:
    reply = post(make_handler(), path, {})

    assert (reply.status, error_of(reply)["status"], kinds(error_of(reply))) == (404, "NOT_FOUND", [])


def test_get_instead_of_post_is_an_unknown_method() -> None:
    assert get(make_handler(), TARGET.decode()).status == 404


def test_an_accepted_message_gets_a_unique_name() -> None:
    handler = make_handler()

    names = [orjson.loads(send(handler).body)["name"] for _ in range(3)]

    assert len(set(names)) == 3
    assert all(name.startswith(f"projects/{PROJECT}/messages/0:") for name in names)
