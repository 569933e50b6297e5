"""How the views become OpenAPI 3.1: their query serializers, and the problems that any of them can answer with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from api.http.errors import KINDS, MEDIA_TYPE
from api.v1.shapes import Problem

_ALWAYS = (400, 404, 406, 429, 503)
_WITH_BODY = (408, 411, 413, 415, 422)


class Auto(AutoSchema):
    """Describe a view of this API."""

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query", None)
        return [*getattr(self.view, "path_parameters", ()), *([query] if query is not None and query().fields else [])]

    def get_filter_backends(self) -> list[Any]:
        return []

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        problem = self.resolve_serializer(Problem(), "response").ref
        statuses = {*_ALWAYS, *getattr(self.view, "problems", ())}
        if "requestBody" in operation:
            statuses |= {*_WITH_BODY}
        if "security" in operation:
            statuses |= {401}
        if self.method == "GET" and "security" not in operation:
            operation["responses"]["304"] = {"description": "The client has these bytes: If-None-Match named their ETag."}
            statuses |= {412}
        for status in sorted(statuses):
            titles = " / ".join(kind.title for kind in KINDS.values() if kind.status == status)
            operation["responses"].setdefault(str(status), {"description": titles, "content": {MEDIA_TYPE: {"schema": problem}}})
        return operation


def path_text(name: str, pattern: str, most: int, description: str) -> OpenApiParameter:
    """Describe a segment of the path."""
    return OpenApiParameter(
        name,
        type={"type": "string", "pattern": f"^{pattern}$", "maxLength": most},
        location=OpenApiParameter.PATH,
        description=description,
    )


def close_requests(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say in the schema what Strict does: a field that is not listed is refused (a hook of drf-spectacular)."""
    for path in result["paths"].values():
        for operation in path.values():
            for body in operation.get("requestBody", {}).get("content", {}).values():
                name = body["schema"]["$ref"].rpartition("/")[2]
                result["components"]["schemas"][name]["additionalProperties"] = False
    return result
