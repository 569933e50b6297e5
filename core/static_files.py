"""Serve static files, and the documentation where DOCS_DIR names the folder that `./run docs` has written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware

_PREFIX = "docs/"


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """WhiteNoise, with a second folder that may appear or be replaced while the process runs.

    Its responses have the same Content-Security-Policy as all others: the site has no inline script and no inline style.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        #: Modification time of the folder that was read last, in nanoseconds; 0 before the first.
        self._written = 0

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file, or leave the request to the next middleware."""
        if settings.DOCS_DIR and f"{request.path_info}/".startswith(f"/{_PREFIX}"):
            self._look_again()
        response: HttpResponseBase = super().__call__(request)
        return response

    def _look_again(self) -> None:
        """Read the folder again if it has been written since; `./run docs` touches the first page last."""
        try:
            written = os.stat(Path(settings.DOCS_DIR) / "index.html").st_mtime_ns
        except OSError:
            return
        if written == self._written:
            return
        for url in [url for url in self.files if url.startswith(f"/{_PREFIX}")]:
            self.files.pop(url, None)
        self.index_file = "index.html"
        self.add_files(settings.DOCS_DIR, prefix=_PREFIX)
        self._written = written
