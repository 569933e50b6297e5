"""What YAML files of the checkout hold, kept in pytest's cache: ruamel's reader in Python takes 0.3 s for 50 KB.

Each process of the tests reads the term lists and texts of thirty languages. They are kept by their text, so that a changed one
is read anew, and by the versions of ruamel.yaml and Python.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from functools import wraps
from pathlib import Path
from typing import Any, Final

import ruamel.yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

#: Shorter texts are read as quickly as a file is opened.
_LEAST: Final = 2_000
#: Seconds after which what no run has asked for is removed.
_UNUSED: Final = 30 * 86_400


def keep_yaml(folder: Path) -> None:
    """Let every reader of plain values (`YAML(typ="safe")`) take from this folder what a text holds, if that is there."""
    load = YAML.load
    versions = f"{ruamel.yaml.__version__} {sys.version}".encode()

    @wraps(load)
    def kept(self: YAML, stream: Any) -> Any:
        # A command has a constructor of its own, which refuses more.
        if self.typ != ["safe"] or self.pure or self.Constructor is not SafeConstructor:
            return load(self, stream)
        text = stream.read_bytes() if isinstance(stream, Path) else b""
        text = stream.encode("utf-8", "surrogatepass") if isinstance(stream, str) else text
        if len(text) < _LEAST:
            return load(self, stream)
        file = folder / f"{hashlib.sha256(versions + text).hexdigest()[:32]}.pickle"
        if file.exists():
            os.utime(file)
            return pickle.loads(file.read_bytes())
        found = load(self, stream)
        # Several processes may read the same text at once.
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_bytes(pickle.dumps(found))
        draft.rename(file)
        return found

    YAML.load = kept  # type: ignore[method-assign]


def remove_unused(folder: Path) -> None:
    """Remove what has not been read for a month."""
    for file in folder.iterdir():
        if time.time() - file.stat().st_mtime > _UNUSED:
            file.unlink(missing_ok=True)
