"""Describe the views in OpenAPI 3.1: parameters, headers, examples, and the problem documents that they can return."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from api.http.errors import KINDS, MEDIA_TYPE
from api.v1.shapes import ProblemSerializer

# 411: any request may come in chunks, also one that needs no body.
_COMMON = (400, 404, 406, 411, 429, 503)
_WITH_BODY = (408, 413, 415, 422)
#: Characters of a summary, which lists of operations show.
_MAX_SUMMARY = 100

#: Headers of responses, by name; operations refer to them.
HEADERS = {
    "Cache-Control": "How long the response may be kept (RFC 9111). `no-store`: not at all.",
    "Content-Language": "BCP 47 tag of the locale served; several for a list of alerts in several languages.",
    "Content-Location": "The URL of this representation, which names the locale, where that differs from the requested URL.",
    "Deprecation": "From when on the operation is deprecated (RFC 9745), such as `@1764547200`. Absent: it is not.",
    "ETag": "Strong validator of the body, for If-None-Match. Each content coding has its own.",
    "Location": "The URL of what was created.",
    "Retry-After": "Seconds after which to try again, or an HTTP date.",
    "Sunset": "When a deprecated operation is removed (RFC 8594), at least twelve months after its deprecation. Absent: never.",
    "Vary": "The request headers that the response depends on.",
    "WWW-Authenticate": "`Bearer` where the registration's secret is missing, `AppCheck` for an App Check token.",
}
_IF_NONE_MATCH = "ETags of the copies that the client has, as a list, or `*`; 304 without a body if one of them is current."
_ACCEPT_LANGUAGE = (
    "The reader's languages in their order, as RFC 9110 writes them. The best locale in the same language and script is served."
)
#: A value of each parameter for which the operation succeeds in the sandbox; views may have others of their own.
EXAMPLES: dict[str, Any] = {
    "Accept-Language": "cy-GB, en-GB;q=0.9",
    "alert_id": "1",
    "app": "teen",
    "audience": "teen",
    "before": "2099-01-01T00:00:00Z",
    "code": "not-found",
    "country": "GB",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "format": "json",
    "full": True,
    "If-None-Match": '"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
    "language": "cy",
    "locale": "cy",
    "minimal": False,
    "open_now": False,
    "page": 1,
    "paper": "a4",
    "per_page": 50,
    "region": "GB-WLS",
    "registration_id": "3f2b8c1e-5d7a-4e60-9c3b-8a1f6d2e4b90",
    "role": "helpline",
    "service_id": "gb-childline",
    "slug": "first-hour",
    "time_zone": "Europe/London",
}


class ApiSchema(AutoSchema):
    """The OpenAPI description of one view."""

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query", None)
        return [*getattr(self.view, "path_parameters", ()), *([query] if query is not None and query().fields else [])]

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_summary(self) -> str:
        """Return the first clause of the description, which is the view's docstring."""
        first = self.get_description().strip().split("\n")[0]
        for end in (". ", "; ", ": ", ", "):
            if len(first) <= _MAX_SUMMARY:
                break
            first = first.partition(end)[0]
        return first.partition(". ")[0].removesuffix(".")

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        problem = self.resolve_serializer(ProblemSerializer(), "response").ref
        statuses = {*_COMMON, *getattr(self.view, "problems", ()), *getattr(self.view, "problems_of", {}).get(self.method, ())}
        if "requestBody" in operation:
            statuses |= {*_WITH_BODY}
        if "security" in operation:
            statuses |= {401}
        if self._is_read():
            operation["responses"]["304"] = {"description": "Not modified: If-None-Match names the current ETag."}
            statuses |= {412}
        for status in sorted(statuses):
            titles = " / ".join(kind.title for kind in KINDS.values() if kind.status == status)
            operation["responses"].setdefault(str(status), {"description": titles, "content": {MEDIA_TYPE: {"schema": problem}}})
        self._add_headers(operation)
        self._add_examples(operation)
        return operation

    def is_deprecated(self) -> bool:
        """Return whether the view is to be removed."""
        return getattr(self.view, "deprecation", None) is not None

    def _is_read(self) -> bool:
        """Return whether the response may be stored; one for a single installation may not."""
        return self.method == "GET" and not self.get_auth() and "GET" not in getattr(self.view, "attested_methods", ())

    def _by_language(self, operation: dict[str, Any]) -> bool:
        """Return whether Accept-Language decides where the request names no locale."""
        named = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
        return (self._is_read() and "locale" in named) or getattr(self.view, "negotiates_language", False)

    def _add_headers(self, operation: dict[str, Any]) -> None:
        """Add the headers of requests and responses that clients use; each one is sent only where it applies."""
        by_language = self._by_language(operation)
        parameters = operation.setdefault("parameters", [])
        if self._is_read():
            parameters.append(_header("If-None-Match", _IF_NONE_MATCH))
        if by_language:
            parameters.append(_header("Accept-Language", _ACCEPT_LANGUAGE))
        for status, response in operation["responses"].items():
            names = {"Cache-Control"}
            if status.startswith("2"):
                names |= {"Deprecation", "Sunset"}
                if self._is_read():
                    names |= {"ETag", "Vary"}
                if by_language or "{locale}" in self.path:
                    names |= {"Content-Language", "Content-Location"}
            names |= {"201": {"Location"}, "304": {"ETag"}, "401": {"WWW-Authenticate"}}.get(status, set())
            names |= {"Retry-After"} if status in {"429", "503"} else set()
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}
        if not parameters:
            del operation["parameters"]

    def _add_examples(self, operation: dict[str, Any]) -> None:
        """Give every parameter and the body a value for which the operation succeeds."""
        own = getattr(self.view, "examples", {})
        for parameter in operation.get("parameters", ()):
            parameter["example"] = own.get(parameter["name"], EXAMPLES.get(parameter["name"]))
        if "requestBody" in operation:
            for body in operation["requestBody"]["content"].values():
                body["example"] = own[self.method]


def path_parameter(name: str, pattern: str, max_length: int, description: str) -> OpenApiParameter:
    """Describe one path parameter."""
    return OpenApiParameter(
        name,
        type={"type": "string", "pattern": f"^{pattern}$", "maxLength": max_length},
        location=OpenApiParameter.PATH,
        description=description,
    )


def describe_headers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the headers that operations refer to (a hook of drf-spectacular)."""
    result["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()
    }
    return result


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": description}
