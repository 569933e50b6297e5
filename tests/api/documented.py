"""Which statuses the contract names for an operation, to compare with what the tests of the API receive."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

_CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
#: Statuses that belong to no operation: a method that the path does not have, and a fault of ours.
_OF_NO_OPERATION = frozenset({405, 500})


def undocumented(method: str, route: str, status: int) -> bool:
    """Return whether the contract has this operation, by the method and Django's route, and does not name the status."""
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    named = _statuses().get((path, "get" if method == "HEAD" else method.lower()))
    return named is not None and status not in named | _OF_NO_OPERATION


@cache
def _statuses() -> dict[tuple[str, str], frozenset[int]]:
    paths = yaml.load(_CONTRACT.read_bytes(), Loader=yaml.CSafeLoader)["paths"]
    return {
        (path, method): frozenset(int(status) for status in operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
