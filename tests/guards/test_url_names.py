"""Every URL name in a source file or template exists, and takes as many arguments as it is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "config", "content", "core", "notifications", "tests")
_URL_TAG = re.compile(r"""\{%\s*url\s+(['"])(?P<name>[^'"]+)\1(?P<arguments>[^%]*)%\}""")

#: File, line, URL name, and the number of arguments (None: not written out).
Use = tuple[str, int, str, int | None]


def uses_in_python() -> Iterator[Use]:
    """Yield every `reverse` call whose name is a literal."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "reverse"):
                    continue
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    yield str(path.relative_to(ROOT)), node.lineno, name.value, _arguments(node)


def _arguments(call: ast.Call) -> int | None:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "args" in given:
        value = given["args"]
        if isinstance(value, ast.List | ast.Tuple) and not any(isinstance(item, ast.Starred) for item in value.elts):
            return len(value.elts)
        return None
    if "kwargs" in given:
        value = given["kwargs"]
        return len(value.keys) if isinstance(value, ast.Dict) else None
    return 0


def uses_in_templates() -> Iterator[Use]:
    """Yield every `{% url %}` tag whose name is a literal."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.html")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                for found in _URL_TAG.finditer(line):
                    arguments = found["arguments"].split(" as ")[0].split()
                    yield str(path.relative_to(ROOT)), number, found["name"], len(arguments)


def known_names() -> dict[str, set[int]]:
    """Return each URL name (with its namespace) and the numbers of arguments it can take."""
    names: dict[str, set[int]] = {}

    def add(resolver: URLResolver, prefix: str) -> None:
        for name in (key for key in resolver.reverse_dict if isinstance(key, str)):
            for possibilities, *_ in resolver.reverse_dict.getlist(name):
                names.setdefault(prefix + name, set()).update(len(parameters) for _, parameters in possibilities)
        for namespace, (_, nested) in resolver.namespace_dict.items():
            add(nested, f"{prefix}{namespace}:")

    add(get_resolver(), "")
    return names


@pytest.mark.parametrize("uses", [uses_in_python, uses_in_templates])
def test_every_url_name_exists_with_its_arguments(uses: Callable[[], Iterator[Use]]) -> None:
    known, found = known_names(), list(uses())

    assert len(found) > 50
    assert [use for use in found if use[2] not in known] == []
    assert [use for use in found if use[3] is not None and use[3] not in known[use[2]]] == []
