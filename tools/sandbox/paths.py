"""The folders of a sandbox: the checkout, its .venv, and the run folder that holds everything else it writes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.sandbox.terminal import UserError

#: Size in bytes past which a log is set aside at the next start; one earlier log is kept.
MAX_LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Paths:
    """The folders of one sandbox. `run` is .run/ in the checkout, or FINGERPOST_RUN_DIR."""

    root: Path
    run: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Paths:
        """Return the folders of this checkout."""
        root = Path(__file__).resolve().parent.parent.parent
        chosen = environment.get("FINGERPOST_RUN_DIR", "").strip()
        return cls(root=root, run=Path(chosen).resolve() if chosen else root / ".run")

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The Python of the virtual environment."""
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        """The folder of log files."""
        return self.run / "logs"

    def log(self, name: str) -> Path:
        """Return the log file of a process. A log larger than MAX_LOG_BYTES is renamed to `NAME.log.1` first."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    @property
    def broker(self) -> Path:
        """The folder of the file system broker."""
        return self.run / "broker"

    @property
    def credentials(self) -> Path:
        """The folder of service accounts for the emulator."""
        return self.run / "firebase"

    @property
    def documents(self) -> Path:
        """The folder of the documents as a site."""
        return self.run / "docs"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files."""
        return self.run / "tmp"

    def create(self) -> None:
        """Create the run folder with mode 0700. UserError if it belongs to another user or cannot be written."""
        try:
            self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.run.stat().st_uid != os.geteuid():
                raise UserError(
                    f"{self.run} belongs to another user. Run this as that user, or set FINGERPOST_RUN_DIR to another folder."
                )
            self.run.chmod(0o700)
            self.logs.mkdir(exist_ok=True)
            self.temporary.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(
                f"Cannot use {self.run}: {error.strerror}. Set FINGERPOST_RUN_DIR to a folder that you can write to."
            ) from None


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file, or {} when the file is missing or was cut off while being written."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Replace the file atomically with this JSON object, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(value, file, indent=1)
    draft.replace(path)
