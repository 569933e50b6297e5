"""kit/apps: the companion on one page in Kotlin and in Swift, with the same steps in the same order as in the browser."""

from __future__ import annotations

import re

import pytest

from tests.kit import node

APPS = node.KIT / "apps"
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
