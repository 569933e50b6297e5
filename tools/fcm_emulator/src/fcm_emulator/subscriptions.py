"""Topic subscriptions: FCM's `projects.registrations.topicSubscriptions` and the older `iid/v1:batchAdd` and `batchRemove`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson

from fcm_emulator import answers, schema
from fcm_emulator.check import TOPIC, is_address
from fcm_emulator.exchange import Reply, Request
from fcm_emulator.fields import BadField
from fcm_emulator.sending import Sending
from fcm_emulator.topics import TooManyTopics, Topics

MOST_IN_A_BATCH = 1_000
LARGEST_PAGE = 2_000
USUAL_PAGE = 1_000

_PATH = re.compile(r"/v1/projects/([^/]+)/registrations/([^/]+)/topicSubscriptions(?:/([^/]+))?")
_BATCHES = {"/iid/v1:batchAdd": True, "/iid/v1:batchRemove": False}
_MALFORMED_ADDRESS = answers.error(
    400,
    "INVALID_ARGUMENT",
    "The registration is not a valid FID or registration token.",
    answers.fcm_error("INVALID_ARGUMENT"),
)
_MALFORMED_TOPIC = answers.unacceptable("topic_name", "Invalid topic name.")
_NOT_SUBSCRIBED = answers.error(404, "NOT_FOUND", "Topic subscription not found.")
_SUBSCRIBED = answers.error(409, "ALREADY_EXISTS", "Topic subscription already exists.")
_TOO_MANY = answers.error(429, "RESOURCE_EXHAUSTED", "The installation has too many topic subscriptions.")


class Subscriptions:
    """Answers requests about subscriptions."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending

    def answer(self, request: Request, path: str, query: str, *, at: float) -> Reply | None:
        """Return the reply, or None when the (still encoded) path is another method's."""
        if request.method == b"POST" and path in _BATCHES:
            return self._batch(request, subscribe=_BATCHES[path], at=at)
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        project, address, topic = (unquote(part) if part else "" for part in match.groups())
        if denied := self._sending.denied(project, request.headers.get(b"authorization"), at):
            return denied
        if not is_address(address):
            return _MALFORMED_ADDRESS
        if self._sending.plan.is_gone(address):
            return answers.PLANNED["UNREGISTERED"]
        asked = dict(parse_qsl(query))
        topics = self._sending.topics_of(project)
        if not topic and request.method == b"GET":
            return _list(topics, project, address, asked)
        topic = topic or asked.get("topic_name") or asked.get("topicName") or ""
        if not TOPIC.fullmatch(topic):
            return _MALFORMED_TOPIC
        return self._one(request, topics, (project, address, topic), named=match[3] is not None, asked=asked, at=at)

    def _one(
        self, request: Request, topics: Topics, name: tuple[str, str, str], *, named: bool, asked: dict[str, str], at: float
    ) -> Reply | None:
        project, address, topic = name
        missing_allowed = asked.get("allow_missing", asked.get("allowMissing")) == "true"
        since = topics.since(address, topic)
        if request.method == b"GET" and named:
            return _NOT_SUBSCRIBED if since is None else _found(project, address, topic, since)
        if request.method == b"DELETE" and named:
            gone = topics.unsubscribe(address, topic) or missing_allowed
            return Reply(200, answers.as_json({})) if gone else _NOT_SUBSCRIBED
        if (request.method, named) not in ((b"POST", False), (b"PATCH", True)):
            return None
        try:
            schema.subscription(orjson.loads(request.body or b"{}"))
        except BadField as bad:
            return answers.malformed(bad.path, bad.description)
        except orjson.JSONDecodeError:
            return answers.malformed("", "Invalid JSON payload received. Unexpected token.")
        if since is not None:
            return _found(project, address, topic, since) if named else _SUBSCRIBED
        if named and not missing_allowed:
            return _NOT_SUBSCRIBED
        try:
            topics.subscribe(address, topic, at=at)
        except TooManyTopics:
            return _TOO_MANY
        return _found(project, address, topic, at)

    def _batch(self, request: Request, *, subscribe: bool, at: float) -> Reply:
        project = self._sending.project_of(request.headers.get(b"authorization"), at)
        if project is None or request.headers.get(b"access_token_auth") != b"true":
            return Reply(401, answers.as_json({"error": "Unauthorized"}))
        try:
            document = orjson.loads(request.body)
            topic, addresses = document["to"].removeprefix("/topics/"), document["registration_tokens"]
            good = document["to"].startswith("/topics/") and TOPIC.fullmatch(topic) and isinstance(addresses, list) and addresses
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            good = False
        if not good:
            return Reply(400, answers.as_json({"error": "InvalidArgument"}))
        if len(addresses) > MOST_IN_A_BATCH:
            return Reply(400, answers.as_json({"error": "TooManyRegistrationTokens"}))
        topics = self._sending.topics_of(project)
        results = [self._of_batch(topics, address, topic, subscribe=subscribe, at=at) for address in addresses]
        return Reply(200, answers.as_json({"results": [{"error": error} if error else {} for error in results]}))

    def _of_batch(self, topics: Topics, address: Any, topic: str, *, subscribe: bool, at: float) -> str:
        """Change one subscription and return Google's word for why it could not be, or ""."""
        if not isinstance(address, str) or not is_address(address):
            return "INVALID_ARGUMENT"
        if self._sending.plan.is_gone(address):
            return "NOT_FOUND"
        try:
            topics.subscribe(address, topic, at=at) if subscribe else topics.unsubscribe(address, topic)
        except TooManyTopics:
            return "TOO_MANY_TOPICS"
        return ""


def _found(project: str, address: str, topic: str, since: float) -> Reply:
    return Reply(200, answers.as_json(_as_dict(project, address, topic, since)))


def _as_dict(project: str, address: str, topic: str, since: float) -> dict[str, str]:
    return {
        "name": f"projects/{project}/registrations/{address}/topicSubscriptions/{topic}",
        "topicName": topic,
        "createTime": datetime.fromtimestamp(since, UTC).isoformat().replace("+00:00", "Z"),
    }


def _list(topics: Topics, project: str, address: str, asked: dict[str, str]) -> Reply:
    size, start = (asked.get(name) or "0" for name in ("pageSize", "pageToken"))
    if not (size.isdecimal() and start.isdecimal()):
        return answers.malformed("page_size", "Invalid page size or token.")
    end = int(start) + min(int(size) or USUAL_PAGE, LARGEST_PAGE)
    own = list(topics.by_address.get(address, {}).items())
    document: dict[str, Any] = {
        "topicSubscriptions": [_as_dict(project, address, topic, since) for topic, since in own[int(start) : end]]
    }
    if end < len(own):
        document["nextPageToken"] = str(end)
    return Reply(200, answers.as_json(document))
