"""Addresses, links, images and HTML in texts."""

from __future__ import annotations

import re
from collections.abc import Collection

from content.linting.fault import Fault

_SCHEME = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*:/{2}|(?:tel|sms|smsto|mailto|javascript|data|whatsapp|tg|intent):\S)", re.IGNORECASE
)
_WWW = re.compile(r"\bwww\.\w", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
#: Two letters or more on both sides, so that "e.g." and "z.B." pass. This also finds a missing space after a full stop.
_HOST = re.compile(r"\b[\w-]{2,}(?:\.[\w-]{2,})*\.[^\W\d_]{2,}\b")
_MARKDOWN_LINK = re.compile(r"\]\s*[(\[]|^\s*\[[^\]]+\]:", re.MULTILINE)
_HTML = re.compile(r"<\s*[a-z/!?]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]+);", re.IGNORECASE)


def address_faults(text: str, *, allowed_hosts: Collection[str]) -> list[Fault]:
    """Return a fault for addresses, links, images, HTML and character entities, which could spell any of them."""
    faults = []
    if "![" in text:
        faults.append(Fault("image", "A text cannot contain images."))
    if _HTML.search(text) or _ENTITY.search(text):
        faults.append(Fault("html", "A text cannot contain HTML or character entities; use Markdown."))
    hosts = [match.group() for match in _HOST.finditer(text) if match.group().lower() not in allowed_hosts]
    found = [match.group() for pattern in (_SCHEME, _WWW, _MAILBOX) for match in pattern.finditer(text)] + hosts
    if found:
        faults.append(
            Fault("address", f"{found[0]!r} looks like an address. An address is a fact, so name its service by a token instead.")
        )
    if _MARKDOWN_LINK.search(text):
        faults.append(Fault("link", "A text cannot contain links; name the service by its token."))
    return faults
