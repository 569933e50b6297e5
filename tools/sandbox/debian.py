"""What ./run test --all takes from Debian's packages, installed without starting a service of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.sandbox.terminal import Refused, say, step

#: Package to the programs of which one is enough.
WANTED: dict[str, tuple[str, ...]] = {
    "chromium": ("/usr/bin/chromium",),
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres",),
    "redis-server": ("/usr/bin/redis-server", "/usr/bin/valkey-server"),
    "nginx-light": ("/usr/sbin/nginx",),
    "caddy": ("/usr/bin/caddy",),
    "rabbitmq-server": ("/usr/lib/rabbitmq/bin/rabbitmq-server",),
}
POLICY = Path("/usr/sbin/policy-rc.d")
_OURS = "#!/bin/sh\n# Fingerpost's tests: install without starting services; removed right after.\nexit 101\n"


def missing(root: Path = Path("/")) -> list[str]:
    """Return the packages of which no program is there."""
    return [name for name, programs in WANTED.items() if not any(list(root.glob(program.lstrip("/"))) for program in programs)]


def install(packages: list[str], log: Path) -> None:
    """Install Debian's packages; services of the system stay as they are."""
    if not shutil.which("apt-get"):
        raise Refused(f"Missing for ./run test --all: {', '.join(packages)}; install them, as this is no Debian.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_service_starts(), log.open("a") as file:
        for text, command in (
            ("Reading Debian's package lists", ["apt-get", "update", "-q"]),
            (
                f"Installing {', '.join(packages)} (a few minutes)",
                ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
            ),
        ):
            with step(text):
                answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, check=False)
            if answer.returncode != 0:
                raise Refused(f"{command[0]} {command[1]} failed; its log is {log}.")
    left = missing()
    if left:
        raise Refused(f"{', '.join(left)} could not be installed; the log is {log}.")
    say(f"  {len(packages)} packages are there now; no service of the system was started.")


@contextmanager
def no_service_starts(policy: Path = POLICY) -> Iterator[None]:
    """Have Debian's maintainer scripts start nothing: by a policy that is there only meanwhile, or by the machine's own."""
    if policy.exists() and policy.read_text(errors="replace") != _OURS:
        if subprocess.run([str(policy), "any-service", "start"], capture_output=True, check=False).returncode != 101:
            raise Refused(
                f"{policy} lets packages start their services: install what is missing by hand ({', '.join(missing())})."
            )
        yield
        return
    policy.write_text(_OURS)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
