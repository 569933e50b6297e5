"""FCM's responses, with the JSON bodies that Google documents or is known to send.

https://firebase.google.com/docs/cloud-messaging/error-codes and
https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from fcm_emulator.http_messages import Response
from fcm_emulator.quota import DEFAULT_QUOTA

FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA_FAILURE = "type.googleapis.com/google.rpc.QuotaFailure"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
HELP = "type.googleapis.com/google.rpc.Help"

#: RFC 9110 requires a challenge in every 401; Google names its accounts server.
CHALLENGE = ((b"WWW-Authenticate", b'Bearer realm="https://accounts.google.com/"'),)
SERVICE = {"service": "fcm.googleapis.com", "method": "google.firebase.fcm.v1.FcmService.SendMessage"}
_NOT_A_CREDENTIAL = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


def error(
    code: int, status: str, message: str, *details: dict[str, Any], headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Response:
    """Return a response with Google's error document."""
    document: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        document["details"] = list(details)
    return Response(code, as_json({"error": document}), headers=headers)


def as_json(value: object) -> bytes:
    """Return JSON in Google's layout: indented by two spaces, with a final newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def fcm_error(code: str) -> dict[str, Any]:
    """Return the detail with FCM's own error code."""
    return {"@type": FCM_ERROR, "errorCode": code}


def bad_request(field: str, description: str) -> dict[str, Any]:
    """Return the detail that names the invalid field; `field` is empty for the whole body."""
    violation = {"field": field, "description": description} if field else {"description": description}
    return {"@type": BAD_REQUEST, "fieldViolations": [violation]}


