"""Each promise of the product has a test that bears its number and runs in `./run test`, without --all."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.sandbox.tiers import LEFT_OUT

TESTS = Path(__file__).resolve().parents[1]
PROMISES = range(1, 16)


def quick_promises(source: str) -> Iterator[int]:
    """Yield the number of the promise that each test holds, unless the test or its module has a marker that leaves it out."""
    module = ast.parse(source)
    assigned = [one for one in module.body if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == "pytestmark"]
    if _excludes(one.value for one in assigned):
        return
    tests = (one for one in module.body if isinstance(one, ast.FunctionDef) and not _excludes(one.decorator_list))
    yield from (int(number[1]) for test in tests if (number := re.match(r"test_promise_(\d+)_", test.name)))


def _excludes(markers: Iterable[ast.expr]) -> bool:
    return any(re.search(rf"\bmark\.({'|'.join(LEFT_OUT)})\b", ast.unparse(marker)) for marker in markers)


def test_every_promise_has_a_quick_test() -> None:
    held = {number for path in TESTS.rglob("test_*.py") for number in quick_promises(path.read_text(encoding="utf-8"))}

    assert set(PROMISES) - held == set()


def test_a_marker_of_the_test_or_of_its_module_takes_a_test_away() -> None:
    test = "def test_promise_3_x(): ..."

    assert list(quick_promises(test)) == [3]
    assert list(quick_promises(f"@pytest.mark.slow\n{test}")) == []
    assert list(quick_promises(f"@pytest.mark.parametrize('a', [1])\n{test}")) == [3]
    assert list(quick_promises(f"pytestmark = [pytest.mark.django_db, pytest.mark.faults]\n{test}")) == []
