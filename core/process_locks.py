"""Locked files by which the processes of one machine can tell with certainty that another of them has ended.

A process locks a file of its own with flock(2) for as long as it lives. The kernel releases the lock when the process has ended,
in whatever way and with all its threads, and never while it is stopped, starved or cut off from a network. Neither ids of
processes nor clocks matter. Where a file says less than that, it says nothing: on a file system of several machines no process
makes one, and one of another start of the machine, or a copy of one, is not believed.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

#: File systems of a single machine, as /proc/self/mountinfo names them. On those of several, a process that is cut off from their
#: server loses its lock while it lives.
LOCAL = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs"})
#: Seconds for which a process that has ended is reported again and again, before its file is removed: the database may carry out
#: late what it was sent last.
REPORTED_FOR = 60.0
_SUFFIX = ".lock"
#: Changes with each start of the kernel; containers on one kernel have the same: https://docs.kernel.org/admin-guide/sysctl/kernel.html
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MOUNTS = Path("/proc/self/mountinfo")

_logger = logging.getLogger(__name__)


class _Held(NamedTuple):
    """The locked file of this process."""

    number: UUID
    process: int
    descriptor: int
    inode: int

    def is_intact(self) -> bool:
        """Return whether it is this process's own, still open, and still to be found by others."""
        with suppress(OSError):
            found = os.fstat(self.descriptor)
            return self.process == os.getpid() and found.st_ino == self.inode and found.st_nlink > 0
        return False


class ProcessLocks:
    """The locked files in one folder, as one process sees them."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for nothing else; it is made when this process locks its file."""
        self._folder = folder
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._failed = False
        #: By file of a process that has ended: when that was first seen (monotonic clock).
        self._ended: dict[Path, float] = {}
        os.register_at_fork(after_in_child=self._forget)

    def own(self) -> UUID | None:
        """Return the id under which others see this process, which locks its file at first; None where no file can say that."""
        with self._lock:
            if self._held is None or not self._held.is_intact():
                self._held = self._lock_new()
            return self._held.number if self._held else None

    def ended(self) -> list[UUID]:
        """Return the ids of processes that have certainly ended, each for REPORTED_FOR seconds."""
        held = self._held
        if held is not None and held.is_intact():
            # What cleans folders of temporary files takes old ones.
            with suppress(OSError):
                os.utime(held.descriptor)
        boot, now = _boot_id(), time.monotonic()
        found: list[UUID] = []
        unlocked = {path: written for path, written in self._unlocked() if held is None or path.stem != str(held.number)}
        self._ended = {path: self._ended.get(path, now) for path in unlocked}
        for path, (content, inode) in unlocked.items():
            # A copy is not locked, whatever became of the process; nor is the file of a machine of which this one is a copy.
            if boot and content == _content(boot, inode):
                with suppress(ValueError):
                    found.append(UUID(path.stem))
            if now - self._ended[path] > REPORTED_FOR:
                with suppress(OSError):
                    path.unlink()
        return found

    def _unlocked(self) -> Iterator[tuple[Path, tuple[str, int]]]:
        """Yield each file that no process has locked, with its content and its inode."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            with suppress(OSError, ValueError), _opened(path) as descriptor:
                # Shared, so that those who look at the same time do not take one another for its owner.
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                yield path, (os.read(descriptor, 200).decode(), os.fstat(descriptor).st_ino)

    def _lock_new(self) -> _Held | None:
        try:
            reason = self._prepare_folder()
            if not reason:
                return self._write_new()
        except OSError as error:
            reason = error.strerror or type(error).__name__
        if not self._failed:
            _logger.warning("Other processes cannot see the end of this one by a file in %s: %s.", self._folder, reason)
        self._failed = True
        return None

    def _prepare_folder(self) -> str:
        """Make the folder; return why its files could not be relied on, or ""."""
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        status = self._folder.stat()
        # Others could put a file in the place of this process's own.
        if status.st_uid != os.geteuid() or status.st_mode & 0o002:
            return "others can write to it"
        if (kind := file_system(self._folder)) not in LOCAL:
            return f"its file system ({kind or 'unknown'}) may be one of several machines"
        return "" if _boot_id() else f"{_BOOT_ID} cannot be read"

    def _write_new(self) -> _Held:
        number = uuid4()
        # Others see it by its final name, and by then it is locked.
        draft = self._folder / f".{number}"
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            inode = os.fstat(descriptor).st_ino
            os.write(descriptor, _content(_boot_id(), inode).encode())
            draft.rename(self._folder / f"{number}{_SUFFIX}")
        except OSError:
            os.close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        return _Held(number, os.getpid(), descriptor, inode)

    def _forget(self) -> None:
        """Leave the file to the process that was forked: while a child had it open, its lock would outlast that process."""
        held, self._held, self._lock = self._held, None, threading.Lock()
        if held is not None:
            with suppress(OSError):
                os.close(held.descriptor)


def file_system(folder: Path, *, mounts: Path = _MOUNTS) -> str:
    """Return the type of a folder's file system, as proc_pid_mountinfo(5) names it; "" where that is not known."""
    real, kind, depth = folder.resolve(), "", 0
    with suppress(OSError):
        for line in mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            mount, _, options = line.partition(" - ")
            # Spaces and the like in a name are written as octal numbers.
            point = Path(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), mount.split(" ")[4]))
            if real.is_relative_to(point) and len(point.parts) >= depth:
                kind, depth = options.split(" ")[0], len(point.parts)
    return kind


def _content(boot: str, inode: int) -> str:
    return f"{boot} {inode}\n"


def _boot_id() -> str:
    with suppress(OSError):
        return _BOOT_ID.read_text().strip()
    return ""


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
