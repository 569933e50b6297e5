"""Style sheets and templates use logical properties, so that a page laid out from right to left needs no second style sheet."""

from __future__ import annotations

import re

import pytest

from tests.processes import ROOT

#: Physical properties and values; https://www.w3.org/TR/css-logical-1/ has a logical one for each.
PHYSICAL = {
    "a physical margin, padding or border": re.compile(r"(?:margin|padding|border)-(?:left|right)\b"),
    "a physical corner": re.compile(r"border-(?:top|bottom)-(?:left|right)-radius"),
    "a physical alignment": re.compile(r"(?:text-align|float|clear)\s*:\s*(?:left|right)\b"),
    "a physical place": re.compile(r"(?<![-\w])(?:left|right)\s*:"),
}
OWN = [*ROOT.glob("*/static/**/*.css"), *ROOT.glob("*/templates/**/*.html"), *ROOT.glob("kit/companion/*.css")]


def findings(text: str) -> list[str]:
    return [f"{what}: {match.group()}" for what, pattern in PHYSICAL.items() for match in pattern.finditer(text)]


def test_no_style_sheet_or_template_is_bound_to_one_direction() -> None:
    assert len(OWN) > 50
    found = {str(path.relative_to(ROOT)): faults for path in OWN if (faults := findings(path.read_text("utf-8")))}

    assert found == {}


@pytest.mark.parametrize(
    "rule",
    [
        "p { margin-left: 0 }",
        "p { text-align: right; }",
        "p { border-top-left-radius: 2px }",
        "p { left: 0 }",
        "p { float:left }",
    ],
)
def test_the_guard_finds_each_kind(rule: str) -> None:
    assert findings(rule) != []


def test_the_guard_leaves_logical_rules_alone() -> None:
    assert findings("p { margin-inline-start: 1rem; text-align: start; inset-inline: 0; float: inline-start }") == []
