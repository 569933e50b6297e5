"""Where things are: the checkout, its .venv, and the folder with all that a sandbox leaves on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.sandbox.terminal import Refused

#: A log that has grown past this begins anew at the next start; the one before is kept.
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Places:
    """The folders of one sandbox. `run` is .run/ in the checkout, or FINGERPOST_RUN_DIR."""

    root: Path
    run: Path

    @classmethod
    def here(cls, environment: Mapping[str, str]) -> Places:
        """Return the places of this checkout."""
        root = Path(__file__).resolve().parent.parent.parent
        chosen = environment.get("FINGERPOST_RUN_DIR", "").strip()
        return cls(root=root, run=Path(chosen).resolve() if chosen else root / ".run")

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    def log(self, name: str) -> Path:
        """Return the log file of a process, beginning a new one when it has grown."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    @property
    def broker(self) -> Path:
        return self.run / "broker"

    @property
    def credentials(self) -> Path:
        return self.run / "firebase"

    @property
    def temporary(self) -> Path:
        return self.run / "tmp"

    def make(self) -> None:
        """Make the run folder, readable by its owner alone; refuse one that somebody else made."""
        try:
            self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.run.stat().st_uid != os.geteuid():
                raise Refused(
                    f"{self.run} belongs to another user: run this as that user, or set FINGERPOST_RUN_DIR to a folder of yours."
                )
            self.run.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
            self.temporary.mkdir(exist_ok=True)
        except OSError as error:
            raise Refused(f"{self.run} cannot be used: {error.strerror}; set FINGERPOST_RUN_DIR to a folder of yours.") from None


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in the file; empty when there is none or it was cut off while being written."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write the object so that a reader sees the old one or the new one, and nobody else reads it."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=1)
    draft.replace(path)
