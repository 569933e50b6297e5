"""The diagrams of the documents: Mermaid in the Markdown files, where GitHub draws them, and files of SVG for the site.

Mermaid draws in a browser, with inline styles that the server's policy refuses, so the site has pictures that were drawn before
(`tests/browser/test_diagrams.py`). A picture is named by the digest of its source: one that is out of date is never shown.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: The pictures, below docs/.
FOLDER = "diagrams"
_BLOCK = re.compile(r"^```mermaid\n(.*?)^```$", re.M | re.S)
_HEADING = re.compile(r"^#+ (.+)$", re.M)
#: What a diagram says of itself, in Mermaid's syntax (https://mermaid.js.org/config/accessibility.html).
_DESCRIPTION = re.compile(r"^\s*accDescr: (.+)$", re.M)
_SIZE = re.compile(r'<svg\b[^>]*? width="(\d+)" height="(\d+)"')


class NotDrawn(Exception):
    """A diagram has no picture yet, or has changed since it was drawn."""

    def __init__(self, diagram: Diagram) -> None:
        super().__init__(
            f"The diagram below “{diagram.heading}” is not drawn, or has changed since. "
            "Draw it: ./run test --all tests/browser/test_diagrams.py --screenshots"
        )


@dataclass(frozen=True)
class Diagram:
    """A diagram of a document."""

    #: In Mermaid's language.
    source: str
    #: The heading that it stands below.
    heading: str

    @property
    def file(self) -> str:
        """Return the name of its picture."""
        return f"{hashlib.sha256(self.source.encode()).hexdigest()[:16]}.svg"

    @property
    def text(self) -> str:
        """Return what somebody gets who does not see it."""
        described = _DESCRIPTION.search(self.source)
        return described[1] if described else f"Diagram: {self.heading}. The text below it says the same."


def diagrams_in(markdown: str) -> Iterator[tuple[re.Match[str], Diagram]]:
    """Yield the diagrams of a document, each with its place."""
    for block in _BLOCK.finditer(markdown):
        headings = _HEADING.findall(markdown, 0, block.start())
        yield block, Diagram(block[1], headings[-1] if headings else "Diagram")


def with_pictures(markdown: str, *, docs: Path, up: str) -> str:
    """Return the document with an image for each diagram; `up` leads from its page to the root of the site. Raises NotDrawn."""
    for block, diagram in reversed([*diagrams_in(markdown)]):
        picture = docs / FOLDER / diagram.file
        if not picture.exists():
            raise NotDrawn(diagram)
        size = _SIZE.search(picture.read_text(encoding="utf-8"))
        assert size, f"{picture} has no size"
        image = (
            f'<img class="diagram" src="{up}{FOLDER}/{diagram.file}" width="{size[1]}" height="{size[2]}" '
            f'alt="{html.escape(diagram.text)}">'
        )
        markdown = f"{markdown[: block.start()]}<p>{image}</p>{markdown[block.end() :]}"
    return markdown
