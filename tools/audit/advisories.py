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

from tools.audit.locked import NPM, PYPI, ROOT, LockedPackage
from tools.audit.versions import is_in, next_version

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
        for advisory in stored["packages"][package.ecosystem].get(package.name, []):
            known_as = {advisory["id"], *advisory["aliases"]}
            if known_as.isdisjoint(stored["accepted"]) and is_in(package.version, advisory["ranges"], package.ecosystem):
                yield Affected(package, advisory)


def age_text(stored: dict[str, Any], *, today: date) -> str:
    """Say where the file is from and how old it is."""
    days = (today - date.fromisoformat(stored["read_on"])).days
    old = f" The file is older than {OLD_AFTER} days: run ./run audit --refresh." if days > OLD_AFTER else ""
    return f"Advisories of {stored['read_on']} ({days} days old), {stored['source']}.{old}"


def refresh(packages: list[LockedPackage], stored: dict[str, Any], *, today: date, service: str = OSV) -> dict[str, Any]:
    """Return the file with every advisory that the service has for the packages. Raises OSError if it does not answer."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {PYPI: {}, NPM: {}}
    # A package of npm may be locked at several versions.
    for ecosystem, name in sorted({(package.ecosystem, package.name) for package in packages}):
        if advisories := list(_from_osv(name, ecosystem, service)):
            found[ecosystem][name] = advisories
    return {"read_on": today.isoformat(), "source": f"from {service}", "accepted": stored["accepted"], "packages": found}


def write(stored: dict[str, Any], path: Path = FILE) -> None:
    """Write the file."""
    path.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _from_osv(name: str, ecosystem: str, service: str) -> Iterator[dict[str, Any]]:
    page: str | None = ""
    while page is not None:
        query = {"package": {"name": name, "ecosystem": ecosystem}} | ({"page_token": page} if page else {})
        request = urllib.request.Request(  # noqa: S310  an address of ours
            f"{service}/v1/query", json.dumps(query).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            answer = json.load(response)
        for entry in answer.get("vulns", []):
            if not entry.get("withdrawn"):
                yield _stored_form(entry, name, ecosystem)
        page = answer.get("next_page_token")


def _stored_form(entry: dict[str, Any], name: str, ecosystem: str) -> dict[str, Any]:
    return {
        "id": entry["id"],
        "aliases": sorted(entry.get("aliases", [])),
        "summary": entry.get("summary", ""),
        "url": f"https://osv.dev/vulnerability/{entry['id']}",
        "ranges": [
            span
            for affects in entry.get("affected", [])
            if _is_of(affects.get("package", {}), name, ecosystem)
            for span in _ranges(affects, ecosystem)
        ],
    }


def _is_of(package: dict[str, str], name: str, ecosystem: str) -> bool:
    given = package.get("name", "")
    return package.get("ecosystem") == ecosystem and (canonicalize_name(given) if ecosystem == PYPI else given) == name


def _ranges(affects: dict[str, Any], ecosystem: str) -> list[list[str | None]]:
    """Return the affected ranges; where an entry names versions alone, as those of malicious packages do, each is one."""
    kinds = ("ECOSYSTEM", "SEMVER")
    found = [span for given in affects.get("ranges", []) if given["type"] in kinds for span in _spans(given["events"], ecosystem)]
    return found or [[version, next_version(version, ecosystem)] for version in affects.get("versions", [])]


def _spans(events: list[dict[str, str]], ecosystem: str) -> Iterator[list[str | None]]:
    """Yield [first affected version, first fixed one or None] of a list of events."""
    start: str | None = None
    for event in events:
        if "introduced" in event:
            start = event["introduced"]
        elif "fixed" in event and start is not None:
            yield [start, event["fixed"]]
            start = None
        elif "last_affected" in event and start is not None:
            yield [start, next_version(event["last_affected"], ecosystem)]
            start = None
    if start is not None:
        yield [start, None]
