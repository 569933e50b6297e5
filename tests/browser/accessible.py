"""What is wrong with a page in one look or another: what axe finds, and whether the page fits its window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Run axe and return the violations alone: much of its time would otherwise be the report on nodes that keep its rules.
#: A document that has passed every rule, with the same parts shown in the same places, is only looked at for its colours, by the
#: rules that were run and have that tag. What any other finds depends on the document and on what of it is shown.
_VIOLATIONS = """async () => {
  const shown = [...document.querySelectorAll('*')].map(one => {
    const box = one.getBoundingClientRect();
    return [box.x + scrollX, box.y + scrollY, box.width, box.height].map(Math.round).join();
  });
  const seen = innerWidth + document.documentElement.outerHTML + shown.join(' ');
  window.passedByAxe ??= new Set();
  const options = {resultTypes: ['violations']};
  if (window.passedByAxe.has(seen)) options.runOnly = {type: 'rule', values: window.rulesOfColours};
  const found = await axe.run(options);
  if (!options.runOnly) {
    const all = [...found.violations, ...found.passes, ...found.incomplete, ...found.inapplicable];
    window.rulesOfColours = all.filter(rule => rule.tags.includes('cat.color')).map(rule => rule.id);
    if (!found.violations.length) window.passedByAxe.add(seen);
  }
  return found.violations;
}"""
#: A change of the colour scheme begins transitions, in the middle of which the contrast is too low.
_END_TRANSITIONS = "document.getAnimations().forEach(one => one instanceof CSSTransition && one.finish())"


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """Return the rules of axe that the page violates, each with its nodes."""
    # Half a megabyte of script, once for each document.
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_VIOLATIONS)
    return found


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
