"""What is wrong with a page in one look or another: what axe finds, and whether the page fits its window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Most of axe's time is the report on nodes that keep its rules.
_ONLY_VIOLATIONS = {"resultTypes": ["violations"]}
#: A change of the colour scheme begins transitions, in the middle of which the contrast is too low.
_END_TRANSITIONS = "document.getAnimations().forEach(one => one instanceof CSSTransition && one.finish())"


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """Return the rules of axe that the page violates, each with its nodes."""
    return list(Axe().run(page, options=_ONLY_VIOLATIONS)["violations"])


def faults_of(page: Page, *where: object) -> list[tuple[object, ...]]:
    """Return what is wrong with the page, folded parts included; each fault begins with `where`."""
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found: list[tuple[object, ...]] = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append((*where, "wider than the window"))
    for violation in axe_violations(page):
        found.append((*where, violation["id"], [node["html"][:160] for node in violation["nodes"]][:3]))
    return found


def looks(page: Page, *, widths: tuple[int, ...] = (390, 1280)) -> Iterator[tuple[str, int]]:
    """Show a page that is open in each colour scheme and width, and yield both.

    It is not loaded again, because no script of the product reads either (`test_no_script_reads_the_look`).
    """
    for scheme in SCHEMES:
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.evaluate(_END_TRANSITIONS)
            yield scheme, width
