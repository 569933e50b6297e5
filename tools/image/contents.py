"""What is in an image: its packages, and what must not be in it.

`root` is the mounted file system of the image. Nothing in it is run.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from tools.audit.locked import LockedPackage

VENV = Path("opt/venv")
USER = 10001
#: Folders that the user of the product may write; every other one belongs to root.
OWN_FOLDERS = frozenset({"var/lib/fingerpost", "var/lib/fingerpost-backups"})
#: Programs that compile, link or install from sources.
COMPILERS = frozenset({"cc", "gcc", "g++", "c++", "cpp", "clang", "ld", "make", "rustc", "cargo", "go", "node", "npm", "git"})
#: What fetches or installs packages of Python, and what tests are run with.
NOT_IN_VENV = frozenset({"pip", "pip3", "pytest", "py.test", "uv", "wheel"})
#: Folders that hold what was fetched to build an image, or what ran while it was built.
_CACHES = ("var/lib/apt/lists", "var/cache/apt/archives", "root/.cache", "home", "tmp", "var/tmp", "root/.npm")
_PROGRAMS = ("usr/bin", "usr/local/bin", "usr/sbin", "usr/local/sbin", "opt/venv/bin")
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40}")
#: File systems of the kernel, and documents of Debian, hold no secrets of ours.
_NOT_SEARCHED = frozenset({"proc", "sys", "dev", "usr/share"})
_SECRET_NAMES = re.compile(r"(^\.env$|^\.git$|^\.netrc$|^id_(rsa|ed25519)$|^\.pypirc$|^auth\.json$|service-?account.*\.json$)")


@dataclass(frozen=True)
class DebianPackage:
    """An installed package, from /var/lib/dpkg/status."""

    name: str
    version: str
    section: str
    #: In kilobytes, as its maintainer estimated.
    size: int


def debian_packages(root: Path) -> list[DebianPackage]:
    """Return the installed packages by name."""
    found = []
    for paragraph in (root / "var/lib/dpkg/status").read_text("utf-8").split("\n\n"):
        fields = Parser().parsestr(paragraph)
        if fields.get("Status", "").endswith(" installed"):
            size = int(fields.get("Installed-Size", "0"))
            found.append(DebianPackage(fields["Package"], fields["Version"], fields.get("Section", ""), size))
    return sorted(found, key=lambda package: package.name)


def python_packages(root: Path) -> dict[str, str]:
    """Return the version of each distribution in /opt/venv by its canonical name."""
    found: dict[str, str] = {}
    for metadata in (root / VENV).glob("lib/python3*/site-packages/*.dist-info/METADATA"):
        fields = Parser().parsestr(metadata.read_text("utf-8"), headersonly=True)
        found[canonicalize_name(fields["Name"])] = fields["Version"]
    return found


def findings(root: Path, config: Mapping[str, Any], locked: Iterable[LockedPackage], python: str) -> list[str]:
    """Return in sentences what is wrong with an image; `config` is its configuration, `python` the version of its Python."""
    return [
        *_configuration(config),
        *_differences(python_packages(root), locked, python),
        *_licences_of_debian(root),
        *_programs(root),
        *_caches(root),
        *_permissions(root),
        *_secrets(root, config),
    ]


def _configuration(config: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", str(config.get("User", ""))):
        yield f"The user of the image is {config.get('User') or 'root'}, not a number above 0."
    if not config.get("Healthcheck"):
        yield "The image has no HEALTHCHECK."
    if config.get("Cmd") != ["web"]:
        yield f"The image starts {config.get('Cmd')}, not the role web."


def _differences(installed: Mapping[str, str], locked: Iterable[LockedPackage], python: str) -> Iterator[str]:
    """Compare what is installed with the lock file, which the bill of materials is made from."""
    about = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python, "sys_platform": "linux"}
    needed = {one.name: one.version for one in locked if not one.marker or Marker(one.marker).evaluate(about)}
    for name in sorted(installed.keys() | needed.keys()):
        here, there = installed.get(name, "none"), needed.get(name, "none")
        if here != there:
            yield f"{name}: {here} is installed, {there} is in the bill of materials."


def _licences_of_debian(root: Path) -> Iterator[str]:
    for package in debian_packages(root):
        # The other parts of Debian have packages that are not free.
        if "/" in package.section:
            yield f"{package.name} is from {package.section.partition('/')[0]}, not from Debian's part main."
        if not _resolved(root, f"usr/share/doc/{package.name}/copyright").is_file():
            yield f"{package.name} has no statement of its licence."


def _resolved(root: Path, name: str) -> Path:
    """Return a path of the image with its links followed inside the image."""
    path = root
    for part in Path(name).parts:
        path = path / part
        if path.is_symlink():
            target = os.readlink(path)
            path = root / target.lstrip("/") if target.startswith("/") else path.parent / target
    return path


def _programs(root: Path) -> Iterator[str]:
    for folder in _PROGRAMS:
        names = {path.name for path in (root / folder).iterdir()} if (root / folder).is_dir() else set()
        unwanted = names & (COMPILERS | (NOT_IN_VENV if folder == "opt/venv/bin" else set()))
        yield from (f"/{folder}/{name} is no program that the product needs." for name in sorted(unwanted))


def _caches(root: Path) -> Iterator[str]:
    for folder in _CACHES:
        # Locks of apt are empty files.
        left = [path for path in (root / folder).rglob("*") if not path.is_dir() and path.lstat().st_size]
        if left:
            yield f"/{folder} has {len(left)} files, such as {left[0].name}."


def _permissions(root: Path) -> Iterator[str]:
    for path, about in _walk(root):
        name = path.relative_to(root).as_posix()
        if stat.S_ISLNK(about.st_mode):
            continue
        is_own = name in OWN_FOLDERS
        if about.st_uid == USER and not is_own:
            yield f"/{name} belongs to the user of the product, who could change it."
        sticky = stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX
        if about.st_mode & stat.S_IWOTH and not sticky and not stat.S_ISCHR(about.st_mode):
            yield f"/{name} can be written by every user."
        if is_own and (about.st_uid != USER or about.st_mode & 0o077):
            yield f"/{name} is not readable by the user of the product alone."


def _secrets(root: Path, config: Mapping[str, Any]) -> Iterator[str]:
    for setting in config.get("Env") or ():
        name = setting.partition("=")[0]
        if re.search(r"KEY|PASSWORD|SECRET|TOKEN|DATABASE_URL|BROKER_URL", name) and name != "GPG_KEY":
            yield f"The image sets {name}."
    for path, about in _walk(root, skip=_NOT_SEARCHED):
        if _SECRET_NAMES.search(path.name):
            yield f"/{path.relative_to(root)} is named as files with secrets are."
        elif stat.S_ISREG(about.st_mode) and about.st_size < 200_000 and _PRIVATE_KEY.search(path.read_bytes()):
            yield f"/{path.relative_to(root)} holds a private key."


def _walk(root: Path, skip: Iterable[str] = ("proc", "sys", "dev")) -> Iterator[tuple[Path, os.stat_result]]:
    left_out = {root / name for name in skip}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if Path(folder, name) not in left_out]
        for name in (*folders, *files):
            path = Path(folder, name)
            yield path, path.lstat()


def sizes(root: Path) -> dict[str, int]:
    """Return how many bytes the parts of the product's image take, by what they are."""
    parts = {
        "fonts": ("usr/share/fonts",),
        "packages of Python": ("opt/venv",),
        "the product itself": ("app",),
        "programs and libraries of Debian": ("usr/lib", "usr/bin", "usr/sbin", "usr/local"),
    }
    return {name: sum(_size(root / folder) for folder in folders) for name, folders in parts.items()}


def _size(folder: Path) -> int:
    return sum(about.st_blocks * 512 for _, about in _walk(folder, skip=()))
