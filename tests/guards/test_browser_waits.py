"""A page is judged only after it has loaded: `click()` returns while the page before it is still there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from tests.processes import ROOT

#: What reads a page at once, without Playwright's waiting for an element.
_READ_AT_ONCE = frozenset({"axe_violations", "check", "faults", "faults_of", "looks"})


def _clicks_then_reads(tree: ast.AST) -> Iterator[int]:
    """Yield the lines of clicks that open a page, without waiting for it, directly before a page is read."""
    for block in (getattr(node, "body", None) for node in ast.walk(tree) if not isinstance(node, ast.With)):
        for statement, following in pairwise(block if isinstance(block, list) else []):
            called = statement.value.func if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) else None
            if not isinstance(called, ast.Attribute) or called.attr != "click":
                continue
            if {_name(call) for call in ast.walk(following) if isinstance(call, ast.Call)} & _READ_AT_ONCE:
                yield statement.lineno


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_a_page_is_judged_only_after_a_click_has_opened_it() -> None:
    found = {
        f"{path.name}:{line}"
        for path in sorted((ROOT / "tests" / "browser").glob("*.py"))
        for line in _clicks_then_reads(ast.parse(path.read_text()))
    }
    assert found == set(), "use follow() of tests/browser/conftest.py"


def test_a_check_directly_after_a_click_is_found() -> None:
    assert list(_clicks_then_reads(ast.parse("def f():\n    page.link.click()\n    found += faults_of(page)\n"))) == [2]
    assert list(_clicks_then_reads(ast.parse("def f():\n    follow(page.link)\n    check(page)\n"))) == []
