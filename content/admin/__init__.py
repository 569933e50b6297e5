"""The console's pages about words, helplines and releases."""

from content.admin import amending, numbers, releases, services, sources, tips, waiting, words

__all__ = ["amending", "numbers", "releases", "services", "sources", "tips", "waiting", "words"]
