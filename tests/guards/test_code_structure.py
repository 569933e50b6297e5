"""Imports go one way, a class name has one meaning, and an assertion can fail."""

from __future__ import annotations

import pytest

from tools.lint.assertions import vacuous_checks
from tools.lint.identifiers import repeated_classes
from tools.lint.imports import Import, cycles, imports, points_up
from tools.lint.sources import Sources, parsed
from tools.lint.words import identifier_findings


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Return the checkout."""
    found = Sources.in_folder()
    assert len(found.product) > 150
    return found


@pytest.fixture(scope="module")
def found(sources: Sources) -> list[Import]:
    """Return the imports of the product."""
    return imports(sources.product_trees)


def test_no_import_cycle_has_more_than_two_files(found: list[Import]) -> None:
    assert cycles(found, larger_than=2) == []


def test_no_import_points_up(found: list[Import]) -> None:
    assert len(found) > 1000
    assert [one for one in found if points_up(one)] == []


def test_at_most_ten_class_names_are_used_twice(sources: Sources) -> None:
    repeated = repeated_classes(sources.product_trees)

    assert len(repeated) <= 10, repeated


def test_a_class_name_used_twice_is_a_serializer_beside_its_model(sources: Sources) -> None:
    for name, paths in repeated_classes(sources.product_trees).items():
        kinds = ["serializer" if path.startswith("api/") else "model" if "/models/" in path else "other" for path in paths]
        assert sorted(kinds) == ["model", "serializer"], (name, paths)


# `./run lint` looks for them too, and it takes seven seconds.
@pytest.mark.slow
def test_no_identifier_has_a_banned_word(sources: Sources) -> None:
    others = (path for path in sources.texts if not path.endswith(".py"))

    assert [str(one) for one in identifier_findings(parsed(sources.python()), others)] == []


def test_no_assertion_or_filter_holds_whatever_happens(sources: Sources) -> None:
    assert [str(one) for one in vacuous_checks(parsed(sources.python("tests", "tools")))] == []
