"""The tracked files of a folder or of a git revision, as text."""

from __future__ import annotations

import ast
import io
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: The packages of the product. Nothing else of the repository is in the image.
PRODUCT = ("config", "api", "notifications", "content", "core")


@dataclass(frozen=True)
class Sources:
    """The text of each file by its path relative to the root."""

    texts: Mapping[str, str]

    @classmethod
    def in_folder(cls, folder: Path = ROOT) -> Sources:
        """Read the files of a checkout that git tracks or that are new and not ignored."""
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout.decode()
        texts = {}
        for name in filter(None, listed.split("\0")):
            path = folder / name
            # Git still lists a tracked file that has just been deleted.
            if path.is_file() and (text := _decoded(path.read_bytes())) is not None:
                texts[name] = text
        return cls(texts)

    @classmethod
    def at_revision(cls, revision: str, repository: Path = ROOT) -> Sources:
        """Read the files of a commit; raise subprocess.CalledProcessError for an unknown one."""
        command = ["git", "archive", "--format=tar", revision]
        archive = subprocess.run(command, cwd=repository, capture_output=True, check=True).stdout
        texts = {}
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file and (text := _decoded(file.read())) is not None:
                    texts[member.name] = text
        return cls(texts)

    def python(self, *folders: str) -> dict[str, str]:
        """Return the Python files in these folders (by default all), without migrations."""
        return {
            path: text
            for path, text in sorted(self.texts.items())
            if path.endswith(".py") and "/migrations/" not in path and (not folders or path.startswith(_prefixes(folders)))
        }

    @cached_property
    def product(self) -> dict[str, str]:
        """The product's Python files, migrations left out."""
        return self.python(*PRODUCT)

    @cached_property
    def product_trees(self) -> dict[str, ast.Module]:
        """The syntax tree of each file in `product`."""
        return parsed(self.product)


def parsed(files: Mapping[str, str]) -> dict[str, ast.Module]:
    """Return the syntax tree of each Python file."""
    return {path: ast.parse(text, path) for path, text in files.items()}


def _prefixes(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder.rstrip("/") + "/" for folder in folders)


def _decoded(data: bytes) -> str | None:
    """Return the file as text, or None if it is binary."""
    if b"\0" in data[:8000]:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
