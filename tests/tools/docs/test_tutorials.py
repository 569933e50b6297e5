"""The tutorials of the console name buttons and fields as the pages do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.docs.__main__ import ROOT
from tools.sandbox.demo_staff import STAFF

_LABEL = re.compile(r"(?<![*\w])\*(?!\*)([^*]+)\*(?![*\w])")
#: A word that is stressed, and names of languages, countries and the start page's link.
_NO_LABELS = frozenset({"Accepted", "the phones"})


def sources() -> str:
    """Return the text of everything that pages of the console are made from."""
    places = [ROOT / package for package in ("core", "content", "notifications", "api")]
    files = [file for place in places for kind in ("*.html", "*.py", "*.js") for file in place.rglob(kind)]
    return "\n".join(file.read_text("utf-8") for file in files if "migrations" not in file.parts)


@pytest.fixture(scope="module")
def shown() -> str:
    return re.sub(r"\s+", " ", sources())


@pytest.mark.parametrize("name", ["first-campaign", "first-translation"])
def test_every_label_of_a_tutorial_is_one_of_the_console(name: str, shown: str) -> None:
    text = re.sub(r"\s+", " ", (ROOT / "docs" / f"{name}.md").read_text("utf-8"))
    labels = set(_LABEL.findall(text)) - _NO_LABELS - STAFF.keys()

    assert len(labels) >= 5
    # Names of countries, languages and readers are put in when a page is shown.
    fixed = {re.sub("^English|parents$", "", label).strip() for label in labels - {"United Kingdom", "Welsh"}}
    assert sorted(label for label in fixed if label not in shown) == []


def test_the_people_of_the_tutorials_are_the_staff_of_the_sandbox() -> None:
    for name in ("first-campaign", "first-translation"):
        text = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        people = {label for label in _LABEL.findall(text) if re.fullmatch("[a-z]+", label)}
        assert len(people) == 2
        assert people <= STAFF.keys()


@pytest.mark.parametrize("name", ["tutorial", "first-operation", "first-inspection"])
def test_a_tutorial_without_the_console_has_a_sample_for_each_step(name: str) -> None:
    text = Path(ROOT / "docs" / f"{name}.md").read_text("utf-8")

    for step in text.split("\n## ")[1:-1]:
        assert "```sh\n" in step
