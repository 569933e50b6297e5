"""The names that Python files define: classes, functions, arguments, variables, attributes and the files themselves."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: Django finds each management command by this name.
REQUIRED_BY_DJANGO = frozenset({"Command"})

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True)
class Identifier:
    """A name, and the line that defines it."""

    name: str
    path: str
    line: int


def identifiers(path: str, tree: ast.Module) -> Iterator[Identifier]:
    """Yield the names that the file defines, its own name first, but not the names that it only uses."""
    yield Identifier(path.rpartition("/")[2].removesuffix(".py"), path, 1)
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield Identifier(name, path, node.lineno)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield Identifier(name, path, node.lineno)
            case ast.alias(asname=str(name)):
                yield Identifier(name, path, node.lineno)


def words_of(name: str) -> list[str]:
    """Return the words of an identifier in lower case: both `fast_lane` and `FastLane` are `fast` and `lane`."""
    return [word.lower() for word in _WORD.findall(name)]


def repeated_classes(trees: Mapping[str, ast.Module]) -> dict[str, list[str]]:
    """Return, for each name of several top-level classes, the files that define them."""
    places: dict[str, list[str]] = {}
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name not in REQUIRED_BY_DJANGO:
                places.setdefault(node.name, []).append(path)
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def any_mappings(files: Mapping[str, str]) -> Counter[str]:
    """Count, by file, the annotations `dict[str, Any]` and `Mapping[str, Any]`."""
    pattern = re.compile(r"\b(?:dict|Mapping)\[str, Any\]")
    return Counter({path: count for path, text in files.items() if (count := len(pattern.findall(text)))})
