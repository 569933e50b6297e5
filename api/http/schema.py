"""Describe the views in OpenAPI 3.1, with their query serializers and the problem documents that they can return."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from api.http.errors import KINDS, MEDIA_TYPE
from api.v1.shapes import ProblemSerializer

_COMMON = (400, 404, 406, 429, 503)
_WITH_BODY = (408, 411, 413, 415, 422)


class ApiSchema(AutoSchema):
    """The OpenAPI description of one view."""

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query", None)
        return [*getattr(self.view, "path_parameters", ()), *([query] if query is not None and query().fields else [])]

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        problem = self.resolve_serializer(ProblemSerializer(), "response").ref
        statuses = {*_COMMON, *getattr(self.view, "problems", ())}
        if "requestBody" in operation:
            statuses |= {*_WITH_BODY}
        if "security" in operation:
            statuses |= {401}
        if self.method == "GET" and "security" not in operation:
            operation["responses"]["304"] = {"description": "Not modified: If-None-Match names the current ETag."}
            statuses |= {412}
        for status in sorted(statuses):
            titles = " / ".join(kind.title for kind in KINDS.values() if kind.status == status)
            operation["responses"].setdefault(str(status), {"description": titles, "content": {MEDIA_TYPE: {"schema": problem}}})
        return operation


def path_parameter(name: str, pattern: str, max_length: int, description: str) -> OpenApiParameter:
    """Describe one path parameter."""
    return OpenApiParameter(
        name,
        type={"type": "string", "pattern": f"^{pattern}$", "maxLength": max_length},
        location=OpenApiParameter.PATH,
        description=description,
    )


def close_requests(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Mark request bodies as closed, because unknown fields are refused (a hook of drf-spectacular)."""
    for path in result["paths"].values():
        for operation in path.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                name = body["schema"]["$ref"].rpartition("/")[2]
                result["components"]["schemas"][name]["additionalProperties"] = False
    return result
