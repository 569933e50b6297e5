"""The import graph: what counts as an import, what is a cycle, and what points up."""

from __future__ import annotations

import ast

import pytest

from tools.lint.imports import Import, cycles, imports, layer_of, points_up


def graph(**files: str) -> list[Import]:
    trees = {f"{name.replace('__', '/')}.py": ast.parse(code) for name, code in files.items()}
    return imports(trees)


def edges(found: list[Import]) -> set[tuple[str, str]]:
    return {(one.importer, one.imported) for one in found}


def test_imports_of_modules_names_and_neighbours_count() -> None:
    found = graph(
        app__a="import app.b\nfrom app import c\nfrom app.d import name\nfrom . import b\nfrom .c import other\nimport json",
        app__b="",
        app__c="",
        app__d="",
    )

    assert edges(found) == {("app.a", "app.b"), ("app.a", "app.c"), ("app.a", "app.d")}


def test_imports_inside_functions_count_and_are_marked() -> None:
    found = graph(a="import b\ndef f():\n    import c\nclass K:\n    def g(self):\n        from c import name", b="", c="")

    assert [(one.imported, one.line, one.in_function) for one in found] == [("b", 1, False), ("c", 3, True), ("c", 6, True)]


def test_imports_for_type_checking_alone_do_not_count() -> None:
    found = graph(a="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\nelse:\n    import c", b="", c="")

    assert edges(found) == {("a", "c")}


def test_a_cycle_is_found_however_long_and_its_followers_are_not_in_it() -> None:
    names = [f"m{number}" for number in range(1500)]
    ring = {name: f"import after\nimport m{(number + 1) % len(names)}" for number, name in enumerate(names)}

    (found,) = cycles(graph(**ring, before="import m0", after=""))

    assert found == sorted(names)


def test_cycles_of_two_can_be_left_out() -> None:
    found = graph(a="import b", b="import a", c="import d", d="import e", e="import c")

    assert cycles(found) == [["c", "d", "e"], ["a", "b"]]
    assert cycles(found, larger_than=2) == [["c", "d", "e"]]


@pytest.mark.parametrize(
    ("importer", "imported", "up"),
    [
        ("content.models.release", "content.publishing.publish", True),
        ("content.publishing.publish", "content.models.release", False),
        ("content.models.release", "content.models.pack", False),
        ("core.states", "api.urls", True),
        ("notifications.delivery.worker", "content.console.tips", False),
        ("notifications.models.campaign", "notifications.campaigns.progress", True),
        ("core.states", "json", False),
    ],
)
def test_an_import_points_up_from_a_lower_layer_to_a_higher_one(importer: str, imported: str, up: bool) -> None:
    assert points_up(Import(importer, imported, 1, in_function=True)) is up


def test_the_longest_name_decides_the_layer() -> None:
    assert layer_of("content.models.release") == layer_of("content.models")
    assert layer_of("content.something_new") == layer_of("content")
    assert layer_of("elsewhere") is None
