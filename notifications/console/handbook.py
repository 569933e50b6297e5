"""The help of the console for campaign staff: the document docs/campaign-staff.md as a page, with a search and its glossary.

Each console page about campaigns links to its own section. There is one text: the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import nh3
from django.conf import settings
from django.urls import reverse_lazy
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from markdown_it import MarkdownIt

from core.console.pages import HELP, Page, page
from notifications.console.rights import CAMPAIGN_STAFF

#: Sections for those who work on the command line or on the server.
_LEFT_OUT: Final = frozenset({"from-the-command-line"})
_TAGS = {"p", "ul", "ol", "li", "strong", "em", "code", "table", "thead", "tbody", "tr", "th", "td", "br"}
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_HEADING = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")

#: URL name of a page → its section.
SECTIONS: Final = {
    "campaigns": "campaigns",
    "campaign": "from-a-draft-to-the-phones",
    "campaign-new": "write-a-campaign",
    "campaign-edit": "the-tasks",
    "campaign-purpose": "the-tasks",
    "campaign-who": "the-tasks",
    "campaign-words": "two-texts-in-each-language",
    "campaign-text": "two-texts-in-each-language",
    "campaign-text-for": "other-texts-for-some-readers",
    "campaign-phones": "on-the-phones",
    "campaign-help": "the-tasks",
    "campaign-when": "from-a-draft-to-the-phones",
    "campaign-check": "the-tasks",
    "campaign-translators": "ask-the-translators",
    "campaign-translate": "ask-the-translators",
    "campaign-test": "test-phones",
    "campaign-read": "approve",
    "campaign-approve": "approve",
    "campaign-live": "the-live-page",
    "campaign-stop": "the-live-page",
    "campaign-correct": "correct-or-recall",
    "campaign-report": "report",
    "campaign-history": "history",
    "history": "history",
    "calendar": "calendar",
    "test-phones": "test-phones",
    "programmes": "programmes",
    "programme": "programmes",
    "programme-approve": "programmes",
    "programme-stop": "programmes",
    "stop-everything": "the-live-page",
}


@dataclass(frozen=True)
class HelpSection:
    """One section of the document."""

    id: str
    title: str
    #: 2 for a section, 3 for a part of one.
    level: int
    html: SafeString
    #: Its words without markup, in lower case.
    text: str


@page("help/", "help", order=66)
class HandbookPage(Page):
    """All sections, or those that hold a word (?word=)."""

    template_name = "notifications/help.html"
    title = "Guide"
    menu = "Guide"
    menu_permissions = CAMPAIGN_STAFF
    actions = {}

    def context(self) -> dict[str, Any]:
        word = self.request.GET.get("word", "").strip()
        found = [section for section in sections() if word.casefold() in section.text]
        return {"word": word, "sections": found, "contents": found if word else sections()}


@cache
def sections() -> tuple[HelpSection, ...]:
    """Return the sections of the document, in order."""
    document = (settings.BASE_DIR / "docs" / "campaign-staff.md").read_text("utf-8")
    parts = _HEADING.split(document)
    found = [_section(len(mark), title, body) for mark, title, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)]
    return tuple(section for section in found if section.id not in _LEFT_OUT)


def _section(level: int, title: str, body: str) -> HelpSection:
    words = _LINK.sub(r"\1", _IMAGE.sub("", body))
    html = nh3.clean(_markdown.render(words), tags=_TAGS, attributes={})
    return HelpSection(
        id=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        title=title,
        level=level,
        html=mark_safe(html),  # noqa: S308  our own document, sanitised
        text=f"{title} {nh3.clean(html, tags=set())}".casefold(),
    )


HELP.update({name: format_lazy("{}#{}", reverse_lazy("admin:help"), section) for name, section in SECTIONS.items()})
