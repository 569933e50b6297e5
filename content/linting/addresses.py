"""Addresses, links, pictures and HTML: none of them is words."""

from __future__ import annotations

import re
from collections.abc import Collection

from content.linting.fault import Fault

_SCHEME = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]*:/{2}|(?:tel|sms|smsto|mailto|javascript|data|whatsapp|tg|intent):\S)", re.IGNORECASE
)
_WWW = re.compile(r"\bwww\.\w", re.IGNORECASE)
_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
#: Two letters or more on either side, so that "e.g." and "z.B." are words; a missing space after a full stop is caught too.
_HOST = re.compile(r"\b[\w-]{2,}(?:\.[\w-]{2,})*\.[^\W\d_]{2,}\b")
_MARKDOWN_LINK = re.compile(r"\]\s*[(\[]|^\s*\[[^\]]+\]:", re.MULTILINE)
_HTML = re.compile(r"<\s*[a-z/!?]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]+);", re.IGNORECASE)


def address_faults(text: str, *, allowed_hosts: Collection[str]) -> list[Fault]:
    """Find addresses, links, pictures, HTML and character entities (which could spell any of them)."""
    faults = []
    if "![" in text:
        faults.append(Fault("image", "A picture is never part of a text."))
    if _HTML.search(text) or _ENTITY.search(text):
        faults.append(Fault("html", "HTML and character entities are not part of a text; Markdown is."))
    hosts = [match.group() for match in _HOST.finditer(text) if match.group().lower() not in allowed_hosts]
    found = [match.group() for pattern in (_SCHEME, _WWW, _MAILBOX) for match in pattern.finditer(text)] + hosts
    if found:
        faults.append(
            Fault("address", f"{found[0]!r} looks like an address. Addresses are facts: name the service by its token.")
        )
    if _MARKDOWN_LINK.search(text):
        faults.append(Fault("link", "A text holds no links: name the service by its token."))
    return faults
