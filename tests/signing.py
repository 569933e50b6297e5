"""A root and a release key of a test's own (the fixture `signer`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from content.publishing import signing_keys
from content.publishing.signing_keys import SigningKey
from tests.make import NOON

#: Before any clock that a test reads, the real one included.
MADE = NOON - timedelta(days=365)


@dataclass
class Signer:
    """The keys in a folder, as a worker has them: PACK_SIGNING_KEY is `path`."""

    root: SigningKey
    path: Path

    @classmethod
    def make(cls, folder: Path) -> Signer:
        made = cls(signing_keys.new_key(folder / "root.pem"), folder / "release.pem")
        key = signing_keys.new_key(made.path)
        made._write(signing_keys.rotate(made.root, None, add=[key.public], retire=[], at=MADE, days=3650))
        return made

    def rotate(self, *, retire_old: bool) -> None:
        """Put a new release key in the old one's place."""
        old = signing_keys.read_key(self.path)
        self.path.unlink()
        new = signing_keys.new_key(self.path)
        present = self.path.with_name(signing_keys.DOCUMENT).read_text()
        self._write(
            signing_keys.rotate(self.root, present, add=[new.public], retire=[old.kid] if retire_old else [], at=MADE, days=3650)
        )

    def _write(self, document: str) -> None:
        signing_keys.write_document(self.path.with_name(signing_keys.DOCUMENT), document)
