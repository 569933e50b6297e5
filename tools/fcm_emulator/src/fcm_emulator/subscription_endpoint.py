"""Topic subscriptions: FCM's `projects.registrations.topicSubscriptions`, and the older `iid/v1:batchAdd` and `batchRemove`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from fcm_emulator import responses, schema
from fcm_emulator.fields import InvalidField
from fcm_emulator.http_messages import Request, Response
from fcm_emulator.send_endpoint import SendEndpoint
from fcm_emulator.topics import TooManyTopics, Topics
from fcm_emulator.validation import TOPIC, is_address

MAX_BATCH_SIZE = 1_000
MAX_PAGE_SIZE = 2_000
DEFAULT_PAGE_SIZE = 1_000

_PATH = re.compile(r"/v1/projects/([^/]+)/registrations/([^/]+)/topicSubscriptions(?:/([^/]+))?")
_BATCHES = {"/iid/v1:batchAdd": True, "/iid/v1:batchRemove": False}
_MALFORMED_ADDRESS = responses.error(
    400,
    "INVALID_ARGUMENT",
    "The registration is not a valid FID or registration token.",
    responses.fcm_error("INVALID_ARGUMENT"),
)
_MALFORMED_TOPIC = responses.unacceptable("topic_name", "Invalid topic name.")
_NOT_SUBSCRIBED = responses.error(404, "NOT_FOUND", "Topic subscription not found.")
_SUBSCRIBED = responses.error(409, "ALREADY_EXISTS", "Topic subscription already exists.")
_TOO_MANY = responses.error(429, "RESOURCE_EXHAUSTED", "The installation has too many topic subscriptions.")


class SubscriptionEndpoint:
    """Responds to requests about subscriptions."""

    def __init__(self, send_endpoint: SendEndpoint) -> None:
        self._send_endpoint = send_endpoint

    def respond(self, request: Request, path: str, query: str, *, at: float) -> Response | None:
        """Return the response, or None if the (still percent-encoded) path is not one of subscriptions."""
        if request.method == b"POST" and path in _BATCHES:
            return self._batch(request, subscribe=_BATCHES[path], at=at)
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        project, address, topic = (unquote(part) if part else "" for part in match.groups())
        if denied := self._send_endpoint.denied(project, request.headers.get(b"authorization"), at):
            return denied
        if not is_address(address):
            return _MALFORMED_ADDRESS
        if self._send_endpoint.plan.is_unregistered(address):
            return responses.PLANNED["UNREGISTERED"]
        parameters = dict(parse_qsl(query))
        topics = self._send_endpoint.topics_of(project)
        if not topic and request.method == b"GET":
            return _list(topics, project, address, parameters)
        topic = topic or parameters.get("topic_name") or parameters.get("topicName") or ""
        if not TOPIC.fullmatch(topic):
            return _MALFORMED_TOPIC
        return self._one(request, topics, (project, address, topic), named=match[3] is not None, parameters=parameters, at=at)

    def _one(
        self, request: Request, topics: Topics, name: tuple[str, str, str], *, named: bool, parameters: dict[str, str], at: float
    ) -> Response | None:
        project, address, topic = name
        missing_allowed = parameters.get("allow_missing", parameters.get("allowMissing")) == "true"
        since = topics.since(address, topic)
        if request.method == b"GET" and named:
            return _NOT_SUBSCRIBED if since is None else _found(project, address, topic, since)
        if request.method == b"DELETE" and named:
            gone = topics.unsubscribe(address, topic) or missing_allowed
            return Response(200, responses.as_json({})) if gone else _NOT_SUBSCRIBED
        if (request.method, named) not in ((b"POST", False), (b"PATCH", True)):
            return None
        try:
            schema.topic_subscription(orjson.loads(request.body or b"{}"))
        except InvalidField as bad:
            return responses.malformed(bad.path, bad.description)
        except orjson.JSONDecodeError:
            return responses.malformed("", "Invalid JSON payload received. Unexpected token.")
        if since is not None:
            return _found(project, address, topic, since) if named else _SUBSCRIBED
        if named and not missing_allowed:
            return _NOT_SUBSCRIBED
        try:
            topics.subscribe(address, topic, at=at)
        except TooManyTopics:
            return _TOO_MANY
        return _found(project, address, topic, at)

    def _batch(self, request: Request, *, subscribe: bool, at: float) -> Response:
        project = self._send_endpoint.project_of(request.headers.get(b"authorization"), at)
        if project is None or request.headers.get(b"access_token_auth") != b"true":
            return Response(401, responses.as_json({"error": "Unauthorized"}))
        try:
            document = orjson.loads(request.body)
            topic, addresses = document["to"].removeprefix("/topics/"), document["registration_tokens"]
            good = document["to"].startswith("/topics/") and TOPIC.fullmatch(topic) and isinstance(addresses, list) and addresses
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            good = False
        if not good:
            return Response(400, responses.as_json({"error": "InvalidArgument"}))
        if len(addresses) > MAX_BATCH_SIZE:
            return Response(400, responses.as_json({"error": "TooManyRegistrationTokens"}))
        topics = self._send_endpoint.topics_of(project)
        results = [self._of_batch(topics, address, topic, subscribe=subscribe, at=at) for address in addresses]
        return Response(200, responses.as_json({"results": [{"error": error} if error else {} for error in results]}))

    def _of_batch(self, topics: Topics, address: Any, topic: str, *, subscribe: bool, at: float) -> str:
        """Change one subscription; return Google's name of the error, or an empty string."""
        if not isinstance(address, str) or not is_address(address):
            return "INVALID_ARGUMENT"
        if self._send_endpoint.plan.is_unregistered(address):
            return "NOT_FOUND"
        try:
            topics.subscribe(address, topic, at=at) if subscribe else topics.unsubscribe(address, topic)
        except TooManyTopics:
            return "TOO_MANY_TOPICS"
        return ""


def _found(project: str, address: str, topic: str, since: float) -> Response:
    return Response(200, responses.as_json(_as_dict(project, address, topic, since)))


def _as_dict(project: str, address: str, topic: str, since: float) -> dict[str, str]:
    return {
        "name": f"projects/{project}/registrations/{address}/topicSubscriptions/{topic}",
        "topicName": topic,
        "createTime": datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z"),
    }


def _list(topics: Topics, project: str, address: str, parameters: dict[str, str]) -> Response:
    size, start = (parameters.get(name) or "0" for name in ("pageSize", "pageToken"))
    if not (size.isdecimal() and start.isdecimal()):
        return responses.malformed("page_size", "Invalid page size or token.")
    end = int(start) + min(int(size) or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    own = list(topics.by_address.get(address, {}).items())
    document: dict[str, Any] = {
        "topicSubscriptions": [_as_dict(project, address, topic, since) for topic, since in own[int(start) : end]]
    }
    if end < len(own):
        document["nextPageToken"] = str(end)
    return Response(200, responses.as_json(document))
