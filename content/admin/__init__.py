"""The console's pages about words, helplines and releases."""

from content.admin import (
    amending,
    desk,
    lapsed,
    notices,
    numbers,
    organizations,
    releases,
    services,
    sources,
    tips,
    waiting,
    words,
)

__all__ = [
    "amending",
    "desk",
    "lapsed",
    "notices",
    "numbers",
    "organizations",
    "releases",
    "services",
    "sources",
    "tips",
    "waiting",
    "words",
]
