"""Campaign texts are plain: phones, the feed and the public page show every sign that is typed."""

from __future__ import annotations

import re
from dataclasses import replace

from content.linting.fault import Fault, Strength

#: Markdown for bold, italics, code, headings and quotations. A hyphen before each line of a list reads well as it is.
_MARKUP = re.compile(
    r"\*\*|__|`|^[ ]{0,3}(?:#{1,6}|>)[ ]|(?<!\w)\*(?=\S)[^*\n]{1,200}(?<=\S)\*(?!\w)|(?<!\w)_(?=\S)[^_\n]{1,200}(?<=\S)_(?!\w)",
    re.MULTILINE,
)
_HTML = "The text is shown as it is typed, so it cannot contain HTML or character entities."


def markup_faults(text: str) -> list[Fault]:
    """Return a fault for the first signs of Markdown."""
    found = _MARKUP.search(text)
    if found is None:
        return []
    signs = found.group().strip()
    detail = f"The text is shown as it is typed: “{signs}” would stay in it. Remove the signs for bold, headings or quotations."
    return [Fault("markup", detail, Strength.REFUSE, *found.span())]


def without_markdown(faults: list[Fault]) -> list[Fault]:
    """Return the same faults; that of HTML does not offer Markdown instead, as it does for tips."""
    return [replace(fault, detail=_HTML) if fault.code == "html" else fault for fault in faults]
