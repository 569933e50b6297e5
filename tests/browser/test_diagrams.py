"""The diagrams of the documents, drawn by Mermaid in Chromium; with --screenshots their files are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from tests.kit import node
from tools.docs.diagrams import FOLDER, Diagram, diagrams_in

pytestmark = pytest.mark.browser
TOOLS = node.ROOT / "tools/docs"
DOCS = node.ROOT / "docs"
SVG = "{http://www.w3.org/2000/svg}"
SOURCE = """stateDiagram-v2
    [*] --> proposed
    proposed --> approved: a
    proposed --> withdrawn: b
"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """Return a page that has Mermaid."""
    page = chromium.new_page()
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(path=node.installed(TOOLS) / "node_modules/mermaid/dist/mermaid.min.js")
    yield page
    page.close()


def drawn(page: Page, diagram: Diagram) -> str:
    return str(page.evaluate((TOOLS / "draw_diagram.js").read_text("utf-8"), diagram.source))


def test_a_picture_has_every_word_and_neither_styles_nor_scripts(page: Page) -> None:
    picture = ElementTree.fromstring(drawn(page, Diagram(SOURCE, "States")))

    assert ["".join(text.itertext()).strip() for text in picture.iter(f"{SVG}text")] == [
        *("a", "b", "proposed", "approved", "withdrawn")
    ]
    kinds = {one.tag.removeprefix(SVG) for one in picture.iter()}
    assert kinds <= {"svg", "g", "defs", "marker", "path", "rect", "circle", "ellipse", "polygon", "line", "text", "tspan"}
    names = {name for one in picture.iter() for name in one.attrib}
    assert not {name for name in names if name in ("style", "class", "href") or name.startswith("on")}


def test_the_pictures_of_the_documents_are_drawn(page: Page, request: pytest.FixtureRequest) -> None:
    wanted = {diagram.file: diagram for file in DOCS.rglob("*.md") for _, diagram in diagrams_in(file.read_text("utf-8"))}
    folder = DOCS / FOLDER
    if request.config.getoption("--screenshots"):
        folder.mkdir(exist_ok=True)
        for unused in {file.name for file in folder.iterdir()} - wanted.keys():
            (folder / unused).unlink()
        for name, diagram in wanted.items():
            (folder / name).write_text(drawn(page, diagram) + "\n", encoding="utf-8")

    assert {file.name for file in folder.iterdir()} == wanted.keys()
    for name in sorted(wanted)[:3]:
        assert words(folder / name) == words_of(drawn(page, wanted[name]))


def words(file: Path) -> list[str]:
    return words_of(file.read_text("utf-8"))


def words_of(picture: str) -> list[str]:
    return sorted(" ".join(text.itertext()) for text in ElementTree.fromstring(picture).iter(f"{SVG}text"))
