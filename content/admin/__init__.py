"""The console's pages about words, helplines and releases."""

from content.admin import numbers, releases, services, sources, tips, waiting, words

__all__ = ["numbers", "releases", "services", "sources", "tips", "waiting", "words"]
