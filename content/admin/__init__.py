"""The console's pages about words, helplines and releases."""

from content.admin import amending, desk, lapsed, numbers, organizations, releases, services, sources, tips, waiting, words

__all__ = [
    "amending",
    "desk",
    "lapsed",
    "numbers",
    "organizations",
    "releases",
    "services",
    "sources",
    "tips",
    "waiting",
    "words",
]
