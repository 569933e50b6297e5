"""Files that staff send: kept in memory while the request lasts, and never written to a disk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler

from core.server import FILES, MAX_FILE_BODY


class StaffFileHandler(MemoryFileUploadHandler):
    """Takes files of up to MAX_FILE_BODY on the pages below FILES, and small ones elsewhere; a larger one is dropped."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: Any,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Decide by the size of the request whether its files are kept (Django calls this)."""
        of_staff = self.request is not None and self.request.path.startswith(FILES)
        self.activated = content_length <= (MAX_FILE_BODY if of_staff else settings.FILE_UPLOAD_MAX_MEMORY_SIZE)
