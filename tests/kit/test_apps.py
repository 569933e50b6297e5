"""kit/apps: the companion on one page in Kotlin and in Swift, with the same steps in the same order as in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.kit import kotlin, node, swift

APPS = node.KIT / "apps"
STORY = Path(__file__).with_name("CompanionStory.kt")
#: The names of the steps, in the order of the files.
STEPS = ["show", "renew", "accept", "fetch", "kept", "withoutWithdrawn", "plan", "forget", "leave"]
#: Lines of "one page".
PAGE = 160


@pytest.mark.parametrize("name", ["kotlin/Companion.kt", "swift/Companion.swift"])
def test_each_is_one_page_with_the_steps_of_the_browsers(name: str) -> None:
    text = (APPS / name).read_text(encoding="utf-8")
    # Functions of the class, which stand four spaces in.
    own = text[re.search(r"^(?:final )?class Companion<", text, re.M).start() :]  # type: ignore[union-attr]
    steps = re.findall(r"^    (?:private )?fun[c]? (\w+)", own, re.M)

    assert steps == STEPS
    assert len(text.splitlines()) <= PAGE
    browser = (node.KIT / "companion/content.js").read_text(encoding="utf-8")
    there = re.findall(r"^(?:  (?:async )?#?|export function |async function )(\w+)\(.*\) \{$", browser, re.M)
    shared = [step for step in there if step in STEPS]
    assert shared == ["show", "renew", "accept", "kept", "withoutWithdrawn"]


@pytest.mark.services
def test_the_one_in_kotlin_compiles_and_takes_a_reader_through_a_week(tmp_path: Path) -> None:
    classes = kotlin.compile_into(tmp_path / "classes", APPS / "kotlin/Companion.kt", STORY)

    printed = kotlin.run_main("fingerpost.companion.CompanionStoryKt", classes=classes).splitlines()

    everything = "plan blackmail: gb-999, gb-line; plain, names-the-line"
    without_the_line = "plan blackmail: gb-999; plain"
    assert printed == [
        # The first start without a network, and then with one.
        "empty [offline]", "empty [offline]",
        "situations GB en []", f"{everything} []",
        # A day without a network, and a month later.
        "situations GB en [offline]", f"{everything} [offline]",
        "situations GB en [offline, old]",
        # An older manifest is refused, and the last good help stays.
        "situations GB en [kept-back]", f"{everything} [kept-back]",
        # A service is withdrawn, first by the manifest alone and then with a new pack.
        "situations GB en []", f"{without_the_line} []",
        "situations GB en []", f"{without_the_line} []",
        # Another country while there is no network: the earlier one stays, and its help is never shown for the other one.
        "situations GB en [offline]", f"{without_the_line} [offline]",
        "empty [offline]", "empty [offline]",
        # With a network. Its pack in the reader's language is kept back.
        "situations IE en []", f"{without_the_line} []",
        # The reader leaves: the help stays, and nothing that says who reads it.
        "neutral page", "kept IE en null null null", "situations IE en []",
        # Everything is forgotten.
        "neutral page", "empty []",
        "/v1/manifest/GB/en", "/v1/packs/GB/en/d7", "/v1/manifest/GB/en", "/v1/manifest/GB/en", "/v1/manifest/GB/en",
        "/v1/packs/GB/en/d8", "/v1/manifest/IE/ga", "/v1/packs/IE/en/d8",
    ]  # fmt: skip


@pytest.mark.services
@swift.needs_swift
def test_the_one_in_swift_compiles() -> None:
    swift.check(APPS / "swift/Companion.swift")
