"""The import graph of the product: which file imports which, where, and which imports point up."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from tools.lint.sources import ROOT


@dataclass(frozen=True)
class Import:
    """One import of one module by another."""

    importer: str
    imported: str
    line: int
    in_function: bool


def module_name(path: str) -> str:
    """Return the dotted name of a file: `content/models/__init__.py` is `content.models`."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(trees: Mapping[str, ast.Module]) -> list[Import]:
    """Return every import between the given files, including those inside functions, excluding those for type checking only.

    `from package import name` counts for the module `package.name` if there is one, else for the package.
    """
    modules = {module_name(path): path for path in trees}
    found = []
    for name, path in modules.items():
        package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
        for node, in_function in _import_nodes(trees[path], in_function=False):
            for target in _targets(node, package, modules):
                if target != name:
                    found.append(Import(name, target, node.lineno, in_function))
    return found


def _import_nodes(node: ast.AST, *, in_function: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, in_function
        return
    inside = in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    only_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    for child in node.orelse if isinstance(node, ast.If) and only_types else ast.iter_child_nodes(node):
        yield from _import_nodes(child, in_function=inside)


def _targets(node: ast.Import | ast.ImportFrom, package: str, modules: Mapping[str, str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name in modules:
                yield alias.name
        return
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])
    for alias in node.names:
        name = f"{base}.{alias.name}"
        if name in modules:
            yield name
        elif base in modules:
            yield base


def cycles(found: list[Import], *, larger_than: int = 1) -> list[list[str]]:
    """Return the strongly connected groups of more than `larger_than` modules, the largest first (Tarjan's algorithm)."""
    graph: dict[str, set[str]] = {}
    for one in found:
        graph.setdefault(one.importer, set()).add(one.imported)
        graph.setdefault(one.imported, set())
    components = [sorted(component) for component in _components(graph) if len(component) > larger_than]
    return sorted(components, key=lambda component: (-len(component), component))


def _components(graph: Mapping[str, set[str]]) -> list[list[str]]:  # noqa: C901  one algorithm, as Tarjan wrote it
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[list[str]] = []

    for start in sorted(graph):
        if start in index:
            continue
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        # Not recursive: a chain of imports may be longer than Python's stack.
        work = [(start, iter(sorted(graph[start])))]
        while work:
            node, successors = work[-1]
            following = next(successors, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    components.append(component)
            elif following not in index:
                index[following] = low[following] = len(index)
                stack.append(following)
                on_stack.add(following)
                work.append((following, iter(sorted(graph[following]))))
            elif following in on_stack:
                low[node] = min(low[node], index[following])
    return components


@cache
def layers() -> tuple[tuple[str, ...], ...]:
    """Return the layers of import-linter's contracts in pyproject.toml, the lowest first.

    A module may import from its own layer and from those before it. Modules that a contract does not name form the top layer.
    """
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    ordered = [
        contract["layers"] for contract in contracts if contract["type"] == "layers" and contract["name"].startswith("Each ")
    ]
    packages, inside = ordered[0], {rows[0].partition(".")[0]: rows for rows in ordered[1:]}
    found: list[tuple[str, ...]] = []
    for package in reversed(packages):
        found += [tuple(part.strip() for part in row.split("|")) for row in reversed(inside.get(package, []))]
        found.append((package,))
    return tuple(found)


def layer_of(module: str) -> int | None:
    """Return the position of the module's layer, 0 being the lowest; None for a module outside the packages."""
    best: tuple[int, int] | None = None
    for position, names in enumerate(layers()):
        for name in names:
            if (module == name or module.startswith(f"{name}.")) and (best is None or len(name) > best[0]):
                best = (len(name), position)
    return best[1] if best else None


def points_up(one: Import) -> bool:
    """Return whether the import goes from a layer to a higher one."""
    importer, imported = layer_of(one.importer), layer_of(one.imported)
    return importer is not None and imported is not None and importer < imported
