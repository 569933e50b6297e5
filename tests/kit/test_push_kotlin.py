"""kit/push/kotlin: the handler compiles without a warning, and does what every fixture for Android says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.kit import kotlin
from tests.kit.test_push_fixtures import FIXTURES, KIT

pytestmark = pytest.mark.services
MAIN = "fingerpost.push.PushFixturesTestKt"
FOR_ANDROID = sorted(name for name, fixture in FIXTURES.items() if fixture["phone"]["platform"] == "android")


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = KIT / "kotlin"
    output = tmp_path_factory.mktemp("kotlin") / "classes"
    return kotlin.compile_into(output, folder / "PushHandler.kt", folder / "PushFixturesTest.kt")


def test_the_handler_in_kotlin_does_what_every_fixture_says(classes: Path) -> None:
    printed = kotlin.run_main(MAIN, KIT / "fixtures", classes=classes)

    assert printed.splitlines() == [f"{len(FOR_ANDROID)} fixtures, 0 failed"]
    assert len(FOR_ANDROID) > 10


def test_a_handler_that_does_something_else_is_named(classes: Path, tmp_path: Path) -> None:
    fixture = FIXTURES["update-android"]
    shutil.copytree(KIT / "fixtures", tmp_path / "fixtures")
    wrong = fixture | {"expect": fixture["expect"] | {"unregister": True}}
    (tmp_path / "fixtures/update-android.json").write_text(json.dumps(wrong), encoding="utf-8")

    with pytest.raises(AssertionError, match=r"update-android\.json[^$]*1 failed"):
        kotlin.run_main(MAIN, tmp_path / "fixtures", classes=classes)
