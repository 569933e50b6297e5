"""The files of the companion in kit/ by name: a module and all that it imports, and as static files what previews of it load."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

STYLE: Final = "companion/style.css"
#: What a preview begins with; the companion itself does not import it.
PREVIEW: Final = "companion/preview.js"
#: Where the files of a preview are below STATIC_URL.
PREFIX: Final = "kit"
#: A static import or export of another module of ours. Lines of comments do not begin so.
_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";', re.M)


def kit_folder() -> Path:
    """Return the folder that the names of files begin in."""
    return Path(settings.BASE_DIR) / "kit"


def modules(main: str) -> dict[str, bytes]:
    """Return by name the module and all that it imports: what a page needs, and nothing else of the kit."""
    found: dict[str, bytes] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = (kit_folder() / name).read_bytes()
        imported = _IMPORT.findall(found[name].decode())
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), one)) for one in imported]
    return found


class PreviewFinder(BaseFinder):
    """Find the style sheet and the modules of previews, for collectstatic and WhiteNoise.

    The console loads them as static files because its process serves no path of the companion (`core.served_paths`).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._storage = FileSystemStorage(location=kit_folder())
        # As Django's own finders do: it comes before each name.
        self._storage.prefix = PREFIX  # type: ignore[attr-defined]

    def check(self, **kwargs: Any) -> Any:
        """Return no messages: the finder has no settings."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file at a path below STATIC_URL; [] where there is none."""
        name = path.removeprefix(f"{PREFIX}/")
        if name == path or name not in _names():
            return []
        found = self._storage.path(name)
        return [found] if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield the name and the storage of each file."""
        for name in _names():
            yield name, self._storage


def _names() -> list[str]:
    return [STYLE, *sorted(modules(PREVIEW))]
