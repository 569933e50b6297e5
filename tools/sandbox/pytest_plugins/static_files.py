"""Look for the static files of the packages once in a process, and not for each of Django's test clients.

A client loads the middleware again, and WhiteNoise goes through some hundred files of all apps each time.
"""

from __future__ import annotations

from functools import wraps
from typing import Any


def find_static_files_once() -> None:
    """Let every instance of the middleware after the first have the files that the first one found."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    find = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    @wraps(find)
    def add(self: WhiteNoiseMiddleware) -> None:
        if not found:
            before, self.files = self.files, {}
            find(self)
            found.update(self.files)
            self.files = before
        self.files = {**self.files, **found}

    WhiteNoiseMiddleware.add_files_from_finders = add
