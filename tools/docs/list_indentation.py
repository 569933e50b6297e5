"""Read lists as CommonMark and GitHub do: a nested item is indented by two spaces, not by four as Python-Markdown has it."""

from __future__ import annotations

from markdown import Markdown
from markdown.blockprocessors import CodeBlockProcessor, ListIndentProcessor, OListProcessor, UListProcessor
from markdown.extensions import Extension

_SPACES = 2
#: The processors that look at indentation, with their names and priorities in `markdown.blockprocessors.build_block_parser`.
_PROCESSORS = (
    (ListIndentProcessor, "indent", 90),
    (CodeBlockProcessor, "code", 80),
    (OListProcessor, "olist", 40),
    (UListProcessor, "ulist", 30),
)


class ListIndentation(Extension):  # type: ignore[misc]  # it has no types
    """Put processors of another indentation in the place of Python-Markdown's."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  Python-Markdown's name
        """Make the processors anew, because each one compiles its patterns when it is made."""
        md.tab_length = _SPACES
        for make_processor, name, priority in _PROCESSORS:
            processor = make_processor(md.parser)
            if isinstance(processor, OListProcessor):
                # Python-Markdown continues a numbered list with bullets that follow it, and the other way round.
                processor.SIBLING_TAGS = [processor.TAG]
            md.parser.blockprocessors.register(processor, name, priority)


def makeExtension(**options: object) -> ListIndentation:  # noqa: N802  Python-Markdown's name
    """Return the extension, as Python-Markdown asks a module for it."""
    return ListIndentation(**options)
