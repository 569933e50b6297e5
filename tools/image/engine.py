"""Debian's buildah and podman, with all that they store in one folder that is removed in the end."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.sandbox.terminal import UserError

#: Program to Debian's package.
PROGRAMS = {
    "buildah": "buildah",
    "podman": "podman",
    "crun": "crun",
    # The first process of a container with `init: true`.
    "catatonit": "catatonit",
    "debootstrap": "debootstrap",
    "ip": "iproute2",
}
#: A container has no control group, and limits that this process may set: podman's own are higher than many machines allow.
NO_LIMITS = (
    *("--cgroups", "disabled"),
    *("--ulimit", "nofile={0}:{0}".format(min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))),
    *("--ulimit", "nproc={0}:{0}".format(min(16_384, resource.getrlimit(resource.RLIMIT_NPROC)[1]))),
)
#: Containers without control groups, which need no systemd; limits of memory and processor are not what a trial is about.
_CONTAINERS = """\
[containers]
init_path = "{init}"
log_driver = "k8s-file"
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "crun"
static_dir = "{home}/libpod"
tmp_dir = "{home}/tmp/libpod"
volume_path = "{home}/volumes"
"""


def prevented() -> str:
    """Return in one sentence why no image can be built here, or ""."""
    if os.geteuid() != 0:
        return "./run image must run as root, because Debian's debootstrap and the file systems of containers need it."
    lacking = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if lacking:
        named = " ".join(sorted(lacking))
        return f"./run image needs Debian's packages: apt-get install --no-install-recommends {named}"
    return ""


class Engine:
    """Builds images and runs containers. `log` gets what the programs print."""

    def __init__(self, home: Path, log: Path) -> None:
        self.home, self.log = home, log
        # An overlay needs no copy of an image for each container. Where the kernel has none, every container is a copy.
        driver = "overlay" if "\toverlay" in Path("/proc/filesystems").read_text() else "vfs"
        self._storage = ("--root", f"{home}/storage", "--runroot", f"{home}/state", "--storage-driver", driver)
        (home / "tmp").mkdir(exist_ok=True)
        (home / "containers.conf").write_text(_CONTAINERS.format(home=home, init=shutil.which("catatonit")))
        self.environment = {
            **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "TMPDIR": f"{home}/tmp",
            "CONTAINERS_CONF": f"{home}/containers.conf",
            # Health checks are made by the trial, not by timers of systemd.
            "DISABLE_HC_SYSTEMD": "true",
        }

    def buildah(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run buildah; return its output. Raises UserError."""
        return self._run(["buildah", *self._storage, *arguments], cwd=cwd)

    def podman(self, *arguments: str, text: str = "", check: bool = True) -> str:
        """Run podman; return its output. Raises UserError if it fails and `check` is true."""
        return self._run(self.podman_command(*arguments), text=text, check=check)

    def podman_command(self, *arguments: str) -> list[str]:
        """Return the command that runs podman with these arguments."""
        return ["podman", *self._storage, *arguments]

    def status(self, *arguments: str) -> tuple[int, str]:
        """Run podman; return its exit status and all that it printed."""
        done = subprocess.run(
            self.podman_command(*arguments), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def system(self, *command: str) -> str:
        """Run another program of the system as these are run."""
        return self._run(list(command))

    def remove(self) -> None:
        """End all containers, and remove everything."""
        self.podman("rm", "--force", "--all", "--time", "0", check=False)
        self._run(["buildah", *self._storage, "rm", "--all"], check=False)
        self._run(self.podman_command("image", "umount", "--all", "--force"), check=False)
        for mounted in _mounts_below(self.home):
            subprocess.run(["umount", "--lazy", mounted], check=False, capture_output=True)
        if not _mounts_below(self.home):
            shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, command: Sequence[str], *, text: str = "", cwd: Path | None = None, check: bool = True) -> str:
        done = subprocess.run(
            command, env=self.environment, input=text, capture_output=True, text=True, check=False, cwd=cwd or self.home
        )
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}\n")
        if check and done.returncode != 0:
            lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise UserError(f"{command[0]} failed: {lines[-1] if lines else done.returncode} (log: {self.log})")
        return done.stdout


def _mounts_below(folder: Path) -> list[str]:
    """Return the mount points below a folder, the deepest first."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return sorted((path for path in mounted if path.startswith(f"{folder}/")), key=len, reverse=True)


@contextmanager
def engine(log: Path) -> Iterator[Engine]:
    """Yield an engine with a folder of its own below /var/tmp, because the paths of podman have to be short."""
    home = Path(tempfile.mkdtemp(prefix="fingerpost-image-", dir="/var/tmp"))
    # Other users can enter it, as those of containers do, and cannot list it.
    home.chmod(0o711)
    made = Engine(home, log)
    try:
        yield made
    finally:
        made.remove()


def environment_file(settings: Mapping[str, str]) -> str:
    """Return settings as the lines of an environment file for podman."""
    return "".join(f"{name}={value}\n" for name, value in settings.items())
