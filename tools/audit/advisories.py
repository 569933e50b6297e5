"""Known weaknesses of locked packages, from a stored file, so that the check needs no network; `refresh` reads OSV.

The file holds ranges of versions, as https://ossf.github.io/osv-schema/ gives them, so that it also judges versions that were
locked after it was read.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from tools.audit.locked import ROOT, LockedPackage

FILE: Final = ROOT / "requirements" / "advisories.json"
OSV: Final = "https://api.osv.dev"
#: Days after which the check says that the file is old.
OLD_AFTER: Final = 30
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Affected:
    """A locked package that an advisory affects."""

    package: LockedPackage
    advisory: dict[str, Any]

    def __str__(self) -> str:
        fixed = ", ".join(end for _, end in self.advisory["ranges"] if end) or "no version yet"
        return (
            f"{self.package.name} {self.package.version}: {self.advisory['id']} ({self.advisory['summary']}), fixed in {fixed}. "
            f"{self.advisory['url']}"
        )


def load(path: Path = FILE) -> dict[str, Any]:
    """Return the stored file."""
    stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return stored


def affected(packages: list[LockedPackage], stored: dict[str, Any]) -> Iterator[Affected]:
    """Yield what affects the packages and is not accepted in the file with a reason."""
    for package in packages:
        for advisory in stored["packages"].get(package.name, []):
            known_as = {advisory["id"], *advisory["aliases"]}
            if known_as.isdisjoint(stored["accepted"]) and _is_in(package.version, advisory["ranges"]):
                yield Affected(package, advisory)


def age_text(stored: dict[str, Any], *, today: date) -> str:
    """Say where the file is from and how old it is."""
    days = (today - date.fromisoformat(stored["read_on"])).days
    old = f" The file is older than {OLD_AFTER} days: run ./run audit --refresh." if days > OLD_AFTER else ""
    return f"Advisories of {stored['read_on']} ({days} days old), {stored['source']}.{old}"


def refresh(packages: list[LockedPackage], stored: dict[str, Any], *, today: date, service: str = OSV) -> dict[str, Any]:
    """Return the file with every advisory that the service has for the packages. Raises OSError if it does not answer."""
    found = {package.name: list(_from_osv(package.name, service)) for package in packages}
    return {
        "read_on": today.isoformat(),
        "source": f"from {service}",
        "accepted": stored["accepted"],
        "packages": {name: advisories for name, advisories in sorted(found.items()) if advisories},
    }


def write(stored: dict[str, Any], path: Path = FILE) -> None:
    """Write the file."""
    path.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _is_in(version: str, ranges: list[list[str | None]]) -> bool:
    here = Version(version)
    return any(
        (start in (None, "0") or here >= Version(str(start))) and (end is None or here < Version(end)) for start, end in ranges
    )


def _from_osv(name: str, service: str) -> Iterator[dict[str, Any]]:
    page: str | None = ""
    while page is not None:
        query = {"package": {"name": name, "ecosystem": "PyPI"}} | ({"page_token": page} if page else {})
        request = urllib.request.Request(  # noqa: S310  an address of ours
            f"{service}/v1/query", json.dumps(query).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            answer = json.load(response)
        for entry in answer.get("vulns", []):
            if not entry.get("withdrawn"):
                yield _stored_form(entry, name)
        page = answer.get("next_page_token")


def _stored_form(entry: dict[str, Any], name: str) -> dict[str, Any]:
    ranges = [
        span
        for affects in entry.get("affected", [])
        if canonicalize_name(affects["package"]["name"]) == name
        for given in affects.get("ranges", [])
        if given["type"] == "ECOSYSTEM"
        for span in _spans(given["events"])
    ]
    return {
        "id": entry["id"],
        "aliases": sorted(entry.get("aliases", [])),
        "summary": entry.get("summary", ""),
        "url": f"https://osv.dev/vulnerability/{entry['id']}",
        "ranges": ranges,
    }


def _spans(events: list[dict[str, str]]) -> Iterator[list[str | None]]:
    """Yield [first affected version, first fixed one or None] of a list of events."""
    start: str | None = None
    for event in events:
        if "introduced" in event:
            start = event["introduced"]
        elif "fixed" in event and start is not None:
            yield [start, event["fixed"]]
            start = None
        elif "last_affected" in event and start is not None:
            # The first version after it: PEP 440 sorts a post-release right behind its version.
            yield [start, f"{event['last_affected']}.post999999"]
            start = None
    if start is not None:
        yield [start, None]
