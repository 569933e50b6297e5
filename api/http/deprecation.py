"""Announce that an operation will be removed: Deprecation (RFC 9745), Sunset (RFC 8594) and a link to what replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.http import http_date

#: For how long at least an operation still works after its removal was announced (docs/versioning.md).
NOTICE = timedelta(days=365)


@dataclass(frozen=True)
class Deprecation:
    """From when on an operation is deprecated, when it is removed, and the page that says what to use instead."""

    since: datetime
    removal: datetime
    page: str

    def __post_init__(self) -> None:
        if self.removal - self.since < NOTICE:
            raise ValueError(f"an operation works for at least {NOTICE.days} days after its removal was announced")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of each response of the operation."""
        return [
            ("Deprecation", f"@{int(self.since.timestamp())}"),
            ("Sunset", http_date(self.removal.timestamp())),
            ("Link", f'<{self.page}>; rel="deprecation"; type="text/html"'),
        ]
