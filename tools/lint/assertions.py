"""Find assertions and filters that pass for any behaviour of the code under test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tools.lint.words import Finding


def vacuous_checks(trees: Mapping[str, ast.Module]) -> list[Finding]:
    """Return the assertions and filters of these files that cannot fail, or that pass silently when their subject is missing.

    `assert not x or y` is among them: it passes where `x` is empty, which is how a check of the wrong key passes for years.
    Where it is meant, an `if x:` around `assert y` beside an assertion about `x` says so.
    """
    return [Finding(path, line, text) for path, tree in trees.items() for line, text in _in_file(tree)]


def _in_file(tree: ast.Module) -> Iterator[tuple[int, str]]:
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Assert(test=test, msg=message):
                if reason := _cannot_fail(test, functions):
                    yield node.lineno, f"assert {ast.unparse(test)}: {reason}"
                if isinstance(message, ast.Compare | ast.BoolOp) or (
                    isinstance(message, ast.Constant) and not isinstance(message.value, str)
                ):
                    yield node.lineno, f"assert …, {ast.unparse(message)}: the part after the comma is only a message"
            case ast.ListComp(generators=loops) | ast.SetComp(generators=loops) | ast.GeneratorExp(generators=loops):
                yield from _filters(loops, functions)
            case ast.DictComp(generators=loops):
                yield from _filters(loops, functions)
            case ast.ExceptHandler(type=ast.Name(id="AssertionError"), body=[ast.Pass()]):
                yield node.lineno, "except AssertionError: pass: the assertions inside cannot fail the test"
            case ast.With(items=[ast.withitem(ast.Call(func=ast.Name(id="suppress"), args=[ast.Name(id=name), *_]))], body=body):
                if name in ("AssertionError", "Exception", "BaseException") and _asserts(body):
                    yield node.lineno, f"suppress({name}): the assertions inside cannot fail the test"


def _filters(loops: list[ast.comprehension], functions: set[str]) -> Iterator[tuple[int, str]]:
    for loop in loops:
        for test in loop.ifs:
            if (reason := _always_true(test, functions)) is not None:
                yield test.lineno, f"… if {ast.unparse(test)}: {reason}"


def _cannot_fail(test: ast.expr, functions: set[str]) -> str | None:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        for part in test.values:
            if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.Not):
                return (
                    "passes without looking at the rest where the first part is missing; use `if` and assert the first part too"
                )
    return _always_true(test, functions)


def _always_true(test: ast.expr, functions: set[str]) -> str | None:  # noqa: C901, PLR0912  a case for each form
    """Return why the expression is always true, or None if its form does not show that it is."""
    match test:
        case ast.Constant(value=value) if value:
            return "a constant is always true"
        case ast.Tuple(elts=[_, *_]) | ast.List(elts=[_, *_]) | ast.Set() | ast.Dict(keys=[_, *_]) | ast.JoinedStr():
            return "a display that is not empty is always true"
        case ast.GeneratorExp() | ast.Lambda():
            return "a generator or lambda is always true; `all(…)`, `any(…)` or a call is meant"
        case ast.Name(id=name) if name in functions:
            return "a function is always true; a call is meant"
        case ast.BoolOp(op=ast.Or(), values=parts):
            if any(_always_true(part, functions) for part in parts):
                return "one part is always true"
        case ast.BoolOp(op=ast.And(), values=parts):
            if all(_always_true(part, functions) for part in parts):
                return "every part is always true"
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)) if not value:
            return "a constant is always true"
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE() | ast.GtE()], comparators=[right]):
            if ast.dump(left) == ast.dump(right) and _is_plain(left):
                return "both sides are the same expression"
            return _length_is_never_negative(left, test.ops[0], right)
        case ast.Call(func=ast.Name(id="all"), args=[ast.List(elts=[]) | ast.Tuple(elts=[])]):
            return "`all` of nothing is true"
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return "everything is an object"
    return None


def _asserts(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.Assert) for statement in body for node in ast.walk(statement))


def _is_plain(node: ast.expr) -> bool:
    """Return whether the expression has no call; comparing a call with itself may be the point of a test."""
    return not any(isinstance(part, ast.Call | ast.Await) for part in ast.walk(node))


def _length_is_never_negative(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str | None:
    match left, operator, right:
        case ast.Call(func=ast.Name(id="len")), ast.GtE(), ast.Constant(value=0):
            return "a length is never negative"
        case ast.Constant(value=0), ast.LtE(), ast.Call(func=ast.Name(id="len")):
            return "a length is never negative"
    return None
