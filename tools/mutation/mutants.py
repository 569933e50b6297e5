"""The mutants of a module: each differs from it in one comparison, condition, constant, call or raise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One changed source, with the line, its text, and what was changed in it."""

    line: int
    text: str
    change: str
    source: str
    #: Qualified name of the function whose body holds the change; None for what is evaluated when the module is imported, and for
    #: a function with a cache, which may hold what the unchanged one returned.
    function: str | None


def mutants(source: str) -> list[Mutant]:
    """Return every mutant of a module in the order of its lines."""
    tree, lines = ast.parse(source), source.splitlines()
    functions = list(_functions(tree.body))
    found = [
        Mutant(
            line=node.lineno,
            text=lines[node.lineno - 1].strip(),
            change=f"{_short(ast.unparse(node))} → {_short(text)}",
            source=_replaced(source, node, text),
            function=next((name for name, first, last in functions if first <= node.lineno <= last), None),
        )
        for node in _mutable(tree)
        for text in _changes(node)
    ]
    return sorted(found, key=lambda one: (one.line, one.change))


def _functions(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, int, int]]:
    """Yield the qualified name of each function and method without a cache, with the first and last line of its body."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef) and not any("cache" in ast.unparse(one) for one in node.decorator_list):
            yield f"{prefix}{node.name}", node.body[0].lineno, node.end_lineno or node.lineno


def _mutable(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield the nodes that run when a function is called or the module is imported: no annotation, import or docstring."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from _mutable(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    return isinstance(node, ast.FunctionDef) and node.name == "__str__"


def _changes(node: ast.expr | ast.stmt) -> Iterator[str]:
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
            yield ast.unparse(ast.Compare(left, [_COMPARISONS[type(operator)]()], [right]))
        case ast.BoolOp(op=operator, values=values):
            yield ast.unparse(ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield ast.unparse(operand)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            yield ast.unparse(ast.BinOp(left, _ARITHMETIC[type(operator)](), right))
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield str(value + 1)
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield "pass"
        case ast.Return(value=ast.Name() | ast.Call() | ast.Attribute()):
            yield "return None"
        case _:
            return


def _replaced(source: str, node: ast.expr | ast.stmt, text: str) -> str:
    lines = source.encode().splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    before = b"".join(lines[: node.lineno - 1]) + lines[node.lineno - 1][: node.col_offset]
    after = lines[node.end_lineno - 1][node.end_col_offset :] + b"".join(lines[node.end_lineno :])
    changed = text.encode() if isinstance(node, ast.stmt) else f"({text})".encode()
    return (before + changed + after).decode()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}…"
