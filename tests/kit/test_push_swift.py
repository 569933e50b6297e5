"""kit/push/swift: the handler compiles without a warning, and does what every fixture for iOS says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.kit import node, swift
from tests.kit.test_push_fixtures import FIXTURES, KIT

pytestmark = [pytest.mark.services, swift.needs_swift]
HANDLER, TESTS = (KIT / "swift" / name for name in ("PushHandler.swift", "PushFixturesTests.swift"))
MAIN = """import XCTest
XCTMain([testCase([("testEveryFixtureForIOS", PushFixturesTests.testEveryFixtureForIOS)])])
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("swift")
    (folder / "main.swift").write_text(MAIN)
    return swift.compile_into(folder / "tests", HANDLER, TESTS, folder / "main.swift")


def run(program: Path, fixtures: Path) -> str:
    return node.run("env", f"FIXTURES={fixtures}", program)


def test_the_handler_in_swift_does_what_every_fixture_says(program: Path) -> None:
    printed = run(program, KIT / "fixtures")

    assert "Executed 1 test, with 0 failures" in printed
    assert sum(fixture["phone"]["platform"] == "ios" for fixture in FIXTURES.values()) > 5


def test_a_handler_that_does_something_else_is_named(program: Path, tmp_path: Path) -> None:
    fixture = FIXTURES["cancel-ios"]
    shutil.copytree(KIT / "fixtures", tmp_path / "fixtures")
    wrong = fixture | {"expect": fixture["expect"] | {"unregister": True}}
    (tmp_path / "fixtures/cancel-ios.json").write_text(json.dumps(wrong), encoding="utf-8")

    with pytest.raises(AssertionError, match=r"cancel-ios\.json"):
        run(program, tmp_path / "fixtures")


def test_the_handler_and_its_tests_are_free_of_warnings() -> None:
    swift.check(HANDLER, TESTS)