def error_info(reason: str, **metadata: str) -> dict[str, Any]:
    """Return the detail that Google's API front end adds."""
    return {"@type": ERROR_INFO, "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def malformed(field: str, description: str) -> Response:
    """Return the front end's 400 for a message that it cannot parse: only BadRequest, as documented."""
    return error(400, "INVALID_ARGUMENT", description, bad_request(field, description))


def unacceptable(field: str, description: str) -> Response:
    """Return FCM's own 400 for a message that it parsed and rejected: BadRequest and FcmError."""
    return error(400, "INVALID_ARGUMENT", description, bad_request(field, description), fcm_error("INVALID_ARGUMENT"))


def unauthenticated(reason: str) -> Response:
    """Return a 401; `reason` is CREDENTIALS_MISSING, ACCESS_TOKEN_EXPIRED or ACCESS_TOKEN_TYPE_UNSUPPORTED."""
    opening = "Request is missing required" if reason == "CREDENTIALS_MISSING" else "Request had invalid"
    noun = "credential" if reason == "CREDENTIALS_MISSING" else "credentials"
    message = f"{opening} authentication {noun}. {_NOT_A_CREDENTIAL}"
    return error(401, "UNAUTHENTICATED", message, error_info(reason, **SERVICE), headers=CHALLENGE)


def wrong_project(project: str) -> Response:
    """Return the 403 for an account that has no right to send for `project`."""
    permission, resource = "cloudmessaging.messages.create", f"projects/{project}"
    message = (
        f"Permission '{permission}' denied on resource '//cloudresourcemanager.googleapis.com/{resource}' (or it may not exist)."
    )
    return error(403, "PERMISSION_DENIED", message, error_info("IAM_PERMISSION_DENIED", permission=permission, resource=resource))


def quota_exceeded(subject: str, description: str) -> Response:
    """Return FCM's own 429, which says which quota was exceeded.

    Google documents that there are three ("overall message rate", "device message rate", "topic message rate") and that the
    QuotaFailure names one, but not in which words.
    """
    return error(
        429,
        "RESOURCE_EXHAUSTED",
        "Sending limit exceeded for the message target.",
        fcm_error("QUOTA_EXCEEDED"),
        {"@type": QUOTA_FAILURE, "violations": [{"subject": subject, "description": description}]},
    )


@lru_cache(maxsize=16)
def quota_used_up(limit: int, retry_after: int | None = None) -> Response:
    """Return the front end's 429 for a project over its rate limit; it has no FcmError."""
    return error(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of service "
        "'fcm.googleapis.com' for consumer 'project_number:000000000000'.",
        error_info(
            "RATE_LIMIT_EXCEEDED",
            service="fcm.googleapis.com",
            quota_metric="fcm.googleapis.com/send_requests",
            quota_limit="SendsPerMinutePerProject",
            quota_limit_value=str(limit),
            quota_unit="1/min/{project}",
            quota_location="global",
            consumer="projects/000000000000",
        ),
        {
            "@type": HELP,
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
        headers=() if retry_after is None else ((b"Retry-After", b"%d" % retry_after),),
    )


def not_found() -> Response:
    """Return the front end's 404 for a method that does not exist; it has no FcmError."""
    return error(404, "NOT_FOUND", "Method not found.")


SCOPE_INSUFFICIENT = error(
    403,
    "PERMISSION_DENIED",
    "Request had insufficient authentication scopes.",
    error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", **SERVICE),
    headers=((b"WWW-Authenticate", CHALLENGE[0][1] + b', error="insufficient_scope"'),),
)

INVALID_ADDRESS = error(
    400, "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token", fcm_error("INVALID_ARGUMENT")
)

#: For a message that is too large, FCM sends a BadRequest without a field, and FcmError INVALID_ARGUMENT.
TOO_BIG = error(400, "INVALID_ARGUMENT", "Android message is too big", {"@type": BAD_REQUEST}, fcm_error("INVALID_ARGUMENT"))

_HTML_404 = b"""<!DOCTYPE html>
<html lang=en>
  <meta charset=utf-8>
  <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
  <title>Error 404 (Not Found)!!1</title>
  <p><b>404.</b> <ins>That's an error.</ins>
  <p>The requested URL was not found on this server.  <ins>That's all we know.</ins>
"""

#: The answers of a fault plan by name. With "…_AFTER_ACCEPT" the phone gets the message and the sender gets no response.
PLANNED: dict[str, Response] = {
    "ACCEPT": Response(200),
    "UNREGISTERED": error(404, "NOT_FOUND", "Requested entity was not found.", fcm_error("UNREGISTERED")),
    "INVALID_ADDRESS": INVALID_ADDRESS,
    "INVALID_PAYLOAD": malformed("message.data[0].value", "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"),
    "TOO_BIG": TOO_BIG,
    "QUOTA": quota_exceeded("message-rate", "Message rate quota exceeded for the project."),
    "QUOTA_DEVICE": quota_exceeded("device-message-rate", "Device message rate quota exceeded."),
    "QUOTA_TOPIC": quota_exceeded("topic-message-rate", "Topic message rate quota exceeded."),
    "QUOTA_PROJECT": quota_used_up(DEFAULT_QUOTA),
    "UNAVAILABLE": error(503, "UNAVAILABLE", "The service is currently unavailable.", fcm_error("UNAVAILABLE")),
    "INTERNAL": error(500, "INTERNAL", "Internal error encountered.", fcm_error("INTERNAL")),
    "HTML_404": Response(404, _HTML_404, b"text/html; charset=UTF-8"),
    "UNAUTHENTICATED": unauthenticated("ACCESS_TOKEN_EXPIRED"),
    "THIRD_PARTY_AUTH": error(
        401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", fcm_error("THIRD_PARTY_AUTH_ERROR"), headers=CHALLENGE
    ),
    "SENDER_ID_MISMATCH": error(403, "PERMISSION_DENIED", "SenderId mismatch", fcm_error("SENDER_ID_MISMATCH")),
    "RESET": Response(0, fault="reset"),
    "RESET_AFTER_ACCEPT": Response(0, fault="reset"),
    "HANG": Response(0, fault="hang"),
    "DRIP": Response(200, fault="drip"),
    "HUGE": Response(200, fault="huge"),
    "GOAWAY": Response(200, goaway=True),
    "HANG_AFTER_ACCEPT": Response(0, fault="hang"),
}
#: The answers after which the phone shows the message, whatever the sender gets.
ACCEPTING = frozenset({"ACCEPT", "DRIP", "HUGE", "GOAWAY", "RESET_AFTER_ACCEPT", "HANG_AFTER_ACCEPT"})
#: The answers with the name of the message in their body.
NAMING = frozenset({"ACCEPT", "DRIP", "GOAWAY"})
