"""The file beside a dump: what it is, its digest, and the rules of the database that it was taken of. It holds no secret."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from core.errors import Invalid

FORMAT = 1
SUFFIX = ".dump"


@dataclass(frozen=True)
class BackupManifest:
    """What a dump is, as JSON beside it."""

    format: int
    #: RFC 3339.
    taken_at: str
    postgresql: int
    size: int
    sha256: str
    #: "app.name" of every migration that was applied.
    migrations: list[str]
    #: Rows of each table, estimated by the server.
    rows: dict[str, int]
    catalogue: dict[str, str]

    def write(self, dump: Path) -> None:
        """Write the manifest beside the dump."""
        path = beside(dump)
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def beside(dump: Path) -> Path:
    """Return the path of the manifest of a dump."""
    return dump.with_suffix(".json")


def dump_name(at: datetime) -> str:
    """Return the name of a dump, which sorts by its instant."""
    return f"fingerpost-{at:%Y%m%dT%H%M%SZ}{SUFFIX}"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(dump: Path) -> BackupManifest:
    """Return the manifest of a dump that is as it was written. Raises Invalid."""
    try:
        plain = json.loads(beside(dump).read_text(encoding="utf-8"))
        manifest = BackupManifest(**plain)
        size = dump.stat().st_size
    except (OSError, ValueError, TypeError) as error:
        reason = type(error).__name__
        raise Invalid(f"{dump} or the manifest beside it is missing or cannot be read ({reason}).", code="manifest") from error
    if manifest.format != FORMAT:
        raise Invalid(f"{beside(dump)} has the format {manifest.format}; this version reads {FORMAT}.", code="manifest")
    if size != manifest.size or digest(dump) != manifest.sha256:
        raise Invalid(f"{dump} is not as it was written: its size or digest differs from the manifest's.", code="manifest")
    return manifest
