"""The one door for bodies: JSON objects only, small, shallow and unambiguous; nothing that PostgreSQL could not store."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from django.http import UnreadablePostError
from rest_framework.exceptions import APIException, UnsupportedMediaType
from rest_framework.parsers import BaseParser

#: Bytes of a request body; the largest honest one is under 2 KiB.
MOST_BYTES = 64 * 1024
#: Levels of arrays and objects.
MOST_LEVELS = 16

#: Seconds for the whole body. One client that sends a byte a minute must not keep a worker from everybody else.
MOST_SECONDS = 5.0

_CHUNK = 16 * 1024
_readers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="body")
# A whole string is one step, so that brackets inside strings do not count. The closing quote is optional, because a string
# that never ends would otherwise be tried again from each of its quotes: 9 s for 64 KiB.
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(APIException):
    """The body is not the JSON object that was expected."""

    status_code = 400
    default_detail = "The body is not valid JSON."
    default_code = "unreadable-body"


class TooLarge(APIException):
    """The body is larger than any request needs to be."""

    status_code = 413
    default_detail = f"The body is larger than {MOST_BYTES // 1024} KiB."
    default_code = "body-too-large"


class TooSlow(APIException):
    """The body did not arrive in time."""

    status_code = 408
    default_detail = f"The body did not arrive within {MOST_SECONDS:.0f} s."
    default_code = "body-too-slow"


class LengthRequired(APIException):
    """The body came without saying how long it is."""

    status_code = 411
    default_detail = "Send Content-Length; a body in chunks is not read."
    default_code = "length-required"


class StrictJSONParser(BaseParser):
    """Parse application/json in UTF-8 into a dict, or refuse with 400, 411, 413 or 415."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        check_media_type(media_type or self.media_type)
        meta = (parser_context or {})["request"].META if parser_context else {}
        if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
            raise UnsupportedMediaType(media_type or "", detail="A compressed body is not read; send it as it is.")
        return loads(read(stream, announced=meta.get("CONTENT_LENGTH")))


def check_media_type(media_type: str) -> None:
    """Refuse (415) parameters that would change how the bytes are read; only charset=utf-8 may stand."""
    for parameter in media_type.split(";")[1:]:
        if parameter.strip().lower().replace('"', "").replace(" ", "") not in {"", "charset=utf-8"}:
            raise UnsupportedMediaType(media_type[:80], detail="Only application/json in UTF-8 is read.")


def read(stream: Any, *, announced: str | None) -> bytes:
    """Read at most MOST_BYTES within MOST_SECONDS; a longer body is refused without being held in memory.

    The server's own read waits for the client and knows no deadline, so it waits in a thread of its own: it ends when the
    server closes the connection after our answer.
    """
    if announced and announced.isdigit() and int(announced[:12]) > MOST_BYTES:
        raise TooLarge()
    try:
        return _readers.submit(_drain, stream).result(timeout=MOST_SECONDS)
    except FutureTimeout:
        raise TooSlow() from None


def _drain(stream: Any) -> bytes:
    held = bytearray()
    try:
        while chunk := stream.read(_CHUNK):
            held += chunk
            if len(held) > MOST_BYTES:
                raise TooLarge()
    except UnreadablePostError:
        raise Unreadable("The body ended before its announced length.") from None
    return bytes(held)


def loads(body: bytes) -> dict[str, Any]:
    """Turn bytes into a dict; refuse what is not plain, unambiguous JSON (Unreadable)."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("The body is not UTF-8.") from None
    _check_depth(text)
    try:
        value = _decoder.decode(text)
    except (ValueError, RecursionError):
        # The parser's own message would repeat parts of the body.
        raise Unreadable() from None
    if not isinstance(value, dict):
        raise Unreadable("The body must be a JSON object.")
    if "\\u" in text:
        # UTF-8 holds no half of a character, and JSON no NUL as it is: either comes only in this spelling.
        _check_text(value)
    return value


def _check_depth(text: str) -> None:
    # Before parsing: json recurses, and 60,000 brackets must cost no more than sixteen.
    if text.count("[") + text.count("{") <= MOST_LEVELS:
        return
    depth = 0
    for match in _TOKENS.finditer(text):
        mark = match[0]
        if mark in "[{":
            depth += 1
            if depth > MOST_LEVELS:
                raise Unreadable(f"The body is nested more than {MOST_LEVELS} levels deep.")
        elif mark in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("A field is given twice.")
    return found


def _refuse_constant(name: str) -> None:
    raise Unreadable(f"{name} is not a JSON value.")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise Unreadable("A number is too large.")
    return number


def _whole(text: str) -> int:
    # A number of thousands of digits costs quadratic time to convert.
    if len(text) > 20:
        raise Unreadable("A number is too large.")
    return int(text)


# json.loads would make one for every body.
_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise Unreadable("A text holds a NUL or half of a character.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
