"""Parse request bodies: JSON objects only, small, shallow, unambiguous, and storable in PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import UnreadablePostError
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from core.server import APP_BODY_SECONDS, BodyTimeout

#: Bytes of a request body; the largest legitimate one is under 2 KiB.
MAX_BYTES = 64 * 1024
#: Nested arrays and objects.
MAX_DEPTH = 16

_CHUNK = 16 * 1024
# A whole string is one match, so that brackets in strings do not count. The closing quote is optional: an unterminated
# string would otherwise be tried again from each quote in it, which takes 9 s for 64 KiB.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(APIException):
    """The body is not the JSON object that the resource expects."""

    status_code = 400
    default_detail = "The body is not valid JSON."
    default_code = "unreadable-body"


class TooLarge(APIException):
    """The body is larger than any legitimate request."""

    status_code = 413
    default_detail = f"The body is larger than {MAX_BYTES // 1024} KiB."
    default_code = "body-too-large"


class TooSlow(APIException):
    """The body did not arrive in time."""

    status_code = 408
    default_detail = f"The body did not arrive within {APP_BODY_SECONDS:.0f} s. Send the request again."
    default_code = "body-too-slow"


class LengthRequired(APIException):
    """The request has a body but no Content-Length."""

    status_code = 411
    default_detail = "Send the body with Content-Length; chunked bodies are not supported."
    default_code = "length-required"


class UnsupportedBody(UnsupportedMediaType):
    """The body is encoded in a way that is not supported."""


class StrictJSONParser(BaseParser):
    """Parse application/json in UTF-8 into a dict, or refuse with 400, 408, 413 or 415."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        check_media_type(media_type or self.media_type)
        meta = (parser_context or {})["request"].META if parser_context else {}
        if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
            raise UnsupportedBody(media_type or "", detail="Compressed bodies are not supported. Send the body uncompressed.")
        return loads(read(stream, announced=meta.get("CONTENT_LENGTH")))


def check_media_type(media_type: str) -> None:
    """Raise UnsupportedBody (415) for any media type parameter except charset=utf-8."""
    for parameter in media_type.split(";")[1:]:
        if parameter.strip().lower().replace('"', "").replace(" ", "") not in {"", "charset=utf-8"}:
            raise UnsupportedBody(media_type[:80], detail="Send the body as application/json in UTF-8.")


def read(stream: Any, *, announced: str | None) -> bytes:
    """Read at most MAX_BYTES. Raises TooLarge, without holding the whole body in memory, or TooSlow.

    `core.server` has received the body already, or given it up at its deadline.
    """
    if announced and announced.isdigit() and int(announced[:12]) > MAX_BYTES:
        raise TooLarge()
    held = bytearray()
    try:
        while chunk := stream.read(_CHUNK):
            held += chunk
            if len(held) > MAX_BYTES:
                raise TooLarge()
    except UnreadablePostError as error:
        if isinstance(error.__cause__, BodyTimeout):
            raise TooSlow() from None
        raise Unreadable("The body is shorter than its Content-Length.") from None
    return bytes(held)


def loads(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises Unreadable for invalid, ambiguous or unstorable input."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("The body is not valid UTF-8.") from None
    _check_depth(text)
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        # The parser's own message would repeat parts of the body.
        raise Unreadable() from None
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    if "\\u" in text:
        # Valid UTF-8 contains no unpaired surrogate, and JSON no literal NUL: both can only come from an escape.
        _check_text(value)
    return value


def _check_depth(text: str) -> None:
    # Before parsing: json recurses, and 60,000 brackets must cost no more than sixteen.
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _TOKENS.finditer(text):
        bracket = match[0]
        if bracket in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(f"The body is nested more than {MAX_DEPTH} levels deep.")
        elif bracket in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("An object contains a duplicate key.")
    return found


def _refuse_constant(name: str) -> None:
    raise Unreadable(f"{name} is not a JSON value.")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Unreadable("A number is too large.")
    return number


def _whole(text: str) -> int:
    # Converting a number of thousands of digits takes quadratic time.
    if len(text) > 20:
        raise Unreadable("A number is too large.")
    return int(text)


# json.loads would build a decoder for every body.
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise Unreadable("A string contains NUL or an unpaired surrogate.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
