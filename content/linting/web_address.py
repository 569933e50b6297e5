"""The rules for a web address that readers open: plain https, a public name, and no letters that pass for others."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from content.linting.letters import script

#: Printable ASCII without what RFC 3986, section 2, leaves out of a URL: quotes, angle brackets, braces, backslash, ^, ` and |.
_PLAIN = re.compile(r"""[!#-;=?-\[\]_a-z~]+""")
#: Labels of letters, digits and hyphens; the last one holds a letter, so that no number in any notation is a host.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
#: Four numbers in a row: services for tests answer for 127.0.0.1.example with that very address.
_NUMBERS = re.compile(r"(?:^|[.-])(?:\d{1,3}[.-]){3}\d{1,3}(?:[.-]|$)")
#: Scripts with whole alphabets of letters that look Latin.
_LOOK_LATIN = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})


def url_faults(url: str) -> list[str]:
    """Return what is wrong with a web address: at most one sentence."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [f"{url!r} is not an https address."]
    if not url.startswith("https://") or not parts.hostname or "." not in parts.hostname:
        return [f"{url!r} is not an https address."]
    if parts.username is not None or parts.password is not None or not _PLAIN.fullmatch(url):
        return [f"{url!r} must be plain ASCII without spaces, quotes, brackets, user name or password."]
    if port is not None or parts.netloc.endswith(":"):
        return [f"{url!r} names a port. An address for readers has none."]
    host = parts.hostname
    if not _HOST.fullmatch(host) or _NUMBERS.search(host):
        return [f"{host!r} is not the name of a public website."]
    if deceptive := next(filter(_is_deceptive, host.split(".")), ""):
        return [f"{deceptive!r} in {url!r} shows letters that look like others."]
    return []


def _is_deceptive(label: str) -> bool:
    """Return whether a label in Punycode mixes scripts, or is in one whose letters look Latin."""
    if not label.startswith("xn--"):
        return False
    try:
        text = label.encode("ascii").decode("idna")
    except UnicodeError:
        return True
    scripts = {found for found in map(script, text) if found}
    return len(scripts) != 1 or bool(scripts & _LOOK_LATIN)
