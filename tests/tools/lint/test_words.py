"""Banned words are found in whatever an identifier is, as whole words of it."""

from __future__ import annotations

import ast

import pytest

from tools.lint.identifiers import any_mappings, identifiers, repeated_classes, words_of
from tools.lint.words import banned_in, identifier_findings


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fast_lane", ["fast", "lane"]),
        ("FastLane", ["fast", "lane"]),
        ("_ask", ["ask"]),
        ("HTTPReply2", ["http", "reply"]),
        ("test_one_two", ["test", "one", "two"]),
    ],
)
def test_an_identifier_is_split_into_words(name: str, words: list[str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize("name", ["crank", "FastLane", "leaves_enough", "_leave_no_back_door", "DESKS", "test_whoever_asks"])
def test_a_banned_word_is_found(name: str) -> None:
    assert banned_in(name)


@pytest.mark.parametrize("name", ["booked_until", "planet", "indoor", "told_you"[5:], "test_a_worker_may_leave_at_any_time"])
def test_other_words_are_left_alone(name: str) -> None:
    assert banned_in(name) == []


def test_every_kind_of_definition_is_an_identifier_and_a_use_is_not() -> None:
    code = """
import os as an_alias
class AClass:
    a_field: int = 1
def a_function(an_argument, *, a_keyword, **the_rest):
    a_variable = used_name.used_attribute
    self.an_attribute = 1
    for a_loop in used_call(used_keyword=1): pass
    if (a_walrus := 1): pass
    with used_context as a_context: pass
    return [a_comprehension for a_comprehension in used_list]
async def a_coroutine(): ...
"""
    names = {one.name for one in identifiers("app/a_file.py", ast.parse(code))}

    assert not {name for name in names if name.startswith("used")}
    assert {name for name in names if name.startswith("a")} == {
        *("an_alias", "a_field", "a_function", "an_argument", "a_keyword", "a_variable", "an_attribute", "a_loop"),
        *("a_walrus", "a_context", "a_comprehension", "a_coroutine", "a_file"),
    }
    assert {"AClass", "the_rest"} <= names


def test_a_finding_says_where_and_what_to_write() -> None:
    found = identifier_findings({"app/fast.py": ast.parse("\nlane = 1")}, iter(["docs/the-desk.md", "docs/queue.md"]))

    assert [str(one) for one in found] == [
        "app/fast.py:2: 'lane': for 'lane' write the path",
        "docs/the-desk.md:1: 'the-desk': for 'desk' write the queue, the page",
    ]


def test_class_names_that_stand_twice_are_given_with_their_files() -> None:
    trees = {
        "a.py": ast.parse("class Tip: ...\nclass Own: ..."),
        "b.py": ast.parse("class Tip: ...\ndef f():\n    class Own: ..."),
    }

    assert repeated_classes(trees) == {"Tip": ["a.py", "b.py"]}


def test_untyped_mappings_are_counted_by_file() -> None:
    files = {"a.py": "x: dict[str, Any]\ny: Mapping[str, Any]", "b.py": "z: dict[str, int]"}

    assert any_mappings(files) == {"a.py": 2}
